"""Every prediction beside the truth, as CSV."""

import csv
import math
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from dlcli.errors import DataError
from dlcli.files import replacing


def write_csv(
    path: str | Path,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    *,
    labels: Sequence[str] = (),
    probability: np.ndarray | None = None,
) -> None:
    """Writes one line a sample; `row` counts from 0 in the order of the arrays.

    With `labels` (classes): columns row, true, predicted, probability; y_true, y_pred: (N,) class numbers,
    written as names; probability: (N,) of the predicted class, left out where None. Without labels
    (regression): row, true, predicted for (N,) and (N, 1), true_0, ..., predicted_0, ... for (N, D).
    Raises DataError where shapes differ, OSError where it cannot write.
    """
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    for name, values in (("y_pred", y_pred), ("probability", probability)):
        expected = y_true.shape[:1] if name == "probability" else y_true.shape
        if values is not None and values.shape != expected:
            raise DataError(
                f"expected shape {expected}, found {values.shape}",
                where=f"predictions, {name}",
                hint="pass one prediction for each sample",
            )
    if labels:
        names = np.asarray(labels, dtype=object)
        head = ["true", "predicted"]
        columns: list[Iterable[object]] = [names[y_true], names[y_pred]]
        if probability is not None:
            head.append("probability")
            columns.append(f"{p:.6g}" for p in probability.tolist())
    else:
        size = math.prod(y_true.shape[1:])
        true, predicted = y_true.reshape(-1, size), y_pred.reshape(-1, size)
        head = [name if size == 1 else f"{name}_{i}" for name in ("true", "predicted") for i in range(size)]
        # The shortest text that reads back as the same number in the array's own precision.
        columns = [map(str, column) for column in chain(true.T, predicted.T)]
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", *head])
        writer.writerows(zip(range(len(y_true)), *columns, strict=True))
