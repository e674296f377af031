"""Transfer learning: what is copied, what is frozen, and what is said where it does not fit."""

import json
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from main_job import dlcli, dlcli_json, run_dirs, start
from safetensors.numpy import load_file, save_file

DIGITS = """
seed: {seed}
dataset:
  type: digits
  preprocessing: [{{type: rescale, scale: 1/255}}]
model:
  layers:
    - flatten
    - {{type: dense, units: 12, activation: relu, name: low}}
    - {{type: sequential, name: block, layers: [{{type: dense, units: 8}}, batch_normalization]}}
    - {{type: dense, units: 10, activation: softmax, name: {head}}}
loss: categorical_crossentropy
optimizer: {{type: adam, learning_rate: 0.01}}
training: {{epochs: 2, batch_size: 64}}
{more}
"""


@pytest.fixture
def write(tmp_path):
    """Writes a configuration and returns its path; `init` is the block that it begins with."""

    def written(init="", *, name="second", head="head", seed=2):
        path = tmp_path / f"{name}.yaml"
        path.write_text(DIGITS.format(seed=seed, head=head, more=f"init_from: {init}" if init else ""))
        return path

    return written


@pytest.fixture
def source(capsys, write):
    """A run whose parameters others begin with."""
    return dlcli_json(capsys, "train", write(name="first", seed=1))[1]


def tensors(run, name="last"):
    return load_file(Path(run["run_dir"]) / "checkpoints" / f"{name}.safetensors")


def test_copied_and_frozen_layers_keep_what_they_began_with(capsys, write, source):
    config = write(f"{{run: {source['run_id']}, layers: [low, block], freeze: [low, 'bl*']}}", head="new_head")
    code, result = dlcli_json(capsys, "train", config)
    assert code == 0
    before, after = tensors(source, "best"), tensors(result)
    for name in (
        "model/low/kernel", "model/low/bias", "model/block/dense/kernel", "model/block/batch_normalization/gamma",
        "buffers/block/batch_normalization/moving_mean",
    ):
        assert np.array_equal(before[name], after[name]), name
    assert after["optimizer/m"].size == 8 * 10 + 10, "only the head is trained"


def test_layers_that_are_not_frozen_begin_there_and_learn_on(capsys, write, source):
    config = write(f"{{run: {source['run_id']}, layers: ['*']}}")
    result = dlcli_json(capsys, "train", config, "optimizer.learning_rate=1e-12")[1]
    np.testing.assert_allclose(tensors(result)["model/head/kernel"], tensors(source)["model/head/kernel"], atol=1e-7)
    moved = dlcli_json(capsys, "train", config)[1]
    assert np.abs(tensors(moved)["model/head/kernel"] - tensors(source)["model/head/kernel"]).max() > 1e-3


def test_by_default_all_layers_of_the_same_name_are_copied_and_the_rest_is_new(capsys, write, source):
    code, _, err = dlcli(capsys, "train", write(f"{{run: {source['run_id']}}}", head="new_head"))
    assert code == 0
    assert "copied: low, block/dense, block/batch_normalization" in err and "new: new_head" in err
    recorded = json.loads((run_dirs()[-1] / "environment.json").read_text())["init_from"]
    assert recorded["copied"] == ["low", "block/dense", "block/batch_normalization"] and recorded["new"] == ["new_head"]
    assert len(recorded["sha256"]) == 64


def test_the_resolved_configuration_names_the_very_file(capsys, write, source, tmp_path):
    result = dlcli_json(capsys, "train", write(f"{{run: {source['run_id']}}}"))[1]
    resolved = Path(result["run_dir"]) / "config.resolved.yaml"
    again = dlcli_json(capsys, "train", resolved)[1]
    assert again["weights_sha256"] == result["weights_sha256"]
    dlcli(capsys, "train", "--resume", source["run_id"], "training.epochs=3")
    code, _, err = dlcli(capsys, "train", resolved)
    assert code == 2 and "no longer the one" in err and "init_from.sha256" in err


def test_a_file_of_any_safetensors_beside_the_configuration(capsys, write, tmp_path):
    save_file({"low/kernel": np.full((64, 12), 0.5, np.float32), "low/bias": np.ones(12, np.float32)},
              tmp_path / "given.safetensors")
    result = dlcli_json(capsys, "train", write("{run: given.safetensors, freeze: [low]}"))[1]
    assert (tensors(result)["model/low/kernel"] == 0.5).all()


def test_names_of_another_framework_are_said_and_what_they_should_be(capsys, write, tmp_path):
    save_file({"fc1.weight": np.ones((12, 64), np.float32), "fc1.bias": np.ones(12, np.float32)},
              tmp_path / "given.safetensors")
    for init in ("{run: given.safetensors}", "{run: given.safetensors, layers: [low]}"):
        code, _, err = dlcli(capsys, "check", write(init))
        assert code == 2 and "init_from.run" in err and "fc1.weight" in err and "low/kernel" in err


def test_a_frozen_layer_that_is_not_copied_is_warned_of(capsys, write, source):
    for init, warned in (("layers: [block], freeze: [low, block]", True), ("freeze: [low, block]", False)):
        code, _, err = dlcli(capsys, "check", write(f"{{run: {source['run_id']}, {init}}}"))
        assert code == 0 and ("frozen, but not copied: low will stay" in err) == warned


def test_resume_copies_nothing_again(capsys, write, source):
    init = f"{{run: {source['run_id']}, freeze: [low]}}"
    short = dlcli_json(capsys, "train", write(init), "training.epochs=1")[1]
    for name in ("best", "last"):  # the source may be gone by then
        (Path(source["run_dir"]) / "checkpoints" / f"{name}.safetensors").unlink()
    code, longer = dlcli_json(capsys, "train", "--resume", short["run_id"], "training.epochs=2")
    assert code == 0 and longer["epoch"] == 2
    assert dlcli_json(capsys, "evaluate", short["run_id"])[0] == 0


def test_killed_at_once_and_resumed_equals_uninterrupted(capsys, write, source):
    config = write(f"{{run: {source['run_id']}, freeze: [low]}}")
    whole = dlcli_json(capsys, "train", config, "training.epochs=6")[1]
    known = set(run_dirs())
    process = start("train", config, "training.epochs=6", "-q")
    files = ("status.json", "environment.json", "config.resolved.yaml")
    while not (new := [r for r in run_dirs() if r not in known and all((r / name).exists() for name in files)]):
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    code, resumed = dlcli_json(capsys, "train", "--resume", new[0].name)
    assert code == 0 and resumed["weights_sha256"] == whole["weights_sha256"]


def test_shapes_that_do_not_fit_are_both_named_with_the_line(capsys, write, source):
    config = write(f"{{run: {source['run_id']}}}")
    config.write_text(config.read_text().replace("units: 12", "units: 16"))
    before = run_dirs()
    for command in ("check", "train"):
        code, _, err = dlcli(capsys, command, config)
        line = config.read_text().splitlines().index(f"init_from: {{run: {source['run_id']}}}") + 1
        assert code == 2 and f"second.yaml:{line}:" in err
        assert "low/kernel has shape (64, 16) here and (64, 12) in the source" in err
    assert run_dirs() == before


@pytest.mark.parametrize(("init", "said"), [
    ("layers: [lwo]", ["init_from.layers.0", "no layer is named 'lwo'", "did you mean 'low'"]),
    ("layers: [head]", ["init_from.layers.0", "the source has no layer 'head'", "old_head"]),
    ("freeze: ['conv*']", ["init_from.freeze.0", "no layer is named 'conv*'", "block/dense"]),
    ("layer: [low]", ["init_from.layer", "unknown key", "did you mean 'layers'"]),
])
def test_names_that_mean_nothing_are_found_by_check(capsys, write, init, said):
    run = dlcli_json(capsys, "train", write(name="first", head="old_head"), "training.epochs=1")[1]
    code, _, err = dlcli(capsys, "check", write(f"{{run: {run['run_id']}, {init}}}"))
    assert code == 2
    assert [text for text in said if text not in err] == []


def test_a_source_that_is_not_there_yet_stops_training_but_not_check(capsys, write):
    config = write("{run: nowhere.safetensors}")
    code, _, err = dlcli(capsys, "check", config)
    assert code == 0 and "'nowhere.safetensors' yet" in err
    code, _, err = dlcli(capsys, "train", config)
    assert code == 2 and "init_from.run" in err and run_dirs() == []


def test_a_damaged_source_is_an_error_that_names_the_file(capsys, write, tmp_path):
    (tmp_path / "bad.safetensors").write_bytes(b"no tensors")
    code, _, err = dlcli(capsys, "train", write("{run: bad.safetensors}"))
    assert code == 1 and "bad.safetensors" in err and run_dirs() == []
