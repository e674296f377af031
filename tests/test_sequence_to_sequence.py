"""From one sequence to another, by YAML alone: trained by teacher forcing, then written place by place."""

import json

import numpy as np
import pytest

from dlcli.cli.main import main

NET = """\
model:
  layers:
    - {{type: embedding, input_dim: {ids}, output_dim: 32, mask_zero: {masked}}}
    - type: encoder_decoder
      source_length: {S}
      encoder: [position_embedding, {{type: transformer_encoder, num_heads: 4, intermediate_dim: 64}}]
      decoder: [position_embedding, {{type: transformer_decoder, cross: true, num_heads: 4, intermediate_dim: 64}}]
    - {{type: dense, units: {classes}, activation: softmax}}
loss: {{type: categorical_crossentropy, ignore_class: {ignored}}}
optimizer: {{type: adam, learning_rate: 0.003}}
metrics: [accuracy]
training: {{epochs: {epochs}, batch_size: 32}}
"""


def config(folder, dataset, **keys):
    path = folder / "model.yaml"
    path.write_text("seed: 1\n" + dataset + NET.format(**{"masked": "false", "ignored": -1, "epochs": 6, **keys}))
    return path


def told(capsys, *args, code=0):
    """What a command prints as JSON."""
    capsys.readouterr()
    assert main([*map(str, args), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def written(capsys, run, sources):
    """What the model makes of sources, as numbers."""
    answers = told(capsys, "predict", run, sources)["predictions"]
    return [[int(label) for label in answer["prediction"]] for answer in answers]


def test_sequences_are_learned_to_be_reversed(capsys, tmp_path):
    path = config(tmp_path, "dataset: {type: reverse_sequence, length: 5, vocabulary: 8, samples: 3000}\n",
                  ids=9, classes=8, S=5, epochs=4)
    trained = told(capsys, "train", path)
    assert trained["test"]["accuracy"] > 0.995
    sources = np.random.default_rng(7).integers(0, 8, (200, 5))
    np.save(tmp_path / "sources.npy", sources)
    found = written(capsys, trained["run_id"], tmp_path / "sources.npy")
    right = np.mean(np.array(found) == sources[:, ::-1])
    assert right > 0.99, "what it says itself, no answer being told"


START, END, LONGEST = 9, 8, 5


def pairs(count, seed):
    """Sequences of 2 to 5 ids from 1 to 7, and the same backwards with END after them, both filled up with 0."""
    rng = np.random.default_rng(seed)
    source, y = np.zeros((count, LONGEST), "u1"), np.zeros((count, LONGEST + 1), int)
    for row, length in enumerate(rng.integers(2, LONGEST + 1, count)):
        ids = rng.integers(1, END, length)
        source[row, :length] = ids
        y[row, :length + 1] = [*ids[::-1], END]
    return source, y


def x_of(source, y):
    return np.hstack([source, np.full((len(y), 1), START), y[:, :-1]]).astype("u1")


NPZ = f"dataset: {{type: npz, path: pairs.npz, source_length: {LONGEST}, start: {START}}}\n"
PAIRS = {"ids": START + 1, "classes": END + 1, "S": LONGEST, "masked": "true", "ignored": 0}


def save(folder, **changes):
    (source, y), (other, z) = pairs(3000, 0), pairs(200, 1)
    arrays = {"x_train": x_of(source, y), "y_train": y, "x_test": x_of(other, z), "y_test": z}
    np.savez(folder / "pairs.npz", **{**arrays, **changes})


def test_sequences_of_many_lengths_from_an_npz_end_where_they_should(capsys, tmp_path):
    save(tmp_path)
    trained = told(capsys, "train", config(tmp_path, NPZ, **PAIRS, epochs=4))
    assert trained["test"]["loss"] < 0.05, "the mean over places that are there"
    source, y = pairs(150, 2)
    np.save(tmp_path / "sources.npy", source)
    found = written(capsys, trained["run_id"], tmp_path / "sources.npy")
    ends = [answer[:answer.index(END) + 1] if END in answer else answer for answer in found]
    wanted = [row[row > 0].tolist() for row in y]
    assert np.mean([a == b for a, b in zip(ends, wanted, strict=True)]) > 0.97


def test_padding_of_sources_and_targets_changes_nothing(capsys, tmp_path):
    """The same pairs with more of it: the same loss at every step, but for the order in which numbers are added."""
    losses = []
    for more in (0, 3):
        source, y = pairs(64, 0)
        source, y = (np.pad(a, ((0, 0), (0, more))) for a in (source, y))
        np.savez(tmp_path / "pairs.npz", x_train=x_of(source, y), y_train=y)
        dataset = NPZ.replace(f"source_length: {LONGEST}", f"source_length: {LONGEST + more}")
        path = config(tmp_path, dataset, **{**PAIRS, "S": LONGEST + more})
        path.write_text(path.read_text().replace(  # whose draws do not depend on the length
            "position_embedding", "sine_position_encoding"))
        trained = told(capsys, "train", path, "training.epochs=2", "dtype=float64")
        losses.append(trained["metrics"]["loss"])
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)


def test_vectors_are_read_as_ids_are(capsys, tmp_path):
    """Steps of three numbers each; y is whether the sum over the source is larger than each step of the target."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 7, 3)).astype("f4")
    y = (x[:, :4].sum(axis=(1, 2))[:, None] / 4 > x[:, 4:].sum(axis=2)).astype(int)
    np.savez(tmp_path / "steps.npz", x_train=x, y_train=y)
    path = tmp_path / "model.yaml"
    path.write_text("""\
dataset: {type: npz, path: steps.npz, sequence: true}
model:
  layers:
    - type: encoder_decoder
      source_length: 4
      encoder: [{type: dense, units: 16}, {type: transformer_encoder, num_heads: 2, intermediate_dim: 32}]
      decoder:
        - {type: dense, units: 16}
        - {type: residual, layers: [{type: multi_head_attention, num_heads: 2, cross: true}]}
        - {type: dense, units: 32, activation: relu}
    - {type: dense, units: 2, activation: softmax}
loss: categorical_crossentropy
optimizer: {type: adam, learning_rate: 0.005}
metrics: [accuracy]
training: {epochs: 25, batch_size: 20}
""")
    trained = told(capsys, "train", path)
    assert trained["metrics"]["accuracy"] > 0.9
    np.save(tmp_path / "some.npy", x[:5])  # there is nothing to write place by place: all of x is given
    found = written(capsys, trained["run_id"], tmp_path / "some.npy")
    assert np.mean(np.array(found) == y[:5]) > 0.7


@pytest.mark.parametrize(("changes", "keys", "said"), [
    ({"x_train": np.zeros((5, 11), "u1"), "y_train": np.ones((5, 6), int)}, NPZ, "should go on"),
    ({}, NPZ.replace(f"start: {START}", "start: 3"), "dataset.start"),
    ({"x_train": np.zeros((5, 9), "u1"), "y_train": np.ones((5, 6), int)}, NPZ, "(11,)"),
    ({"y_train": np.ones(3000, int)}, NPZ, "one class number for each of T places"),
    ({"y_train": np.full((3000, 6), 0.5)}, NPZ, "label 0.5 in row 0"),
    ({}, "dataset: {type: npz, path: pairs.npz}\n", "set sequence: true"),
])
def test_pairs_that_are_not_what_the_yaml_says_are_refused(capsys, tmp_path, changes, keys, said):
    save(tmp_path, **{**({"x_test": changes["x_train"], "y_test": changes["y_train"]} if "x_train" in changes else {}),
                      **({"y_test": changes["y_train"][:200]} if changes.keys() == {"y_train"} else {}), **changes})
    error = told(capsys, "train", config(tmp_path, keys, **PAIRS), code=1)["error"]
    assert said in error["message"] + error["hint"]


def test_a_start_without_a_source_is_refused_at_its_line(capsys, tmp_path):
    path = config(tmp_path, "dataset: {type: npz, path: pairs.npz, start: 1}\n", **PAIRS)
    assert main(["check", str(path)]) == 2
    err = capsys.readouterr().err
    assert "model.yaml:2:" in err and "start without source_length" in err


def test_predict_wants_sources_alone(capsys, tmp_path):
    path = config(tmp_path, "dataset: {type: reverse_sequence, length: 3, samples: 50}\n",
                  ids=11, classes=10, S=3, epochs=1)
    run = told(capsys, "train", path)["run_id"]
    np.save(tmp_path / "pairs.npy", np.zeros((2, 6)))
    assert "(3,)" in told(capsys, "predict", run, tmp_path / "pairs.npy", code=1)["error"]["message"]
