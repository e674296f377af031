"""An encoder and a decoder that looks at it: masks, gradients through both, nesting, freezing, lanes, and bad input."""

import numpy as np
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.core.streams import Streams
from dlcli.errors import ShapeError
from dlcli.losses.mse import Mse
from dlcli.model import Model, Pass
from dlcli.train.gradient_check import check_layer
from dlcli.train.lanes import Lanes

CROSS = {"type": "multi_head_attention", "num_heads": 2, "cross": True}
TANH = {"type": "dense", "units": 4, "activation": "tanh"}
BLOCK = {"num_heads": 2, "intermediate_dim": 3, "activation": "tanh"}
DECODER = {"type": "transformer_decoder", "cross": True, **BLOCK}


def pair(decoder, *, encoder=(TANH,), S=3, **keys):
    return {"type": "encoder_decoder", "source_length": S, "encoder": list(encoder), "decoder": list(decoder), **keys}


def model(*layers, shape=(5, 4)):
    return Model([from_yaml(Layer, layer) for layer in layers], shape, dtype="float64")


def weights(made, seed=0):
    rng = np.random.default_rng(seed)
    theta, buffers = made.initialize(rng)
    return theta + 0.3 * rng.standard_normal(theta.shape), buffers


def started(made, theta, **keys):
    return Pass(made, theta, made.buffers.zeros("float64"), **{"input_gradient": True, **keys})


def samples(*shape, seed=1):
    return np.random.default_rng(seed).standard_normal(shape)


NESTED = {
    "in every composite": pair([
        {"type": "repeat", "times": 2, "layers": [CROSS, "tanh"]},
        {"type": "residual", "layers": [{"type": "sequential", "layers": [CROSS]}], "shortcut": [CROSS]},
        {"type": "parallel", "branches": [[CROSS], ["tanh"], [CROSS]], "merge": "add"},
    ]),
    "the decoder of a decoder": pair([TANH, pair([DECODER, CROSS], S=1), CROSS], S=2),
    "the encoder of a decoder": pair([pair([CROSS], encoder=[TANH, CROSS], S=1)], S=2),
    "an encoder of its own": pair([CROSS], encoder=[pair([CROSS, TANH], S=1)], S=3),
    "nothing but the source": pair([CROSS], encoder=[]),
    "another width": pair([{**CROSS, "key_dim": 3}], encoder=[{"type": "lstm", "units": 3, "return_sequences": True}]),
    "dropout": pair([{**DECODER, "dropout": 0.3}], encoder=[{"type": "transformer_encoder", "dropout": 0.2, **BLOCK}]),
    "recurrent": pair([{"type": "gru", "units": 4, "return_sequences": True}, {"type": "residual", "layers": [CROSS]}],
                      encoder=["masking", {"type": "bidirectional", "layer": {
                          "type": "lstm", "units": 2, "return_sequences": True}}]),
    "normalized over the batch": pair(["batch_normalization", DECODER], encoder=[TANH, "batch_normalization"]),
}
every_nesting = pytest.mark.parametrize("keys", NESTED.values(), ids=NESTED)


@every_nesting
@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
def test_gradients_go_through_what_was_encoded(keys, training):
    for difference in check_layer(from_yaml(Layer, keys), (5, 4), np.random.default_rng(0), training=training):
        assert difference.ok and not difference.note, difference


@every_nesting
def test_lanes_sum_to_the_gradient_of_the_batch(keys):
    if "dropout" in str(keys):
        return  # each lane draws by itself
    made = model(keys)
    theta, buffers = weights(made)
    x, grads = samples(7, 5, 4), []
    y = samples(7, *made.out_shape, seed=2)
    for count in (1, 3):
        lanes = Lanes(made, Mse(), theta, buffers.copy(), count=count, threads=2, streams=Streams(0))
        try:
            lanes.run(x, y, 1 / 7)
            grads.append(lanes.grad.copy())
        finally:
            lanes.close()
    np.testing.assert_allclose(grads[1], grads[0], atol=1e-12)


@pytest.mark.parametrize("decoder", [[CROSS], [DECODER], [DECODER, {"type": "repeat", "times": 2, "layer": CROSS}]],
                         ids=["attention", "block", "several"])
def test_padding_of_a_source_gets_no_attention(decoder):
    padded, short = model(pair(decoder, encoder=["masking", TANH])), model(pair(decoder, S=2), shape=(4, 4))
    theta, x, dy = weights(short)[0], samples(2, 5, 4), samples(2, 2, 4, seed=2)
    x[:, 1] = 0  # not at the end: padding is where the mask says, wherever that is
    long, wanted = started(padded, theta), started(short, theta)
    rest = np.delete(x, 1, axis=1)
    np.testing.assert_allclose(long.forward(x), wanted.forward(rest), atol=1e-14)
    dx, dx_wanted = long.backward(dy), wanted.backward(dy)
    assert not dx[:, 1].any()
    np.testing.assert_allclose(np.delete(dx, 1, axis=1), dx_wanted, atol=1e-14)
    np.testing.assert_allclose(long.grad, wanted.grad, atol=1e-13)


def test_a_source_of_padding_alone_gives_numbers():
    made = model(pair([CROSS], encoder=["masking"]))
    x = samples(2, 5, 4)
    x[0, :3] = 0
    assert np.isfinite(started(made, weights(made)[0]).forward(x)).all()


def test_a_mask_from_before_is_cut_and_that_of_the_target_goes_on():
    embedding = {"type": "embedding", "input_dim": 9, "output_dim": 4, "mask_zero": True}
    made, short = model(embedding, pair([DECODER]), shape=(6,)), model(embedding, pair([DECODER], S=2), shape=(5,))
    theta = weights(made)[0]
    x = np.array([[1, 2, 0, 3, 4, 0], [5, 6, 0, 7, 0, 0]], float)
    through, wanted = (started(m, theta, input_gradient=False) for m in (made, short))
    y, y_wanted = through.forward(x), wanted.forward(np.delete(x, 2, axis=1))
    live = np.array([[True, True, False], [True, False, False]])
    np.testing.assert_array_equal(through.flow.mask, live)
    np.testing.assert_allclose(y[live], y_wanted[live], atol=1e-14)
    assert through.flow.encoded is None, "what was encoded is seen in the decoder alone"


def test_ids_and_vectors_are_encoded_alike():
    """An embedding inside of the layer, one table each, and the same vectors handed in."""
    table = {"type": "embedding", "input_dim": 7, "output_dim": 4}
    inside, outside = model(pair([table, CROSS], encoder=[table]), shape=(5,)), model(pair([CROSS], encoder=[]))
    theta = weights(inside)[0]
    views = inside.layout.views(theta)
    for name, view in outside.layout.views(other := outside.layout.zeros("float64")).items():
        view[...] = views[name]
    ids = np.random.default_rng(1).integers(0, 7, (2, 5))
    source, target = (views[f"encoder_decoder/{part}/embedding/embeddings"] for part in ("encoder", "decoder"))
    x = np.concatenate([source[ids[:, :3]], target[ids[:, 3:]]], axis=1)
    y = started(inside, theta, input_gradient=False).forward(ids.astype(float))
    np.testing.assert_allclose(y, started(outside, other).forward(x), atol=1e-14)


def test_an_encoder_inside_a_decoder_looks_at_the_outer_one():
    inner = pair([CROSS], encoder=[CROSS], S=1)
    made = model(pair([inner], S=2))
    through, x = started(made, weights(made)[0]), samples(1, 5, 4)
    before = through.forward(x).copy()
    x[:, 0] += 1  # a step of the outer source, which only the inner encoder looks at
    assert np.abs(through.forward(x) - before).max() > 1e-3


def test_a_decoder_does_not_look_ahead_and_sees_all_of_the_source():
    made = model(pair([DECODER, DECODER], S=2), shape=(6, 4))
    through, x = started(made, weights(made)[0]), samples(1, 6, 4)
    before = through.forward(x).copy()
    x[:, 4] += 1
    after = through.forward(x).copy()
    np.testing.assert_array_equal(after[:, :2], before[:, :2])
    assert (np.abs(after - before)[:, 2:].max(axis=2) > 1e-6).all()
    x[:, 1] += 1
    assert (np.abs(through.forward(x) - after).max(axis=2) > 1e-6).all()


@pytest.mark.parametrize("part", ["encoder", "decoder"])
@pytest.mark.parametrize("input_gradient", [False, True])
def test_a_frozen_part_leaves_the_other_gradients_as_they_are(part, input_gradient):
    """Also where nothing before the decoder learns, and nobody reads the gradient of what was encoded."""
    free = model(pair([TANH, DECODER]))
    theta, x, dy = weights(free)[0], samples(3, 5, 4), samples(3, 2, 4, seed=2)
    frozen = Model([from_yaml(Layer, pair([TANH, DECODER]))], (5, 4), dtype="float64",
                   frozen=[f"encoder_decoder/{part}"])
    values = free.layout.views(theta)
    other = frozen.layout.zeros("float64")
    for name, view in frozen.layout.views(other).items():
        view[...] = values[name]
    found, wanted = (started(m, t, input_gradient=input_gradient) for m, t in ((frozen, other), (free, theta)))
    np.testing.assert_array_equal(found.forward(x), wanted.forward(x))
    dx, dx_wanted = found.backward(dy), wanted.backward(dy)
    assert (dx is None) == (not input_gradient)
    assert dx is None or np.array_equal(dx, dx_wanted)
    grads = wanted.model.layout.views(wanted.grad)
    learning = {n: g for n, g in frozen.layout.views(found.grad).items() if not n.startswith(f"encoder_decoder/{part}")}
    assert learning and all(np.array_equal(g, grads[n]) for n, g in learning.items())


def test_no_gradient_of_what_was_encoded_is_computed_where_nobody_reads_it():
    made = Model([from_yaml(Layer, pair([CROSS]))], (5, 4), frozen=["encoder_decoder/encoder"])
    through = Pass(made, *made.initialize(np.random.default_rng(0)))
    through.backward(through.forward(samples(2, 5, 4).astype("f4")).copy())
    assert through.contexts[0].encoded.gradient is None


OUTSIDE = ("cross",)
BAD = [
    (CROSS, OUTSIDE, "not in the decoder"),
    (DECODER, OUTSIDE, "not in the decoder"),
    (pair([CROSS], encoder=[CROSS]), ("encoder", 0, *OUTSIDE), "not in the decoder"),
    (pair(["tanh", {**CROSS, "causal": True}]), ("decoder", 1, "causal"), "exclude each other"),
    (pair([{**CROSS, "num_heads": 3}]), ("decoder", 0, "num_heads"), "do not divide"),
    (pair([{**DECODER, "num_heads": 3}]), ("decoder", 0, "num_heads"), "do not divide"),
    (pair([CROSS], S=5), ("source_length",), "source_length S = 5"),
    (pair([CROSS], encoder=[{"type": "lstm", "units": 3}]), ("decoder", 0, *OUTSIDE), r"the encoder gives \(3,\)"),
    (pair([DECODER], encoder=["flatten"]), ("decoder", 0, *OUTSIDE), r"the encoder gives \(12,\)"),
    (pair([{"type": "transformer_decoder", **BLOCK}]), ("decoder",), "no layer of the decoder looks"),
    (pair([pair([CROSS], S=1)], S=2), ("decoder",), "no layer of the decoder looks"),
    (pair([{"type": "time_distributed", "layer": CROSS}]), ("decoder", 0, "layer"), r"\(T, I\)"),
    (pair([{"type": "repeat", "times": 2, "layer": {**CROSS, "num_heads": 3}}]), ("decoder", 0, "layer", "num_heads"),
     "do not divide"),
    (pair([CROSS, {"type": "residual", "layers": [pair([CROSS], S=2)]}]),
     ("decoder", 1, "layers", 0, "source_length"), "source_length S = 2"),
]


@pytest.mark.parametrize(("keys", "path", "said"), BAD, ids=range(len(BAD)))
def test_what_cannot_work_is_found_before_any_memory_is_taken(keys, path, said):
    with pytest.raises(ShapeError, match=said) as caught:
        model(keys)
    assert caught.value.path == (0, *path)
    assert caught.value.hint


def test_a_source_needs_no_row_for_the_id_that_begins_the_target(capsys, tmp_path):
    """Ids 0 to 9 are read; the decoder has 10, too, for the beginning."""
    from dlcli.cli.main import main

    path = tmp_path / "model.yaml"
    path.write_text("""\
dataset: {type: reverse_sequence, length: 4}
model:
  layers:
    - type: encoder_decoder
      source_length: 4
      encoder: [{type: embedding, input_dim: 10, output_dim: 6}]
      decoder:
        - {type: embedding, input_dim: 11, output_dim: 8}
        - {type: transformer_decoder, cross: true, num_heads: 2, intermediate_dim: 8}
        - {type: dense, units: 10, activation: softmax}
loss: categorical_crossentropy
optimizer: adam
training: {epochs: 1}
""")
    assert main(["check", str(path)]) == 0
    path.write_text(path.read_text().replace("input_dim: 11", "input_dim: 10"))
    assert main(["check", str(path)]) == 2
    assert "model.yaml:8:" in capsys.readouterr().err


def test_the_check_names_the_line(capsys, tmp_path):
    from dlcli.cli.main import main

    path = tmp_path / "model.yaml"
    path.write_text("""\
dataset: {type: reverse_sequence, length: 4}
model:
  layers:
    - {type: embedding, input_dim: 11, output_dim: 6}
    - type: encoder_decoder
      source_length: 4
      encoder: [tanh]
      decoder:
        - {type: transformer_decoder, num_heads: 4, intermediate_dim: 8,
           cross: true}
    - {type: transformer_decoder, cross: true, num_heads: 2, intermediate_dim: 8}
    - {type: dense, units: 10, activation: softmax}
loss: categorical_crossentropy
optimizer: adam
training: {epochs: 1}
""")
    assert main(["check", str(path)]) == 2
    assert "model.yaml:9:50" in capsys.readouterr().err
    path.write_text(path.read_text().replace("num_heads: 4", "num_heads: 3"))
    assert main(["check", str(path)]) == 2
    assert "model.yaml:11:" in capsys.readouterr().err
