"""Whatever is wrong: a clear error with its place and the next step, the right exit code, no run left behind."""

import json

import numpy as np
import pytest
from main_job import CONFIGS, dlcli, run_dirs
from PIL import Image

NPZ = """
dataset: {type: npz, path: data.npz}
model: {layers: [flatten, {type: dense, units: 3, activation: softmax}]}
loss: categorical_crossentropy
optimizer: adam
metrics: [accuracy]
training: {epochs: 1}
"""


def config(tmp_path, text, name="model.yaml"):
    path = tmp_path / name
    path.write_text(text)
    return path


def arrays(rng, **changes):
    found = {
        "x_train": rng.random((20, 4)).astype("f4"), "y_train": np.arange(20) % 3,
        "x_test": rng.random((6, 4)).astype("f4"), "y_test": np.arange(6) % 3,
    }
    return {**found, **changes}


def refused(capsys, code, *said, args):
    """Runs a command that must fail: exit code, what is said, nothing left behind, no traceback."""
    before = run_dirs()
    found, out, err = dlcli(capsys, *args)
    assert found == code, err
    for text in said:
        assert text in err
    assert "Traceback" not in err and out == ""
    assert run_dirs() == before
    return err


@pytest.mark.parametrize(("content", "said"), [
    (None, "no such file"), (b"", "empty"), (b"# nothing\n", "empty"), (b"\x00\x01\x02\xff", "binary"),
    (b"\x89PNG\r\n\x1a\n\x00", "binary"), (b"a: [1, 2\nb: 3", "model.yaml:"), (b"a:\n\t- 1", "tab"),
    (b"- 1\n- 2", "top level"),
    (b"caf\xe9: 1", "UTF-8"), (b"a: 1\na: 2\n", "model.yaml:2:1"), (b"a: !!python/object:os.system 1", "tag"),
])
def test_files_that_are_no_configuration(capsys, tmp_path, content, said):
    path = tmp_path / "model.yaml"
    if content is not None:
        path.write_bytes(content)
    refused(capsys, 2, said, args=["train", path])


def test_a_directory_is_no_configuration(capsys, tmp_path):
    refused(capsys, 2, "directory", args=["train", tmp_path])


@pytest.mark.parametrize(("change", "place", "said"), [
    ("optimizer: {type: adam, learning_rat: 0.1}", ":5:25  optimizer.learning_rat", "did you mean 'learning_rate'?"),
    ("optimizer: {type: adan}", ":5:", "did you mean 'adam'?"),
    ("optimizer: {type: adam, learning_rate: fast}", ":5:40  optimizer.learning_rate", "a number"),
    ("optimizer: {type: adam, learning_rate: 0}", ":5:40  optimizer.learning_rate", "more than 0"),
    ("optimizer: {type: adam, learning_rate: .nan}", ":5:40  optimizer.learning_rate", "finite"),
    ("optimizer: adam\nbatch_size: 8", ":6:1  batch_size", "(there is training.batch_size)"),
    ("optimizer: adam\nlayers: []", ":6:1  layers", "there is model.layers and generator.layers"),
    ("optimizer: adam\ninit_from: {metrics: [mae]}", ":6:13  init_from.metrics", "(there is metrics at the top level)"),
    ("optimizer: 3", ":5:12  optimizer", "expected"),
    ("optimizer: null", ":5:12  optimizer", "expected"),
])
def test_a_wrong_key_is_placed(capsys, tmp_path, change, place, said):
    path = config(tmp_path, NPZ.replace("optimizer: adam", change))
    refused(capsys, 2, f"{path}{place}", said, args=["train", path])


def test_all_mistakes_at_once(capsys, tmp_path):
    path = config(tmp_path, "dataset: digits\nmodel:\n  layers:\n    - {type: dense, units: 0}\n    - {type: dens}\n"
                            "loss: mze\noptimizer: sgd\ntraining: {epoch: 3, batch_size: 1.5}\nlos: 1\n")
    err = refused(capsys, 2, "model.layers.0.units", "model.layers.1", "loss", "training.epoch", "training.batch_size",
                  "los:", args=["train", path])
    lines = [int(line.split(":")[1]) for line in err.splitlines() if line.startswith(str(path))]
    assert len(lines) == 6 and lines == sorted(lines)


@pytest.mark.parametrize(("layers", "place", "said"), [
    ("[{type: reshape, shape: [5, 5]}, {type: dense, units: 3}]", ":3:41", "64"),
    ("[flatten, {type: input, shape: [28, 28]}]", ":3:48", "(64,)"),
    ("[flatten, {type: dense, units: 4, activation: softmax}]", ":4:", "10"),
    ("[]", ":3:", "at least one layer"),
])
def test_shapes_that_cannot_work_are_placed(capsys, tmp_path, layers, place, said):
    text = f"\ndataset: digits\nmodel: {{layers: {layers}}}\nloss: categorical_crossentropy\noptimizer: adam\n"
    path = config(tmp_path, text)
    refused(capsys, 2, f"{path}{place}", said, args=["check", path])
    refused(capsys, 2, f"{path}{place}", said, args=["train", path])


@pytest.mark.parametrize(("changes", "said"), [
    ({"y_train": np.array([0, 1, -1] + [0] * 17)}, "-1"),
    ({"x_train": np.full((20, 4), np.nan, "f4")}, "NaN"),
    ({"y_train": np.arange(19) % 3}, "19"),
    ({"x_train": np.zeros((0, 4), "f4"), "y_train": np.zeros(0, int)}, "training split"),
    ({"x_test": np.zeros((6, 5), "f4")}, "x_test"),
    ({"y_train": np.array(["a"] * 20, object)}, "y_train"),
    ({"x_train": None}, "x_train"),
    ({"y_train": np.ones(20, int), "y_test": np.ones(6, int)}, "all 20 are of class '1'"),
    ({"y_train": np.arange(20) % 2 * 2}, "training has none of: '1'; the first is row 1"),
])
def test_data_that_cannot_be_trained_on(capsys, tmp_path, changes, said):
    found = {k: v for k, v in arrays(np.random.default_rng(0), **changes).items() if v is not None}
    np.savez(tmp_path / "data.npz", **found)
    refused(capsys, 1, said, args=["train", config(tmp_path, NPZ)])


def test_a_label_out_of_range_is_refused(capsys, tmp_path):
    labels = np.array([0, 1, 2, 7] + [0] * 16)
    np.savez(tmp_path / "data.npz", **arrays(np.random.default_rng(0), y_train=labels))
    path = config(tmp_path, NPZ.replace("path: data.npz", "path: data.npz, classes: 3"))
    refused(capsys, 1, "7", "3", args=["train", path])


def test_a_model_with_too_few_outputs_for_the_labels_is_refused_before_a_run_is_made(capsys, tmp_path):
    np.savez(tmp_path / "data.npz", **arrays(np.random.default_rng(0), y_train=np.arange(20) % 5))
    refused(capsys, 2, "5", args=["train", config(tmp_path, NPZ)])


def test_missing_and_damaged_data(capsys, tmp_path):
    path = config(tmp_path, NPZ)
    refused(capsys, 1, "data.npz", args=["train", path])
    (tmp_path / "data.npz").write_bytes(b"PK\x03\x04 cut off")
    refused(capsys, 1, "data.npz", args=["train", path])


def test_a_loss_that_becomes_nan_ends_the_run_as_diverged(capsys, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", **arrays(rng, y_train=rng.random(20), y_test=rng.random(6)))
    text = NPZ.replace("loss: categorical_crossentropy", "loss: mse").replace("metrics: [accuracy]", "")
    text = text.replace("units: 3, activation: softmax", "units: 1").replace("epochs: 1", "epochs: 50")
    path = config(tmp_path, text.replace("optimizer: adam", "optimizer: {type: sgd, learning_rate: 1e20}"))
    code, _, err = dlcli(capsys, "train", path, "-q")
    assert code == 3 and "epoch" in err and "learning_rate" in err
    (run,) = run_dirs()
    assert json.loads((run / "status.json").read_text())["status"] == "diverged"


def test_class_weights_for_sequences_are_refused(capsys):
    path = CONFIGS / "shakespeare_char_lstm.yaml"
    refused(capsys, 2, "training.class_weight", "sequence", args=["check", path, "training.class_weight={e: 2}"])


def test_runs_that_do_not_exist_and_ambiguous_ones(capsys):
    for command in (["evaluate", "nope"], ["predict", "nope", "x.png"], ["train", "--resume", "nope"]):
        refused(capsys, 2, "nope", args=command)
    for _ in range(2):
        dlcli(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=1")
    refused(capsys, 2, *(run.name for run in run_dirs()), args=["evaluate", "20"])


def test_inputs_that_predict_cannot_use(capsys, tmp_path):
    dlcli(capsys, "train", CONFIGS / "mnist_mlp.yaml", "--fast-dev-run")
    Image.fromarray(np.zeros((20, 20), "u1")).save(tmp_path / "small.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (tmp_path / "empty").mkdir()
    np.save(tmp_path / "wrong.npy", np.zeros((3, 5), "f4"))
    refused(capsys, 1, "small.png", "8 x 8", "20 x 20", args=["predict", "latest", tmp_path / "small.png"])
    refused(capsys, 1, "broken.png", args=["predict", "latest", tmp_path / "broken.png"])
    refused(capsys, 1, "empty", args=["predict", "latest", tmp_path / "empty"])
    refused(capsys, 1, "wrong.npy", args=["predict", "latest", tmp_path / "wrong.npy"])
    refused(capsys, 1, "none.png", args=["predict", "latest", tmp_path / "none.png"])


def test_a_damaged_checkpoint_is_named(capsys):
    dlcli(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=2")
    path = run_dirs()[0] / "checkpoints" / "best.safetensors"
    path.write_bytes(path.read_bytes()[:-40])
    refused(capsys, 1, "best.safetensors", args=["evaluate", "latest"])
    path.write_bytes(b"")
    refused(capsys, 1, "best.safetensors", args=["evaluate", "latest"])


@pytest.mark.parametrize("args", [
    ["train", "none.yaml"], ["evaluate", "nope"], ["train"], ["trian"], ["check", "none.yaml"],
    ["evaluate", "--split", "tset", "x"],
])
def test_an_error_is_one_json_document_too(capsys, args):
    code, out, _ = dlcli(capsys, *args, "--json")
    assert code == 2 and set(json.loads(out)) == {"error"} and json.loads(out)["error"]["message"]


def test_debug_shows_where_an_error_was_raised(capsys):
    assert "Traceback" in dlcli(capsys, "evaluate", "nope", "--debug")[2]
