"""Runs survive what happens to runs: they are extended, put back, damaged, asked about while they train."""

import json
import shutil

import pytest
from main_job import CONFIGS, dlcli, dlcli_json, history, run_dirs

from dlcli.runs.directory import RunDirectory
from dlcli.runs.history import read_rows

BINARY = CONFIGS / "binary_classification.yaml"
SHORT = ("training.epochs=6", "dataset.samples=200", "training.checkpoint={monitor: val_accuracy, keep: 3}")


def step_lines(run):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(line["epoch"], line["batch"], line["loss"]) for line in lines]


def test_steps_can_be_extended_from_within_an_epoch(capsys):
    short = (BINARY, "~training.epochs", "dataset.samples=200", "training.checkpoint.monitor=val_loss")
    first = dlcli_json(capsys, "train", *short, "+training.steps=20")[1]
    assert first["epoch"] == 2 and first["step"] == 20 and len(history(first["run_dir"])) == 3
    again = dlcli_json(capsys, "train", "--resume", "latest")[1]
    assert again["weights_sha256"] == first["weights_sha256"] and len(history(first["run_dir"])) == 3
    longer = dlcli_json(capsys, "train", "--resume", "latest", "training.steps=45")[1]
    whole = dlcli_json(capsys, "train", *short, "+training.steps=45")[1]
    assert longer["weights_sha256"] == whole["weights_sha256"]
    assert history(longer["run_dir"]) == history(whole["run_dir"])


def test_a_run_goes_back_to_one_of_its_checkpoints(capsys):
    first = dlcli_json(capsys, "train", BINARY, *SHORT)[1]
    (run,) = run_dirs()
    kept = sorted(path.name for path in (run / "checkpoints").glob("epoch-*"))
    assert kept == [f"epoch-{n:04d}.safetensors" for n in (4, 5, 6)]
    back = dlcli_json(capsys, "train", "--resume", run / "checkpoints" / kept[0], "training.epochs=4")[1]
    assert back["epoch"] == 4 and len(history(run)) == 5
    again = dlcli_json(capsys, "train", "--resume", run.name, "training.epochs=6")[1]
    assert again["weights_sha256"] == first["weights_sha256"] and len(history(run)) == 7


def test_a_run_cannot_become_shorter_and_is_left_as_it_was(capsys):
    dlcli(capsys, "train", BINARY, *SHORT)
    before = (run_dirs()[0] / "config.resolved.yaml").read_text()
    code, _, err = dlcli(capsys, "train", "--resume", "latest", "training.epochs=2")
    assert code == 2 and "6 epochs" in err
    assert (run_dirs()[0] / "config.resolved.yaml").read_text() == before


def test_the_best_checkpoint_follows_the_figure_that_early_stopping_watches(capsys):
    stopping = "training.early_stopping={monitor: val_precision, patience: 2, restore_best: true}"
    result = dlcli_json(capsys, "train", BINARY, "~training.checkpoint", stopping)[1]
    rows = read_rows(run_dirs()[0] / "history.csv")
    best = max(float(row["val_precision"]) for row in rows)
    figures = dlcli_json(capsys, "evaluate", "latest", "--split", "validation")[1]
    assert figures["metrics"]["precision"] == pytest.approx(best, rel=1e-6)
    assert dlcli_json(capsys, "runs", "show", "latest")[1]["weights_sha256"] == result["weights_sha256"]
    code, _, err = dlcli(capsys, "train", BINARY, stopping)
    assert code == 2 and "restore_best" in err


def test_another_monitor_starts_a_new_best(capsys):
    dlcli(capsys, "train", BINARY, "training.epochs=3", "training.checkpoint.monitor=loss")
    dlcli(capsys, "train", "--resume", "latest", "training.epochs=6", "training.checkpoint.monitor=val_accuracy")
    rows = read_rows(run_dirs()[0] / "history.csv")[3:]
    best = max(float(row["val_accuracy"]) for row in rows)
    figures = dlcli_json(capsys, "evaluate", "latest", "--split", "validation", "--checkpoint", "best")[1]
    assert figures["metrics"]["accuracy"] == pytest.approx(best)


def test_a_fast_run_can_be_evaluated_and_resumed(capsys):
    trained = dlcli_json(capsys, "train", CONFIGS / "mnist_mlp.yaml", "--fast-dev-run")[1]
    code, found = dlcli_json(capsys, "evaluate", "latest")
    assert code == 0 and found["samples"] == 64 and found["metrics"] == trained["test"]
    assert dlcli(capsys, "train", "--resume", "latest", "training.epochs=2")[0] == 0


def test_a_row_that_was_cut_off_is_made_again_whole(capsys):
    dlcli(capsys, "train", BINARY, *SHORT)
    (run,) = run_dirs()
    whole = history(run)
    path = run / "history.csv"
    path.write_text(path.read_text()[:-25])
    dlcli(capsys, "train", "--resume", run / "checkpoints" / "epoch-0004.safetensors")
    assert history(run) == whole


def test_the_step_log_of_a_resumed_run_has_every_line_once(capsys):
    options = (BINARY, *SHORT, "training.accumulate=3")
    dlcli(capsys, "train", *options)
    (run,) = run_dirs()
    whole = step_lines(run)
    dlcli(capsys, "train", "--resume", run / "checkpoints" / "epoch-0005.safetensors")
    assert step_lines(run) == whole and len({line[:2] for line in whole}) == len(whole)


def test_a_diverged_run_keeps_the_steps_that_tell_why(capsys):
    code, _, _ = dlcli(capsys, "train", BINARY, "optimizer={type: sgd, learning_rate: 1e30}", "-q")
    assert code == 3 and step_lines(run_dirs()[0])


def test_weights_that_changed_on_disk_are_refused(capsys):
    dlcli(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=2")
    path = run_dirs()[0] / "checkpoints" / "best.safetensors"
    content = bytearray(path.read_bytes())
    at = content.rindex(b"}") + 40
    content[at] ^= 1
    path.write_bytes(content)
    code, _, err = dlcli(capsys, "evaluate", "latest")
    assert code == 1 and "sha256" in err


def test_a_run_in_use_is_neither_removed_nor_called_interrupted(capsys):
    dlcli(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=2")
    run = RunDirectory(run_dirs()[0])
    with run.writing():
        code, _, err = dlcli(capsys, "runs", "rm", run.id, "-y")
        run.update_status(status="running")
        assert {run.status()["status"] for _ in range(50)} == {"running"}
    assert code == 2 and "being trained" in err and run.path.exists()
    assert run.status()["status"] == "interrupted"


def test_what_killed_writers_left_goes_with_the_next_resume(capsys):
    dlcli(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=2")
    left = run_dirs()[0] / "checkpoints" / ".last.safetensors.0123abcd.tmp"
    left.write_bytes(b"half")
    dlcli(capsys, "train", "--resume", "latest", "training.epochs=3")
    assert not left.exists()


def test_a_run_whose_checkpoints_are_gone_says_that_it_begins_anew(capsys):
    first = dlcli_json(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=4")[1]
    shutil.rmtree(run_dirs()[0] / "checkpoints")
    code, out, err = dlcli(capsys, "train", "--resume", "latest", "--json")
    assert code == 0 and "begins anew" in err
    assert json.loads(out)["weights_sha256"] == first["weights_sha256"]


@pytest.mark.parametrize("option", ["--dry-run", "--print-config", "--fast-dev-run", "--seed=3", "--name=x", "--tag=x"])
def test_options_of_new_runs_are_refused_for_old_ones(capsys, option):
    dlcli(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=2")
    before = history(run_dirs()[0])
    code, _, err = dlcli(capsys, "train", "--resume", "latest", "training.epochs=3", option)
    assert code == 2 and option.split("=")[0] in err and history(run_dirs()[0]) == before


@pytest.mark.parametrize("name", ["42", "true", "null", "[x]", "a: b", "Größe"])
def test_any_text_is_a_name(capsys, name):
    assert dlcli(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=1", "--name", name)[0] == 0
    assert dlcli_json(capsys, "runs", "show", "latest")[1]["name"] == name


@pytest.mark.parametrize("args", [
    ["train", CONFIGS / "xor.yaml", "--dry-run"], ["train", CONFIGS / "xor.yaml", "--print-config"],
    ["check", CONFIGS / "xor.yaml"], ["gradcheck", CONFIGS / "xor.yaml"], ["runs", "list"], ["list", "layers"],
    ["schema"],
])
def test_json_is_one_document(capsys, args):
    code, document = dlcli_json(capsys, *args)
    assert code == 0 and document is not None


def test_an_empty_name_is_no_run(capsys):
    dlcli(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=1")
    assert dlcli(capsys, "runs", "rm", "", "-y")[0] == 2 and len(run_dirs()) == 1


def test_arrays_beside_the_configuration_are_found_from_anywhere(capsys, tmp_path, monkeypatch):
    import numpy as np

    rng = np.random.default_rng(0)
    np.savez(tmp_path / "a.npz", x_train=rng.random((20, 3)), y_train=np.arange(20) % 2, x_test=rng.random((4, 3)),
             y_test=np.arange(4) % 2)
    (tmp_path / "a.yaml").write_text(
        "dataset: {type: npz, path: a.npz}\nmodel: {layers: [{type: dense, units: 2, activation: softmax}]}\n"
        "loss: categorical_crossentropy\noptimizer: adam\ntraining: {epochs: 1}\n")
    monkeypatch.chdir(tmp_path)
    assert dlcli(capsys, "train", "a.yaml")[0] == 0
    monkeypatch.chdir("/")
    assert dlcli(capsys, "evaluate", "latest")[0] == 0
