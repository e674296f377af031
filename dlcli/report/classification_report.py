"""Precision, recall and F1 of every class, from the confusion matrix."""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from dlcli.report.class_names import check_labels, shorten


class Average(TypedDict):
    """One average over the classes; `support` is the number of samples."""

    precision: float
    recall: float
    f1: float
    support: int


class Scores(TypedDict):
    """Figures of a classifier: lists have one entry for each class."""

    precision: list[float]
    recall: list[float]
    f1: list[float]
    support: list[int]
    accuracy: float
    samples: int
    macro: Average
    micro: Average
    weighted: Average


def scores(matrix: np.ndarray) -> Scores:
    """The figures of a confusion matrix: (K, K) counts, rows true and columns predicted."""
    return scores_of(np.diagonal(matrix), matrix.sum(axis=0), matrix.sum(axis=1))


def scores_of(right: np.ndarray, predicted: np.ndarray, support: np.ndarray) -> Scores:
    """The figures as plain data.

        precision = right / predicted,  recall = right / support,  f1 = 2 right / (support + predicted)

    (K,) counts each: how often a class was rightly found, was predicted, is true. Division by zero gives 0.0. `macro`
    weighs every class alike that occurs, among the true or the predicted ones; `weighted` weighs it by its support;
    `micro` counts all classes together.
    """
    samples = int(support.sum())

    def figures(right: np.ndarray, predicted: np.ndarray, support: np.ndarray) -> dict[str, np.ndarray]:
        return {
            "precision": _divide(right, predicted), "recall": _divide(right, support),
            "f1": _divide(2 * right, support + predicted),
        }

    columns = figures(right, predicted, support)

    def average(columns: dict[str, np.ndarray], weights: np.ndarray) -> Average:
        total = weights.sum()
        means = {name: float(values @ weights / total) if total else 0.0 for name, values in columns.items()}
        return {"precision": means["precision"], "recall": means["recall"], "f1": means["f1"], "support": samples}

    together = figures(right.sum(keepdims=True), predicted.sum(keepdims=True), support.sum(keepdims=True))
    return {
        "precision": columns["precision"].tolist(),
        "recall": columns["recall"].tolist(),
        "f1": columns["f1"].tolist(),
        "support": support.tolist(),
        "accuracy": float(right.sum() / samples) if samples else 0.0,
        "samples": samples,
        "macro": average(columns, (support + predicted > 0).astype(np.float64)),
        "micro": average(together, np.ones(1)),
        "weighted": average(columns, support.astype(np.float64)),
    }


def as_text(result: Scores, labels: Sequence[str], *, digits: int = 4) -> str:
    """The figures as a table in plain text, in the layout that scikit-learn made familiar.

    `digits` after the decimal point. Ends in a newline. Raises DataError unless there is a label for each class.
    """
    check_labels(labels, len(result["support"]))
    names = [shorten(label, 60) for label in labels]
    width = max(map(len, [*names, "weighted avg"]))

    def line(name: str, figures: Sequence[float | None], count: int) -> str:
        cells = (f"{'' if figure is None else format(figure, f'.{digits}f'):>9}" for figure in figures)
        return f"{name:>{width}}  {' '.join(cells)} {count:>9}"

    columns = zip(result["precision"], result["recall"], result["f1"], strict=True)
    lines = [f"{'':>{width}}  {'precision':>9} {'recall':>9} {'f1-score':>9} {'support':>9}", ""]
    lines += [line(*row) for row in zip(names, columns, result["support"], strict=True)]
    lines += ["", line("accuracy", (None, None, result["accuracy"]), result["samples"])]
    for name, mean in (("macro avg", result["macro"]), ("weighted avg", result["weighted"])):
        lines.append(line(name, (mean["precision"], mean["recall"], mean["f1"]), mean["support"]))
    return "\n".join(lines) + "\n"


def _divide(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)
