"""What is found where targets are numbers."""

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite, prod

import numpy as np

from dlcli.app.evaluation.findings import Findings, Inspected
from dlcli.app.session import EVALUATION_BATCH, batches
from dlcli.core.from_means import FromMeans
from dlcli.core.metric import Metric
from dlcli.report import predictions, reconstructions, regression
from dlcli.report.picture_sheet import is_picture
from dlcli.train.evaluation import Evaluation, Evaluator

MOST_OUTPUTS = 100
"""Of a sample, beyond which nobody reads a line for each."""
MOST_COLUMNS = 20
"""Of worst.csv, which is read in a terminal."""


def of_numbers(seen: Inspected) -> Findings:
    """Every prediction, and the worst."""
    y_true = seen.outcome.y_true
    y_pred = seen.outcome.y_pred.reshape(y_true.shape)
    seen.painter.paint(regression.draw, seen.folder / "predictions.png", y_true=y_true, y_pred=y_pred)
    predictions.write_csv(seen.folder / "predictions.csv", y_true, y_pred)
    size = prod(y_true.shape[1:])
    worst = seen.worst()
    columns = {
        name if size == 1 else f"{name}_{i}": column[worst]
        for name, values in (("true", y_true), ("predicted", y_pred))
        for i, column in enumerate(values.reshape(len(values), -1).T)
    }
    seen.write_worst(worst, columns if len(columns) <= MOST_COLUMNS else {})
    return Findings()


def of_each_output(metrics: Mapping[str, Metric], outcome: Evaluation) -> tuple[Mapping[str, float], ...]:
    """The figures of every number of a sample alone, if it has several, but not too many; NaN where not defined."""
    size = prod(outcome.y_true.shape[1:])
    if not 1 < size <= MOST_OUTPUTS:
        return ()
    y_true, y_pred = (a[outcome.counts].reshape(-1, size) for a in (outcome.y_true, outcome.y_pred))
    of_terms = {name: metric for name, metric in metrics.items() if isinstance(metric, FromMeans)}
    found = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for true, predicted in zip(y_true.T, y_pred.T, strict=True):
            terms = {name: metric.terms(true[:, None], predicted[:, None]) for name, metric in of_terms.items()}
            figures = {n: float(of_terms[n].of_means(part.mean(axis=0)[None])[0]) for n, part in terms.items()}
            found.append({name: value if isfinite(value) else float("nan") for name, value in figures.items()})
    return tuple(found)


def of_inputs(seen: Inspected, evaluator: Evaluator) -> Findings:
    """The input itself is the target: some images and what became of them, and those that came out worst."""
    worst = seen.worst()
    seen.write_worst(worst, {})
    built, split = seen.built, seen.split
    shape, raw = built.spec.target.shape, built.spec.input_shape
    if not is_picture(shape) and prod(shape) == prod(raw):
        shape = raw
    if not built.spec.image or not is_picture(shape):
        return Findings()
    chosen = {"reconstructions.png": np.arange(min(reconstructions.MOST, len(split)))}
    if seen.thorough:
        chosen["worst.png"] = worst[:reconstructions.MOST]
    for name, rows in chosen.items():
        few = replace(split, rows=split.rows[rows])
        outcome = evaluator.run(batches(built, few, EVALUATION_BATCH), keep=True)
        images, outputs = (a.reshape(len(rows), *shape) for a in (outcome.y_true, outcome.y_pred))
        seen.painter.paint(reconstructions.draw, seen.folder / name, images=images, outputs=outputs)
    return Findings()
