"""`dlcli evaluate`: what it finds of every kind of target, what it says where a figure means nothing, and its files."""

import csv
import json
import math

import numpy as np
import pytest
from main_job import CONFIGS, dlcli, dlcli_json, history, run_dirs

from dlcli.report.painter import Painter

RNG = np.random.default_rng(0)
MODEL = """\
dataset: {type: npz, path: data.npz, validation_split: 0.25}
model:
  layers:
    - {type: dense, units: 8, activation: relu}
    - LAST
loss: LOSS
optimizer: {type: adam, learning_rate: 0.01}
metrics: METRICS
training: {epochs: 2, batch_size: 16}
"""


@pytest.fixture(autouse=True)
def pictures_are_drawn_here(request, monkeypatch):
    """Matplotlib is loaded once for all tests, and not by a process for each evaluation; but for one test."""
    if "process" not in request.node.name:
        monkeypatch.setattr(Painter, "start", lambda self: None)


@pytest.fixture
def trained(tmp_path, capsys):
    """Trains a small model on arrays; gives what `train --json` printed."""

    def train(x, y, x_test, y_test, *, last, loss, metrics="[]", validation=0.25):
        np.savez(tmp_path / "data.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
        config = tmp_path / "model.yaml"
        config.write_text(MODEL.replace("LAST", last).replace("LOSS", loss).replace("METRICS", metrics))
        code, result = dlcli_json(capsys, "train", config, f"dataset.validation_split={validation}")
        assert code == 0
        return result

    return train


def labelled(K, N):
    y = np.arange(N) % K
    return (np.eye(K)[y] + 0.7 * RNG.normal(size=(N, K))).astype(np.float32), y


def softmax(K):
    return f"{{type: dense, units: {K}, activation: softmax}}"


def rows_of(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def folder(split="test"):
    return run_dirs()[-1] / "evaluation" / split


CLASSES = {
    "accuracy", "average_precision", "balanced_accuracy", "brier_score", "cohen_kappa", "expected_calibration_error",
    "f1", "log_loss", "loss", "matthews_correlation", "precision", "recall", "roc_auc",
}


def test_classes_have_all_figures_whatever_was_followed_in_training(trained, capsys):
    report = trained(*labelled(7, 350), *labelled(7, 140), last=softmax(7), loss="categorical_crossentropy")
    assert set(report["metrics"]) == {"loss", "val_loss"}
    code, result = dlcli_json(capsys, "evaluate", "latest")
    assert code == 0 and set(result["metrics"]) == CLASSES | {"top_k_categorical_accuracy"}
    assert result["metrics"] == report["test"] and "undefined" not in result
    matrix = np.array(result["confusion_matrix"])
    assert result["metrics"]["accuracy"] == pytest.approx(matrix.trace() / 140)
    assert [row["support"] for row in result["per_class"]] == matrix.sum(axis=1).tolist()
    assert result["averages"]["macro"]["f1"] == pytest.approx(result["metrics"]["f1"], rel=1e-12)
    assert result["averages"]["weighted"]["recall"] == pytest.approx(result["metrics"]["accuracy"])
    mistakes = matrix - np.diag(np.diagonal(matrix))
    first = result["most_confused"][0]
    assert first["count"] == mistakes.max() == mistakes[int(first["true"]), int(first["predicted"])]
    assert first["share"] == pytest.approx(first["count"] / matrix[int(first["true"])].sum())


def test_intervals_hold_the_figures_and_are_the_same_again(trained, capsys):
    trained(*labelled(3, 300), *labelled(3, 120), last=softmax(3), loss="categorical_crossentropy")
    result, again = (dlcli_json(capsys, "evaluate", "latest")[1] for _ in range(2))
    assert result == again
    found = result["confidence_intervals"]
    assert found["level"] == 0.95 and found["method"] == "bootstrap" and found["resamples"] == 1000
    assert set(found["metrics"]) >= {"loss", "accuracy", "balanced_accuracy", "f1", "log_loss", "brier_score"}
    for name, (low, high) in found["metrics"].items():
        assert low < result["metrics"][name] < high, name


def test_evaluate_adds_what_a_training_does_not_wait_for(trained, capsys):
    trained(*labelled(3, 300), *labelled(3, 90), last=softmax(3), loss="categorical_crossentropy")
    quick = {path.name for path in folder().iterdir()}
    assert quick == {
        "metrics.json", "confusion_matrix.csv", "confusion_matrix.png", "confusion_matrix_normalized.csv",
        "classification_report.txt", "predictions.csv", "worst.csv",
    }
    assert "confidence_intervals" not in json.loads((folder() / "metrics.json").read_text())
    result = dlcli_json(capsys, "evaluate", "latest")[1]
    assert {path.name for path in folder().iterdir()} == quick | {"confusion_matrix_normalized.png", "reliability.png"}
    assert json.loads((folder() / "metrics.json").read_text()) == result


def test_pictures_of_a_process_are_all_there_at_the_end(trained, capsys):
    trained(*labelled(3, 300), *labelled(3, 90), last=softmax(3), loss="categorical_crossentropy")
    assert dlcli(capsys, "evaluate", "latest", "-q")[0] == 0
    for name in ("confusion_matrix", "confusion_matrix_normalized", "reliability"):
        assert (folder() / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_images_of_the_worst_samples_are_drawn(capsys):
    assert dlcli(capsys, "train", CONFIGS / "mnist_mlp.yaml", "training.epochs=1", "-q")[0] == 0
    assert not (folder() / "worst.png").exists()
    assert dlcli(capsys, "evaluate", "latest", "-q")[0] == 0
    assert (folder() / "worst.png").stat().st_size > 5000 and (folder() / "samples.png").exists()


def test_worst_samples_are_those_that_cost_most_with_their_place_in_the_data(trained, capsys):
    x, y = labelled(3, 400)
    trained(x, y, *labelled(3, 60), last=softmax(3), loss="categorical_crossentropy")
    assert dlcli_json(capsys, "evaluate", "latest", "--split", "validation")[0] == 0
    worst, every = rows_of(folder("validation") / "worst.csv"), rows_of(folder("validation") / "predictions.csv")
    assert len(worst) == 100 == len(every)
    losses = [float(row["loss"]) for row in worst]
    assert losses == sorted(losses, reverse=True)
    for row in worst:
        assert row["true"] == str(y[int(row["index"])])
        same = every[int(row["row"])]
        assert (row["true"], row["predicted"], row["probability"]) == (
            same["true"], same["predicted"], same["probability"],
        )
        if row["true"] == row["predicted"]:
            assert float(row["loss"]) == pytest.approx(-math.log(float(row["probability"])), abs=2e-3)
    metrics = json.loads((folder("validation") / "metrics.json").read_text())["metrics"]
    assert metrics["loss"] == pytest.approx(np.mean(losses), 1e-3)


@pytest.mark.parametrize(("last", "loss"), [
    ("{type: dense, units: 1, activation: sigmoid}", "binary_crossentropy"), (softmax(2), "categorical_crossentropy"),
])
def test_two_classes_have_the_figures_of_class_one_with_one_output_or_two(last, loss, trained, capsys):
    trained(*labelled(2, 200), *labelled(2, 80), last=last, loss=loss)
    result = dlcli_json(capsys, "evaluate", "latest")[1]
    assert set(result["metrics"]) == CLASSES
    of_one = result["per_class"][1]
    assert [result["metrics"][name] for name in ("precision", "recall", "f1")] == pytest.approx(
        [of_one["precision"], of_one["recall"], of_one["f1"]],
    )
    assert {"roc_auc", "average_precision"} <= set(result["confidence_intervals"]["metrics"])
    low, high = result["confidence_intervals"]["metrics"]["roc_auc"]
    assert low < result["metrics"]["roc_auc"] <= high <= 1


def test_a_split_of_one_class_has_null_and_a_reason_where_a_figure_means_nothing(trained, capsys):
    x_test, _ = labelled(3, 40)
    report = trained(
        *labelled(3, 200), x_test, np.ones(40, int), last=softmax(3), loss="categorical_crossentropy",
        metrics="[roc_auc, accuracy]",
    )
    assert report["test"]["roc_auc"] is None and 0 <= report["test"]["accuracy"] <= 1
    code, result = dlcli_json(capsys, "evaluate", "latest")
    assert code == 0 and result["metrics"]["roc_auc"] is result["metrics"]["average_precision"] is None
    assert set(result["undefined"]) == {"roc_auc", "average_precision"}
    assert "one class" in result["undefined"]["roc_auc"]
    assert "NaN" not in (folder() / "metrics.json").read_text()
    assert "roc_auc" not in result["confidence_intervals"]["metrics"]
    code, out, _ = dlcli(capsys, "evaluate", "latest")
    assert code == 0 and "all samples are of one class" in out


def test_outputs_that_are_no_probabilities_have_no_figures_of_probabilities(trained, capsys):
    trained(
        *labelled(2, 200), *labelled(2, 60), last="{type: dense, units: 1}", loss="hinge", metrics="[accuracy]",
    )
    result = dlcli_json(capsys, "evaluate", "latest")[1]
    assert set(result["undefined"]) == {"log_loss", "brier_score", "expected_calibration_error"}
    assert result["metrics"]["roc_auc"] > 0.8  # scores will do for an order
    assert not (folder() / "reliability.png").exists()
    assert list(rows_of(folder() / "predictions.csv")[0]) == ["row", "true", "predicted"]


def test_more_classes_than_a_matrix_can_show_are_counted_without_one(trained, capsys):
    K = 1100
    x = RNG.normal(size=(K, 6)).astype(np.float32)
    trained(x, np.arange(K), x[:90], np.arange(90), last=softmax(K), loss="categorical_crossentropy", validation=0.0)
    code, result = dlcli_json(capsys, "evaluate", "latest")
    assert code == 0 and "confusion_matrix" not in result and len(result["per_class"]) == K
    assert result["most_confused"] and sum(row["support"] for row in result["per_class"]) == 90
    assert not (folder() / "confusion_matrix.csv").exists()
    code, out, _ = dlcli(capsys, "evaluate", "latest")
    assert code == 0 and "most confused: " in out


def test_numbers_have_their_figures_and_a_line_for_each_of_several_outputs(trained, capsys):
    x = RNG.normal(size=(260, 4)).astype(np.float32)
    y = (x @ RNG.normal(size=(4, 3)) + 30).astype(np.float32)
    report = trained(
        x[:200], y[:200], x[200:], y[200:], last="{type: dense, units: 3}", loss="mse", metrics="[mae]",
    )
    code, result = dlcli_json(capsys, "evaluate", "latest")
    assert code == 0 and set(result["metrics"]) == {"loss", "mse", "rmse", "mae", "mape", "r2"}
    assert result["metrics"] == report["test"]
    assert len(result["per_output"]) == 3
    for name in ("mse", "mae", "mape", "r2"):
        mean = np.mean([output[name] for output in result["per_output"]])
        assert result["metrics"][name] == pytest.approx(mean, rel=1e-5)
    every = rows_of(folder() / "predictions.csv")
    errors = [float(row["predicted_2"]) - float(row["true_2"]) for row in every]
    assert result["per_output"][2]["mse"] == pytest.approx(np.mean(np.square(errors)), rel=1e-5)
    worst = rows_of(folder() / "worst.csv")
    assert float(worst[0]["loss"]) == max(float(row["loss"]) for row in worst)
    assert worst[0]["true_1"] == every[int(worst[0]["row"])]["true_1"]
    for name, (low, high) in result["confidence_intervals"]["metrics"].items():
        assert low < result["metrics"][name] < high, name
    _, out, _ = dlcli(capsys, "evaluate", "latest")
    assert "output" in out and "95% interval" in out


def test_true_values_of_zero_leave_the_other_figures(trained, capsys):
    x = RNG.normal(size=(100, 2)).astype(np.float32)
    y = np.round(x[:, :1])
    trained(x, y, x, y, last="{type: dense, units: 1}", loss="mse")
    result = dlcli_json(capsys, "evaluate", "latest")[1]
    assert result["metrics"]["mape"] is None and "percentage" in result["undefined"]["mape"]
    assert result["metrics"]["r2"] is not None and "per_output" not in result


def test_an_order_of_scores_is_followed_on_validation_alone(trained, capsys):
    trained(
        *labelled(3, 300), *labelled(3, 60), last=softmax(3), loss="categorical_crossentropy",
        metrics="[accuracy, roc_auc]",
    )
    head, *lines = history(run_dirs()[-1])
    assert head == ["epoch", "step", "loss", "val_loss", "accuracy", "val_accuracy", "val_roc_auc", "learning_rate"]
    assert len(lines) == 2 and all(0 < float(line[-2]) <= 1 for line in lines)
    assert dlcli(capsys, "runs", "show", "latest")[0] == dlcli(capsys, "runs", "list")[0] == 0
    config = run_dirs()[-1] / "config.yaml"
    code, _, err = dlcli(capsys, "train", config, "+training.early_stopping.monitor=roc_auc")
    assert code == 2 and "val_roc_auc" in err
    resolved, followed = config.parent / "config.resolved.yaml", "+training.early_stopping.monitor=val_roc_auc"
    code, out, _ = dlcli(capsys, "train", resolved, followed)
    assert code == 0 and "roc_auc" in out


def test_a_run_with_a_metric_of_a_whole_split_resumes_to_the_same_weights(trained, capsys):
    report = trained(
        *labelled(3, 300), *labelled(3, 60), last=softmax(3), loss="categorical_crossentropy",
        metrics="[roc_auc, f1, log_loss]",
    )
    code, longer = dlcli_json(capsys, "train", "--resume", report["run_id"], "training.epochs=4")
    assert code == 0
    code, whole = dlcli_json(capsys, "train", run_dirs()[-1] / "config.resolved.yaml")
    assert code == 0 and whole["weights_sha256"] == longer["weights_sha256"]
    assert whole["metrics"] == longer["metrics"] and whole["test"] == longer["test"]


@pytest.mark.parametrize("name", ["pr_auc", "f1_score", "matthews_corrcoef"])
def test_names_that_people_arrive_with_are_understood(name, trained):
    trained(
        *labelled(2, 60), *labelled(2, 40), last=softmax(2), loss="categorical_crossentropy", metrics=f"[{name}]",
    )
    assert {"pr_auc": "average_precision", "f1_score": "f1", "matthews_corrcoef": "matthews_correlation"}[name] in (
        history(run_dirs()[-1])[0][-2].removeprefix("val_")
    )


@pytest.mark.parametrize("columns", [40, 80, 140])
@pytest.mark.parametrize("K", [2, 12, 40])
def test_the_page_keeps_to_the_width_of_the_terminal(columns, K, trained, capsys, monkeypatch):
    trained(*labelled(K, 240), *labelled(K, 120), last=softmax(K), loss="categorical_crossentropy")
    monkeypatch.setenv("COLUMNS", str(columns))
    code, out, err = dlcli(capsys, "evaluate", "latest")
    lines = out.splitlines()
    assert code == 0 and err == "" and "\r" not in out and "\x1b" not in out
    assert max(map(len, lines)) <= columns
    if columns >= 80:
        accuracy = next(line for line in lines if line.startswith("accuracy "))
        assert accuracy.split("%")[0].strip().startswith("accuracy") and accuracy.endswith("]")
        low, high = map(float, accuracy.partition("[")[2].rstrip("]").split(","))
        assert low <= float(accuracy.split()[1]) <= high
