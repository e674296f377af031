"""A run that was stopped and resumed equals one that was never stopped, bit for bit."""

import json
import os
import signal
import time

import pytest
from main_job import CONFIGS, dlcli, dlcli_json, history, run_dirs, start

ARGS = (
    CONFIGS / "mnist_mlp_dropout.yaml", "training.epochs=20", "training.batch_size=8",
    "training.checkpoint={every: 1, monitor: val_accuracy}", "metrics=[accuracy, f1]",
)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    process = start("train", *ARGS, "-q", "--json", "--runs-dir", tmp_path_factory.mktemp("uninterrupted"))
    result = json.loads(process.communicate()[0])
    return result, history(result["run_dir"])


def stop(number, *, rows):
    """Starts a training and sends it a signal once it has finished `rows` epochs."""
    process = start("train", *ARGS, "-q")
    known = set(run_dirs())
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        new = [run for run in run_dirs() if run not in known]
        path = new[0] / "history.csv" if new else None
        if path is not None and (rows == 0 or (path.exists() and path.read_text().count("\n") > rows)):
            break
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    os.kill(process.pid, number)
    process.communicate()
    return new[0], process.returncode


@pytest.mark.parametrize("rows", [0, 2, 9])
def test_killed_anywhere_and_resumed_equals_uninterrupted(capsys, uninterrupted, rows):
    run, code = stop(signal.SIGKILL, rows=rows)
    assert code == -signal.SIGKILL
    if not (run / "environment.json").exists() or not (run / "config.resolved.yaml").exists():
        assert dlcli(capsys, "train", "--resume", run.name)[0] in (1, 2)  # killed before there was a run to speak of
        return
    code, result = dlcli_json(capsys, "train", "--resume", run.name)
    assert code == 0 and result["weights_sha256"] == uninterrupted[0]["weights_sha256"]
    assert history(run) == uninterrupted[1]
    assert result["test"] == uninterrupted[0]["test"] and result["metrics"] == uninterrupted[0]["metrics"]


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_leaves_a_checkpoint_and_its_exit_code(capsys, uninterrupted, number, expected):
    run, code = stop(number, rows=3)
    assert code == expected
    assert json.loads((run / "status.json").read_text())["status"] == "interrupted"
    code, result = dlcli_json(capsys, "train", "--resume", "latest")
    assert code == 0 and result["run_id"] == run.name
    assert result["weights_sha256"] == uninterrupted[0]["weights_sha256"] and history(run) == uninterrupted[1]


def test_a_finished_run_can_be_extended(capsys):
    short = (CONFIGS / "mnist_mlp.yaml", "training.epochs=2")
    first = dlcli_json(capsys, "train", *short)[1]
    code, longer = dlcli_json(capsys, "train", "--resume", first["run_id"], "training.epochs=4")
    whole = dlcli_json(capsys, "train", CONFIGS / "mnist_mlp.yaml", "training.epochs=4")[1]
    assert code == 0 and longer["run_id"] == first["run_id"] and longer["epoch"] == 4
    assert longer["weights_sha256"] == whole["weights_sha256"]
    assert history(longer["run_dir"]) == history(whole["run_dir"])


def test_resuming_a_finished_run_changes_nothing(capsys):
    first = dlcli_json(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=5")[1]
    code, again = dlcli_json(capsys, "train", "--resume", "latest")
    assert code == 0 and again["weights_sha256"] == first["weights_sha256"] and again["step"] == first["step"]


def test_early_stopping_ends_the_run_and_restores_the_best_weights(capsys):
    config = (CONFIGS / "binary_classification.yaml", "training.early_stopping={patience: 2, restore_best: true}")
    result = dlcli_json(capsys, "train", *config, "~training.checkpoint")[1]
    rows = history(result["run_dir"])
    column = rows[0].index("val_loss")
    losses = [float(row[column]) for row in rows[1:]]
    assert 3 <= len(losses) < 50 and losses.index(min(losses)) == len(losses) - 3
    last = dlcli_json(capsys, "evaluate", "latest", "--split", "validation")[1]
    assert last["metrics"]["loss"] == pytest.approx(min(losses), rel=1e-6)
    assert dlcli_json(capsys, "train", "--resume", "latest")[1]["weights_sha256"] == result["weights_sha256"]


def test_a_resumed_run_cannot_become_another_one(capsys):
    dlcli(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=2")
    code, _, err = dlcli(capsys, "train", "--resume", "latest", "optimizer.learning_rate=3")
    assert code == 2 and "optimizer.learning_rate" in err and "training.epochs" in err


def test_a_resumed_run_needs_no_configuration(capsys):
    code, _, err = dlcli(capsys, "train", "configs/mnist_mlp.yaml", "--resume", "latest")
    assert code == 2 and "goes on with the configuration that it was made with" in err
    assert "take it out: dlcli train --resume latest" in err


def test_a_run_that_is_being_trained_cannot_be_resumed(capsys):
    dlcli(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=2")
    from dlcli.runs.directory import RunDirectory

    with RunDirectory(run_dirs()[0]).writing():
        code, _, err = dlcli(capsys, "train", "--resume", "latest")
    assert code == 2 and "being trained" in err
