"""Measures a model on a split, and writes what it finds into the run."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlcli import files
from dlcli.app.session import EVALUATION_BATCH, batches
from dlcli.app.stored import stored
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config.build import Built
from dlcli.core.dataset import Split
from dlcli.core.memory import Memory
from dlcli.core.metric import predicted_classes, true_classes
from dlcli.report import classification_report, confusion_matrix, predictions, regression, samples
from dlcli.runs.directory import RunDirectory
from dlcli.runs.lookup import find
from dlcli.train.evaluation import Evaluation, Evaluator
from dlcli.train.regularization import Regularization


@dataclass(frozen=True, kw_only=True)
class Result:
    """Figures of a split. `labels` and `confusion_matrix` (rows true, columns predicted) where targets are classes."""

    run_id: str
    split: str
    checkpoint: str
    samples: int
    metrics: dict[str, float]
    labels: tuple[str, ...]
    confusion_matrix: np.ndarray | None
    folder: Path

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        data: dict[str, Any] = {
            "run_id": self.run_id, "split": self.split, "checkpoint": self.checkpoint, "samples": self.samples,
            "metrics": self.metrics,
        }
        if self.confusion_matrix is not None:
            data |= {"labels": list(self.labels), "confusion_matrix": self.confusion_matrix.tolist()}
        return data


def evaluate(
    name: str, surroundings: Surroundings, ui: Ui, *, split: str = "test", checkpoint: str | None = None,
) -> Result:
    """Evaluates a run on the data of its configuration. Raises UsageError, DataError."""
    found = find(surroundings.runs_dir, name)
    held = stored(found, checkpoint, surroundings, ui)
    loaded = held.load_data(surroundings, ui)
    return measure(
        held.built, held.theta, held.buffers, loaded.split(split),
        run=found.run, split_name=split, checkpoint=held.name,
    )


def measure(
    built: Built,
    theta: np.ndarray,
    buffers: np.ndarray,
    split: Split,
    *,
    run: RunDirectory,
    split_name: str,
    checkpoint: str,
) -> Result:
    """Evaluates, and writes the files of `evaluation/SPLIT`."""
    penalty = Regularization(built.model.layout, built.config.regularization, built.model.dtype).penalty(theta)
    evaluator = Evaluator(built.model, built.loss, built.metrics, built.spec.target, theta, buffers)
    outcome = evaluator.run(batches(built, split, EVALUATION_BATCH), penalty=penalty, keep=True)
    folder = run.evaluation(split_name)
    folder.mkdir(parents=True, exist_ok=True)
    target = built.spec.target
    matrix = None
    if target.kind == "classes":
        matrix = _write_classes(folder, built, split, outcome)
    else:
        predictions.write_csv(folder / "predictions.csv", outcome.y_true, outcome.y_pred.reshape(outcome.y_true.shape))
        regression.draw(folder / "predictions.png", outcome.y_true, outcome.y_pred.reshape(outcome.y_true.shape))
    result = Result(
        run_id=run.id, split=split_name, checkpoint=checkpoint, samples=len(split), metrics=outcome.figures,
        labels=target.labels, confusion_matrix=matrix, folder=folder,
    )
    files.write_json(folder / "metrics.json", result.as_dict(), sync=False)
    return result


def _write_classes(folder: Path, built: Built, split: Split, outcome: Evaluation) -> np.ndarray:
    labels, memory = built.spec.target.labels, Memory(built.model.dtype)
    predicted = predicted_classes(outcome.y_pred, memory)
    true = true_classes(outcome.y_true, outcome.y_pred, memory)
    confidence = confidences(outcome.y_pred, predicted)
    matrix = confusion_matrix.confusion_matrix(true, predicted, len(labels))
    confusion_matrix.write_csv(folder / "confusion_matrix.csv", matrix, labels)
    confusion_matrix.draw(folder / "confusion_matrix.png", matrix, labels)
    files.write_bytes(
        folder / "classification_report.txt", classification_report.as_text(matrix, labels).encode(), sync=False,
    )
    predictions.write_csv(folder / "predictions.csv", true, predicted, labels=labels, probability=confidence)
    if built.spec.image:
        samples.draw(folder / "samples.png", RowsOf(split), true, predicted, labels, confidence)
    return matrix


class RowsOf:
    """The samples of a split as an array would give them, read only where they are asked for."""

    def __init__(self, split: Split) -> None:
        self._split = split
        self.shape = (len(split), *split.x.shape[1:])
        self.dtype = split.x.dtype

    def __len__(self) -> int:
        return len(self._split)

    def __getitem__(self, which: np.ndarray) -> np.ndarray:
        return np.asarray(self._split.x[self._split.rows[which]])


def confidences(y_pred: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Probability: (N,) of the predicted class; y_pred: (N, K), or (N, 1) the probability of class 1."""
    if y_pred.shape[-1] == 1:
        return np.where(predicted == 1, y_pred[..., 0], 1 - y_pred[..., 0])
    return np.take_along_axis(y_pred, predicted[..., None], axis=-1)[..., 0]
