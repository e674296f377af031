"""Train, evaluate, predict: the main job, end to end, on data that ships."""

import csv
import json

import numpy as np
import pytest
from main_job import CONFIGS, dlcli, dlcli_json, history, run_dirs
from PIL import Image
from safetensors.numpy import load_file

from dlcli.data.datasets.digits import Digits

MLP = CONFIGS / "mnist_mlp.yaml"
QUICK = ("training.epochs=3", "optimizer.learning_rate=0.003")


@pytest.fixture
def trained(capsys):
    code, result = dlcli_json(capsys, "train", MLP, *QUICK)
    assert code == 0
    return result


def test_a_fallback_is_announced_loudly_and_recorded(capsys):
    code, _, err = dlcli(capsys, "train", MLP, *QUICK, "-q")
    assert code == 0
    assert "WARNING" in err and "NOT THE DATA YOU ASKED FOR" in err and "digits" in err
    environment = json.loads((run_dirs()[0] / "environment.json").read_text())
    assert environment["data"]["dataset"] == "digits" and "mnist" in environment["data"]["fell_back"]


def test_a_run_has_all_its_files(trained):
    (run,) = run_dirs()
    expected = """config.yaml config.resolved.yaml environment.json status.json train.log history.csv metrics.jsonl
        metrics.json checkpoints/last.safetensors checkpoints/best.safetensors plots/history.png
        evaluation/test/metrics.json evaluation/test/confusion_matrix.csv evaluation/test/confusion_matrix.png
        evaluation/test/classification_report.txt evaluation/test/predictions.csv evaluation/test/samples.png"""
    assert [name for name in expected.split() if not (run / name).stat().st_size] == []
    assert (run / "config.yaml").read_text() == MLP.read_text()
    assert json.loads((run / "status.json").read_text())["status"] == "completed"
    assert history(run)[0] == ["epoch", "step", "loss", "val_loss", "accuracy", "val_accuracy", "learning_rate"]
    assert [path.name for path in run.rglob("*.tmp")] == []


def test_train_prints_one_document_with_the_figures(trained):
    assert trained["status"] == "completed" and trained["epoch"] == 3 and trained["step"] == 3 * 36
    assert trained["test"]["accuracy"] > 0.85
    assert len(trained["weights_sha256"]) == 64
    assert json.loads((run_dirs()[0] / "metrics.json").read_text()) == trained


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(capsys, trained):
    again = dlcli_json(capsys, "train", MLP, *QUICK)[1]
    other = dlcli_json(capsys, "train", MLP, *QUICK, "--seed", "7")[1]
    assert again["weights_sha256"] == trained["weights_sha256"] != other["weights_sha256"]


def test_the_number_of_threads_changes_no_bit(capsys):
    one = dlcli_json(capsys, "train", MLP, *QUICK, "training.lanes=3", "--threads", "1")[1]
    many = dlcli_json(capsys, "train", MLP, *QUICK, "training.lanes=3", "--threads", "3")[1]
    assert one["weights_sha256"] == many["weights_sha256"]


def test_evaluate_repeats_the_figures_of_training(capsys, trained):
    code, result = dlcli_json(capsys, "evaluate", "latest")
    assert code == 0 and result["metrics"] == trained["test"]
    assert result["labels"] == list("0123456789")
    matrix = np.array(result["confusion_matrix"])
    assert matrix.sum() == result["samples"] == 360
    assert matrix.trace() / 360 == pytest.approx(trained["test"]["accuracy"])
    rows = list(csv.reader((run_dirs()[0] / "evaluation/test/confusion_matrix.csv").read_text().splitlines()))
    assert [[int(cell) for cell in row[1:]] for row in rows[1:]] == matrix.tolist()


def test_evaluate_takes_other_splits_and_checkpoints(capsys, trained):
    code, result = dlcli_json(capsys, "evaluate", trained["run_id"], "--split", "validation", "--checkpoint", "last")
    assert code == 0 and result["samples"] == 287
    assert result["metrics"]["loss"] == pytest.approx(trained["metrics"]["val_loss"], rel=1e-6)
    path = run_dirs()[0] / "checkpoints" / "last.safetensors"
    assert dlcli_json(capsys, "evaluate", path, "--split", "validation")[1]["metrics"] == result["metrics"]


def test_predict_names_the_digit_of_an_image(capsys, trained, tmp_path, digit_images):
    images, labels = digit_images
    paths = []
    for number in range(5):
        paths.append(tmp_path / f"{number}.png")
        Image.fromarray(images[number]).save(paths[-1])
    code, result = dlcli_json(capsys, "predict", "latest", *paths)
    assert code == 0 and [p["input"] for p in result["predictions"]] == [str(p) for p in paths]
    predicted = [p["prediction"] for p in result["predictions"]]
    assert all(0.1 < p["probability"] <= 1 for p in result["predictions"]), "as the terminal shows it"
    assert sum(p == str(y) for p, y in zip(predicted, labels, strict=False)) >= 4


def test_predict_agrees_with_evaluate_on_arrays(capsys, trained, tmp_path, digit_images):
    np.save(tmp_path / "x.npy", digit_images[0])
    code, out, _ = dlcli(capsys, "predict", "latest", tmp_path / "x.npy", "--format", "csv")
    assert code == 0
    predicted = [row["prediction"] for row in csv.DictReader(out.splitlines())]
    written = (run_dirs()[0] / "evaluation/test/predictions.csv").read_text()
    evaluated = [row["predicted"] for row in csv.DictReader(written.splitlines())]
    assert predicted == evaluated


def test_predict_writes_a_file_or_none(capsys, trained, tmp_path, digit_images):
    np.save(tmp_path / "x.npy", digit_images[0][:3])
    target = tmp_path / "answers.jsonl"
    assert dlcli(capsys, "predict", "latest", tmp_path / "x.npy", tmp_path / "none.npy", "-o", target)[0] == 1
    assert not target.exists()
    assert dlcli(capsys, "predict", "latest", tmp_path / "x.npy", "-o", target, "--proba", "--top-k", "2")[0] == 0
    answers = [json.loads(line) for line in target.read_text().splitlines()]
    assert len(answers) == 3 and len(answers[0]["top"]) == 2
    assert sum(answers[0]["probabilities"].values()) == pytest.approx(1)


def test_a_file_of_an_unknown_kind_is_not_written(capsys, trained, tmp_path, digit_images):
    np.save(tmp_path / "x.npy", digit_images[0][:2])
    code, _, err = dlcli(capsys, "predict", "latest", tmp_path / "x.npy", "-o", tmp_path / "answers.xlsx")
    assert code == 2 and ".csv, .jsonl, .json" in err and not (tmp_path / "answers.xlsx").exists()
    assert dlcli(capsys, "predict", "latest", tmp_path / "x.npy", "-o", tmp_path / "x.xlsx", "--format", "csv")[0] == 0


def test_the_summary_says_of_which_epoch_a_figure_is(capsys):
    code, out, _ = dlcli(capsys, "train", MLP, "training.epochs=4", "optimizer.learning_rate=0.3")
    [row] = [line.split() for line in out.splitlines() if "after epoch" in line]
    assert code == 0 and row[2:4] == ["4", "4"] and int(row[4]) < 4, "the last epoch was not the best"


def test_the_resolved_configuration_trains_the_same_model(capsys, trained):
    code, again = dlcli_json(capsys, "train", run_dirs()[0] / "config.resolved.yaml")
    assert code == 0 and again["weights_sha256"] == trained["weights_sha256"]


def test_print_config_is_the_resolved_configuration_and_makes_no_run(capsys):
    code, out, _ = dlcli(capsys, "train", MLP, *QUICK, "--print-config")
    assert code == 0 and "lanes: 1" in out and run_dirs() == []


def test_dry_run_and_fast_dev_run(capsys):
    assert dlcli(capsys, "train", MLP, "--dry-run")[0] == 0
    assert run_dirs() == []
    code, result = dlcli_json(capsys, "train", MLP, "--fast-dev-run")
    assert code == 0 and result["step"] == 2 and result["epoch"] == 1


def test_a_name_and_tags_find_a_run_again(capsys):
    dlcli(capsys, "train", MLP, "--fast-dev-run", "--name", "Mine & yours", "--tag", "a", "--tag", "b")
    (run,) = run_dirs()
    status = json.loads((run / "status.json").read_text())
    assert run.name.split("-", 2)[2][:-5] == "mine-yours" and status["tags"] == ["a", "b"]


def test_checkpoints_hold_parameters_by_name(trained):
    tensors = load_file(run_dirs()[0] / "checkpoints" / "last.safetensors")
    assert tensors["model/dense/kernel"].shape == (64, 128) and tensors["model/dense_2/bias"].shape == (10,)
    assert tensors["optimizer/m"].shape == tensors["optimizer/v"].shape


def test_check_needs_no_data(capsys, monkeypatch, tmp_path):
    code, result = dlcli_json(capsys, "check", MLP)
    assert code == 0 and result["parameters"] == 109386
    assert [layer["output_shape"] for layer in result["layers"]][:2] == [[784], [128]]


def test_gradcheck_agrees(capsys):
    code, result = dlcli_json(capsys, "gradcheck", CONFIGS / "mnist_mlp_dropout.yaml")
    assert code == 0 and result["ok"] and [g["name"] for g in result["gradients"]][-1] == "input"


@pytest.mark.parametrize("autoencode", [False, True])
@pytest.mark.parametrize("loss", ["mse", "mae", "binary_crossentropy", "kl_divergence", "poisson"])
def test_gradcheck_draws_targets_that_the_loss_takes(capsys, tmp_path, loss, autoencode):
    config = tmp_path / "model.yaml"
    config.write_text(f"""
dataset: {{type: diabetes, autoencode: {str(autoencode).lower()}}}
model: {{layers: [{{type: dense, units: {10 if autoencode else 1}, activation: sigmoid}}]}}
loss: {loss}
optimizer: adam
""")
    code, result = dlcli_json(capsys, "gradcheck", config)
    assert code == 0 and result["ok"], result


@pytest.fixture
def digit_images():
    """The test images of the digits that ship, as predict gets them: bytes."""
    from pathlib import Path

    from dlcli.core.dataset import DataEnv

    env = DataEnv(data_dir=None, cache_dir=Path(), offline=True, bases=(), seed=0, warn=lambda text: None)
    split = Digits().load(env).test
    return split.x[split.rows], split.y[split.rows]
