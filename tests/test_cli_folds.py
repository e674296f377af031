"""`dlcli train --folds`: one run a fold, each complete and repeatable alone, and what all of them come to."""

import fcntl
import json
import os
import signal
import statistics

import numpy as np
import pytest
from main_job import CONFIGS, dlcli, dlcli_json, history, run_dirs, runs_dir

from dlcli.config.load import load
from dlcli.runs.history import HistoryWriter

CONFIG = """
dataset: {type: iris, validation_split: 0.3, preprocessing: [standardize]}
model: {layers: [{type: dense, units: 6, activation: tanh}, {type: dense, units: 3, activation: softmax}]}
loss: categorical_crossentropy
optimizer: {type: adam, learning_rate: 0.02}
metrics: [accuracy]
training: {epochs: 4, early_stopping: {monitor: val_loss, patience: 9}}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "flowers.yaml"
    path.write_text(CONFIG)
    return path


def read(run, name):
    return json.loads((run / name).read_text())


def stop_at(monkeypatch, *, epoch_ends, number=signal.SIGINT):
    """A signal after so many epochs, of all folds together."""
    seen = []
    told = HistoryWriter.on_epoch_end

    def on_epoch_end(self, trainer, row):
        told(self, trainer, row)
        seen.append(row["epoch"])
        if len(seen) == epoch_ends:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(HistoryWriter, "on_epoch_end", on_epoch_end)


def test_one_run_a_fold_and_figures_over_all_of_them(capsys, config):
    code, found = dlcli_json(capsys, "train", config, "--folds", 4, "--tag", "flowers")
    assert code == 0 and (found["status"], found["folds"], found["finished"]) == ("completed", 4, 4)
    assert [run["fold"] for run in found["runs"]] == [{"number": number, "of": 4} for number in (1, 2, 3, 4)]
    for block, name in (("metrics", "val_accuracy"), ("metrics", "loss"), ("test", "accuracy")):
        values = [run[block][name] for run in found["runs"]]
        spread = found[block][name]
        assert spread["mean"] == pytest.approx(np.mean(values), rel=1e-12)
        assert spread["std"] == pytest.approx(statistics.stdev(values), rel=1e-12, abs=1e-15)
        assert (spread["min"], spread["max"]) == (min(values), max(values))
    assert json.loads((runs_dir() / found["series"] / "folds.json").read_text()) == found
    held = []
    for number, run in enumerate(found["runs"], 1):
        run = runs_dir() / run["run_id"]
        status, environment = read(run, "status.json"), read(run, "environment.json")
        assert f"fold-{number}" in run.name and status["fold"] == {"number": number, "of": 4}
        assert status["tags"] == ["flowers", found["series"]] and status["status"] == "completed"
        dataset = load(run / "config.resolved.yaml").data["dataset"]
        assert dataset["fold"] == {"number": number, "of": 4} and dataset["validation_split"] == 0
        assert environment["data"]["splits"] == {"train": 90, "validation": 30, "test": 30}
        held.append(environment["data"]["sha256"])
    assert len(set(held)) == 4, "every fold validates on samples of its own"


def test_a_fold_trained_alone_has_the_same_bits(capsys, config):
    found = dlcli_json(capsys, "train", config, "--folds", 3)[1]
    resolved = runs_dir() / found["runs"][1]["run_id"] / "config.resolved.yaml"
    again = dlcli_json(capsys, "train", resolved)[1]
    assert again["weights_sha256"] == found["runs"][1]["weights_sha256"]
    by_hand = dlcli_json(capsys, "train", config, "dataset.fold={number: 2, of: 3}", "dataset.validation_split=0")[1]
    assert by_hand["weights_sha256"] == again["weights_sha256"] != found["runs"][0]["weights_sha256"]


def test_the_table_names_figures_and_runs(capsys, config):
    code, out, err = dlcli(capsys, "train", config, "--folds", 2)
    assert code == 0 and "fold 2 of 2" in err
    series = next(path for path in run_dirs() if (path / "folds.json").exists())
    found = read(series, "folds.json")
    runs = [run["run_id"] for run in found["runs"]]
    for text in ("mean", "std", "val_accuracy", "test_accuracy", "folds.json", *runs):
        assert text in out
    assert f"{found['metrics']['val_accuracy']['mean']:.4f}" in out


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_finished_folds_and_the_series_goes_on(capsys, config, monkeypatch, number, expected):
    whole = dlcli_json(capsys, "train", config, "--folds", 3)[1]
    with monkeypatch.context() as patch:
        stop_at(patch, epoch_ends=6, number=number)
        code, found = dlcli_json(capsys, "train", config, "--folds", 3)
    assert code == expected
    series = found["error"]["hint"].split()[3]
    before = read(runs_dir() / series, "folds.json")
    assert (before["status"], before["finished"]) == ("interrupted", 1)
    assert before["metrics"]["loss"]["std"] is None, "one fold has no deviation"
    first = runs_dir() / before["runs"][0]["run_id"]
    kept = (first / "history.csv").read_bytes()
    code, after = dlcli_json(capsys, "train", "--resume", series)
    assert code == 0 and after["status"] == "completed" and after["series"] == series
    assert [run["weights_sha256"] for run in after["runs"]] == [run["weights_sha256"] for run in whole["runs"]]
    assert after["metrics"] == whole["metrics"] and after["test"] == whole["test"]
    assert (first / "history.csv").read_bytes() == kept


def test_a_single_fold_is_resumed_like_any_run(capsys, config, monkeypatch):
    whole = dlcli_json(capsys, "train", config, "--folds", 2)[1]
    with monkeypatch.context() as patch:
        stop_at(patch, epoch_ends=6)
        dlcli(capsys, "train", config, "--folds", 2)
    statuses = {path.parent: read(path.parent, "status.json")["status"] for path in runs_dir().glob("*/status.json")}
    interrupted = [run for run, status in statuses.items() if status == "interrupted"]
    assert len(interrupted) == 1 and "fold-2" in interrupted[0].name
    again = dlcli_json(capsys, "train", "--resume", interrupted[0].name)[1]
    assert again["weights_sha256"] == whole["runs"][1]["weights_sha256"]
    assert history(interrupted[0]) == history(runs_dir() / whole["runs"][1]["run_id"])


def test_a_killed_fold_is_found_and_taken_up(capsys, config):
    """What a power cut leaves: a run that says it is running, and a series that knows nothing of it."""
    whole = dlcli_json(capsys, "train", config, "--folds", 2)[1]
    series = runs_dir() / whole["series"]
    second = runs_dir() / whole["runs"][1]["run_id"]
    status = read(second, "status.json")
    (second / "status.json").write_text(json.dumps({**status, "status": "running"}))
    cut = {**whole, "runs": whole["runs"][:1], "finished": 1, "status": "running"}
    (series / "folds.json").write_text(json.dumps(cut))
    after = dlcli_json(capsys, "train", "--resume", series)[1]
    assert after["status"] == "completed" and after["metrics"] == whole["metrics"]
    assert [run["run_id"] for run in after["runs"]] == [run["run_id"] for run in whole["runs"]]


def test_nothing_is_left_where_the_first_fold_is_refused(capsys, config):
    code, out, err = dlcli(capsys, "train", config, "--folds", 121)
    assert code == 1 and "120 samples cannot be cut into 121 parts" in err and out == ""
    assert run_dirs() == []


@pytest.mark.parametrize(("args", "said"), [
    (["--folds", 1], "1"), (["dataset.fold={number: 3, of: 2}"], "number must be at most of, 2"),
    (["dataset.fold={number: 1, of: 2}"], "fold says already which samples validate"),
    (["dataset.type=sine", "dataset.stratify=true"], "stratify"),
])
def test_keys_that_contradict_each_other_are_refused(capsys, config, args, said):
    code, _, err = dlcli(capsys, "train", config, *args)
    assert code == 2 and said in err and run_dirs() == []


def test_a_series_cannot_become_another_one(capsys, config):
    found = dlcli_json(capsys, "train", config, "--folds", 2, "training.epochs=1")[1]
    for given in (["training.epochs=2"], ["--folds", 3], ["--seed", 3]):
        code, _, err = dlcli(capsys, "train", "--resume", found["series"], *given)
        assert code == 2 and "stay" in err


def test_folds_begin_with_the_run_that_latest_meant_at_first(capsys, config):
    first = dlcli_json(capsys, "train", config)[1]
    found = dlcli_json(capsys, "train", config, "--folds", 2, "init_from={run: latest}")[1]
    for run in found["runs"]:
        environment = read(runs_dir() / run["run_id"], "environment.json")
        assert first["run_id"] in environment["init_from"]["file"]


def test_folds_with_two_batches_of_everything(capsys, config):
    code, found = dlcli_json(capsys, "train", config, "--folds", 2, "--fast-dev-run", "training.batch_size=8")
    assert code == 0 and [run["step"] for run in found["runs"]] == [2, 2]


def test_a_gan_has_no_folds(capsys, config):
    code, _, err = dlcli(capsys, "train", CONFIGS / "mnist_gan.yaml", "--folds", 3)
    assert code == 2 and "a GAN answers no questions" in err and run_dirs() == []


def test_a_series_is_removed_with_all_its_runs(capsys, config):
    found = dlcli_json(capsys, "train", config, "--folds", 2)[1]
    kept = dlcli_json(capsys, "train", config)[1]
    for name in (found["series"], runs_dir() / found["series"]):
        code, refused = dlcli_json(capsys, "runs", "show", name)
        assert code == 2 and "cross-validation" in refused["error"]["message"]
        assert f"--tag {found['series']}`" in refused["error"]["hint"]
    code, removed = dlcli_json(capsys, "runs", "rm", found["series"], found["runs"][1]["run_id"], "-y")
    assert code == 0
    assert removed["removed"] == [*(run["run_id"] for run in found["runs"]), found["series"]]
    assert [path.name for path in runs_dir().iterdir()] == [kept["run_id"]]


def test_a_series_that_is_being_trained_is_not_removed(capsys, config):
    found = dlcli_json(capsys, "train", config, "--folds", 2)[1]
    second = runs_dir() / found["runs"][1]["run_id"]
    status = read(second, "status.json")
    (second / "status.json").write_text(json.dumps({**status, "status": "running", "pid": 4711}))
    with (second / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        code, refused = dlcli_json(capsys, "runs", "rm", found["series"], "-y")
    assert code == 2 and "4711" in refused["error"]["message"]
    assert len(list(runs_dir().iterdir())) == 3, "all or nothing"


def test_a_series_between_two_folds_is_neither_removed_nor_pruned_nor_gone_on_with(capsys, config):
    found = dlcli_json(capsys, "train", config, "--folds", 2)[1]
    series = runs_dir() / found["series"]
    (series / "folds.json").write_text(json.dumps({**read(series, "folds.json"), "status": "running"}))
    with (series / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in (("runs", "rm", series.name, "-y"), ("train", "--resume", series.name)):
            code, refused = dlcli_json(capsys, *command)
            assert code == 2 and "is being trained" in refused["error"]["message"], command
        assert dlcli_json(capsys, "runs", "prune", "-y", "--older-than", 0)[1]["removed"] == []
    assert len(list(runs_dir().iterdir())) == 3
    assert dlcli_json(capsys, "runs", "rm", series.name, "-y")[0] == 0 and not list(runs_dir().iterdir())


def test_prune_removes_a_series_that_came_to_nothing_with_its_last_run(capsys, config, monkeypatch):
    done = dlcli_json(capsys, "train", config, "--folds", 2)[1]
    for epoch_ends in (6, 2):
        with monkeypatch.context() as patch:
            stop_at(patch, epoch_ends=epoch_ends)
            assert dlcli(capsys, "train", config, "--folds", 2)[0] == 130
    series = sorted(path.parent.name for path in runs_dir().glob("*/folds.json"))
    assert dlcli_json(capsys, "runs", "prune", "-y")[1]["removed"] == [], "all of them are of today"
    removed = dlcli_json(capsys, "runs", "prune", "-y", "--older-than", 0)[1]["removed"]
    left = sorted(path.parent.name for path in runs_dir().glob("*/folds.json"))
    assert done["series"] in left and len(left) == 2, "the second has a fold that is complete"
    assert [name for name in removed if "-folds-" in name] == sorted(set(series) - set(left))
