"""What is found where targets are classes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from dlcli import files
from dlcli.app.evaluation.findings import Findings, Inspected
from dlcli.core.memory import Memory
from dlcli.core.metric import predicted_classes, true_classes
from dlcli.core.target import Target
from dlcli.data.rows_of import RowsOf
from dlcli.metrics._probabilities import improper, probabilities, taken
from dlcli.metrics.expected_calibration_error import ExpectedCalibrationError
from dlcli.report import (
    classification_report,
    confusion_matrix,
    confusions,
    normalized_confusion_matrix,
    predictions,
    reliability,
    samples,
    worst_samples,
)
from dlcli.report.classification_report import Scores
from dlcli.report.painter import Painter

MOST_CLASSES = 1000
"""For more, a table of all pairs has more cells than anybody has samples."""
MOST_CLASSES_OF_PLACES = 100
"""Of sequences; for more, a matrix of all places says nothing any more."""


class Watch:
    """Looks at the predictions of an evaluation as they go by: what it counts needs none of them kept."""

    def __init__(self, target: Target, *, thorough: bool) -> None:
        self.matrix: np.ndarray | None = None
        if target.shape and target.classes <= MOST_CLASSES_OF_PLACES:
            self.matrix = np.zeros((target.classes, target.classes), np.int64)
        self._calibration = ExpectedCalibrationError()
        self.bins = self._calibration.start(target) if thorough else None
        self._memory = Memory(np.dtype(np.float32))
        self._losses = np.empty(0)

    def __call__(self, y_true: np.ndarray, y_pred: np.ndarray) -> None:
        """Counts a batch."""
        if self.matrix is not None:
            true, predicted = true_classes(y_true, y_pred, self._memory), predicted_classes(y_pred, self._memory)
            self.matrix += confusion_matrix.confusion_matrix(true, predicted, len(self.matrix))
        if self.bins is not None:
            self._calibration.update(self.bins, self._memory, y_true=y_true, y_pred=y_pred, losses=self._losses)

    def paint(self, path: Path, painter: Painter) -> None:
        """The reliability diagram, where outputs are probabilities and it was to be drawn."""
        if self.bins is not None and not self.bins[0, -1] and self.bins[0].any():
            counted, right, confidence = self.bins[:, :-1]
            painter.paint(reliability.draw, path, samples=counted, right=right, confidence=confidence)


def of_classes(seen: Inspected, watch: Watch) -> Findings:
    """One class a sample: the matrix of confusions, every prediction, the worst, images."""
    labels, outcome, counts = seen.built.spec.target.labels, seen.outcome, seen.outcome.counts
    memory = Memory(outcome.y_pred.dtype)
    predicted = predicted_classes(outcome.y_pred, memory)
    true = true_classes(outcome.y_true, outcome.y_pred, memory)
    confidence, worst = confidences(outcome.y_pred, predicted), seen.worst()
    # Pictures first: they are drawn while the rest is written.
    if seen.built.spec.image:
        _paint_images(seen, true, predicted, confidence, worst)
    watch.paint(seen.folder / "reliability.png", seen.painter)
    if len(labels) <= MOST_CLASSES:
        matrix = confusion_matrix.confusion_matrix(true[counts], predicted[counts], len(labels))
        found = _of_matrix(seen, matrix)
    else:
        found = _of_counts(seen, true[counts], predicted[counts])
    columns: dict[str, Sequence[object]] = {
        "true": [labels[k] for k in true[worst]], "predicted": [labels[k] for k in predicted[worst]],
    }
    if confidence is not None:
        columns["probability"] = [f"{p:.6g}" for p in confidence[worst].tolist()]
    seen.write_worst(worst, columns)
    predictions.write_csv(seen.folder / "predictions.csv", true, predicted, labels=labels, probability=confidence)
    return found


def of_places(seen: Inspected, watch: Watch) -> Findings:
    """A class for each place of a sequence: the matrix of all places, where classes are few enough."""
    watch.paint(seen.folder / "reliability.png", seen.painter)
    seen.write_worst(seen.worst(), {})
    return Findings() if watch.matrix is None else _of_matrix(seen, watch.matrix)


def confidences(y_pred: np.ndarray, predicted: np.ndarray) -> np.ndarray | None:
    """Probability: (N,) of the predicted class; y_pred: (N, K). None where outputs are no probabilities."""
    memory = Memory(y_pred.dtype)
    p = probabilities(y_pred, memory)
    return None if improper(p, memory) else taken(p, predicted.reshape(-1), memory).astype(y_pred.dtype)


def _paint_images(
    seen: Inspected, true: np.ndarray, predicted: np.ndarray, confidence: np.ndarray | None, worst: np.ndarray,
) -> None:
    images, labels = RowsOf(seen.split), seen.built.spec.target.labels
    chosen = samples.choose(images, true, predicted, confidence)
    seen.painter.paint(samples.draw_chosen, seen.folder / "samples.png", labels=labels, **chosen)
    first = worst[:worst_samples.DRAWN]
    if seen.thorough and len(first):
        seen.painter.paint(
            worst_samples.draw, seen.folder / "worst.png", images=images[first], index=seen.split.rows[first],
            losses=seen.outcome.losses[first], y_true=true[first], y_pred=predicted[first], labels=labels,
        )


def _of_matrix(seen: Inspected, matrix: np.ndarray) -> Findings:
    labels, folder, paint = seen.built.spec.target.labels, seen.folder, seen.painter.paint
    paint(confusion_matrix.draw, folder / "confusion_matrix.png", matrix=matrix, labels=labels)
    if seen.thorough:
        paint(
            normalized_confusion_matrix.draw, folder / "confusion_matrix_normalized.png", matrix=matrix, labels=labels,
        )
    confusion_matrix.write_csv(folder / "confusion_matrix.csv", matrix, labels)
    normalized_confusion_matrix.write_csv(folder / "confusion_matrix_normalized.csv", matrix, labels)
    scores = classification_report.scores(matrix)
    _write_report(folder, scores, labels)
    return Findings(confusion_matrix=matrix, scores=scores, confusions=confusions.of_matrix(matrix))


def _of_counts(seen: Inspected, true: np.ndarray, predicted: np.ndarray) -> Findings:
    """The same without a matrix."""
    labels = seen.built.spec.target.labels
    right, called, support = (
        np.bincount(part, minlength=len(labels)) for part in (true[true == predicted], predicted, true)
    )
    scores = classification_report.scores_of(right, called, support)
    _write_report(seen.folder, scores, labels)
    return Findings(scores=scores, confusions=confusions.of_samples(true, predicted, len(labels)))


def _write_report(folder: Path, scores: Scores, labels: Sequence[str]) -> None:
    text = classification_report.as_text(scores, labels)
    files.write_bytes(folder / "classification_report.txt", text.encode(), sync=False)
