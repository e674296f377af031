"""Measures a model on a split, and writes what it finds into the run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
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
from dlcli.report import (
    classification_report,
    confusion_matrix,
    predictions,
    reconstructions,
    regression,
    samples,
)
from dlcli.report.painter import Painter
from dlcli.report.picture_sheet import is_picture
from dlcli.runs.directory import RunDirectory
from dlcli.runs.lookup import find
from dlcli.train.evaluation import Evaluation, Evaluator
from dlcli.train.regularization import Regularization

_MOST_CLASSES = 100  # of sequences; for more, a matrix of all places says nothing any more


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
        run=found.run, split_name=split, checkpoint=held.name, painter=Painter(),
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
    painter: Painter,
) -> Result:
    """Evaluates, and writes the files of `evaluation/SPLIT`."""
    penalty = Regularization(built.model.layout, built.config.regularization, built.model.dtype).penalty(theta)
    evaluator = Evaluator(built.model, built.loss, built.metrics, built.spec.target, theta, buffers)
    folder = run.evaluation(split_name)
    folder.mkdir(parents=True, exist_ok=True)
    target = built.spec.target
    matrix = _counts_of_places(built) if target.shape else None
    # A sequence or an image a sample: all outputs together might not fit into memory.
    keep = not target.is_input and (target.kind == "numbers" or not target.shape)
    outcome = evaluator.run(
        batches(built, split, EVALUATION_BATCH), penalty=penalty, keep=keep,
        watch=None if matrix is None else partial(_count, matrix, Memory(built.model.dtype)),
    )
    if target.is_input:
        _draw_reconstructions(folder, built, split, evaluator, painter)
    elif target.kind == "classes" and target.shape:
        if matrix is not None:
            _write_matrix(folder, matrix, target.labels, painter)
    elif target.kind == "classes":
        matrix = _write_classes(folder, built, split, outcome, painter)
    else:
        y_true, y_pred = outcome.y_true, outcome.y_pred.reshape(outcome.y_true.shape)
        predictions.write_csv(folder / "predictions.csv", y_true, y_pred)
        painter.paint(regression.draw, folder / "predictions.png", y_true=y_true, y_pred=y_pred)
    result = Result(
        run_id=run.id, split=split_name, checkpoint=checkpoint, samples=len(split), metrics=outcome.figures,
        labels=target.labels, confusion_matrix=matrix, folder=folder,
    )
    files.write_json(folder / "metrics.json", result.as_dict(), sync=False)
    return result


def _write_classes(
    folder: Path, built: Built, split: Split, outcome: Evaluation, painter: Painter,
) -> np.ndarray:
    labels, memory = built.spec.target.labels, Memory(built.model.dtype)
    predicted = predicted_classes(outcome.y_pred, memory)
    true = true_classes(outcome.y_true, outcome.y_pred, memory)
    confidence = confidences(outcome.y_pred, predicted)
    matrix = confusion_matrix.confusion_matrix(true[outcome.counts], predicted[outcome.counts], len(labels))
    _write_matrix(folder, matrix, labels, painter)
    if built.spec.image:
        chosen = samples.choose(RowsOf(split), true, predicted, confidence)
        painter.paint(samples.draw_chosen, folder / "samples.png", labels=labels, **chosen)
    predictions.write_csv(folder / "predictions.csv", true, predicted, labels=labels, probability=confidence)
    return matrix


def _write_matrix(folder: Path, matrix: np.ndarray, labels: Sequence[str], painter: Painter) -> None:
    confusion_matrix.write_csv(folder / "confusion_matrix.csv", matrix, labels)
    painter.paint(confusion_matrix.draw, folder / "confusion_matrix.png", matrix=matrix, labels=labels)
    files.write_bytes(
        folder / "classification_report.txt", classification_report.as_text(matrix, labels).encode(), sync=False,
    )


def _counts_of_places(built: Built) -> np.ndarray | None:
    """A confusion matrix (K, K) for all places of all sequences; None for more classes than anybody can look at."""
    target = built.spec.target
    return np.zeros((target.classes, target.classes), np.int64) if 0 < target.classes <= _MOST_CLASSES else None


def _count(matrix: np.ndarray, memory: Memory, y_true: np.ndarray, y_pred: np.ndarray) -> None:
    true, predicted = true_classes(y_true, y_pred, memory), predicted_classes(y_pred, memory)
    matrix += confusion_matrix.confusion_matrix(true, predicted, len(matrix))


def _draw_reconstructions(
    folder: Path, built: Built, split: Split, evaluator: Evaluator, painter: Painter,
) -> None:
    """Some images and what became of them, where inputs are images and still are, or can be made so again."""
    shape, raw = built.spec.target.shape, built.spec.input_shape
    if not is_picture(shape) and prod(shape) == prod(raw):
        shape = raw
    if not built.spec.image or not is_picture(shape):
        return
    first = replace(split, rows=split.rows[:reconstructions.MOST])
    outcome = evaluator.run(batches(built, first, len(first)), keep=True)
    images, outputs = (a.reshape(len(first), *shape) for a in (outcome.y_true, outcome.y_pred))
    painter.paint(reconstructions.draw, folder / "reconstructions.png", images=images, outputs=outputs)


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
