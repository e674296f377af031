"""Measures a model on a split, and writes what it finds into the run."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dlcli import files
from dlcli.app import kernels
from dlcli.app.evaluation.classes import Watch, of_classes, of_places
from dlcli.app.evaluation.findings import Findings, Inspected, intervals_of
from dlcli.app.evaluation.numbers import of_each_output, of_inputs, of_numbers
from dlcli.app.evaluation.standard_metrics import padded, standard_metrics
from dlcli.app.session import EVALUATION_BATCH, batches
from dlcli.app.stored import stored
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config.build import Built
from dlcli.core.dataset import Split
from dlcli.report.painter import Painter
from dlcli.runs.directory import RunDirectory
from dlcli.runs.lookup import find
from dlcli.train.evaluation import Evaluator, judged_at_once
from dlcli.train.regularization import Regularization


@dataclass(frozen=True, kw_only=True)
class Result:
    """Figures of a split, NaN where one is not defined: `undefined` says why. `labels`: where targets are classes."""

    run_id: str
    split: str
    checkpoint: str
    samples: int
    metrics: dict[str, float]
    undefined: dict[str, str]
    labels: tuple[str, ...]
    findings: Findings
    folder: Path

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "run_id": self.run_id, "split": self.split, "checkpoint": self.checkpoint, "samples": self.samples,
            "metrics": self.metrics, **({"undefined": self.undefined} if self.undefined else {}),
            **self.findings.as_dict(self.labels),
        }


def evaluate(
    name: str, surroundings: Surroundings, ui: Ui, *, split: str = "test", checkpoint: str | None = None,
    threads: int = 1,
) -> Result:
    """Evaluates a run on the data of its configuration. Raises UsageError, DataError."""
    found = find(surroundings.runs_dir, name)
    kernels.as_trained(found.run, surroundings, ui)
    held = stored(found, checkpoint, surroundings, ui)
    with Painter() as painter:
        painter.start()  # pictures are drawn while figures are computed
        return measure(
            held.built, held.theta, held.buffers, held.load_data(surroundings, ui).split(split),
            run=found.run, split_name=split, checkpoint=held.name, painter=painter, threads=threads,
            thorough=True,
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
    threads: int = 1,
    thorough: bool = False,
) -> Result:
    """Evaluates, and writes the files of `evaluation/SPLIT`; those that take their time only if it is to be `thorough`.

    The figures are the same either way.
    """
    folder = run.evaluation(split_name)
    folder.mkdir(parents=True, exist_ok=True)
    target = built.spec.target
    penalty = Regularization(built.model.layout, built.config.regularization, built.model.dtype).penalty(theta)
    # A sequence or an image a sample: all outputs together might not fit into memory.
    keep = not target.is_input and (target.kind == "numbers" or not target.shape)
    at_once = keep and not padded(built)
    metrics, left_out = (built.metrics, {}) if at_once else standard_metrics(built, len(split))
    evaluator = Evaluator(built.model, built.loss, metrics, target, theta, buffers, threads=threads)
    watch = Watch(target, thorough=thorough) if target.kind == "classes" else None
    outcome = evaluator.run(batches(built, split, EVALUATION_BATCH), penalty=penalty, keep=keep, watch=watch)
    seen = Inspected(folder=folder, built=built, split=split, outcome=outcome, painter=painter, thorough=thorough)
    if target.is_input:
        findings = of_inputs(seen, evaluator)
    elif watch is not None:
        findings = of_places(seen, watch) if target.shape else of_classes(seen, watch)
    else:
        findings = of_numbers(seen)
    if at_once:  # while pictures are drawn
        metrics, left_out = standard_metrics(built, len(split))
        outcome = judged_at_once(metrics, target, outcome)
        findings = replace(
            findings,
            outputs=of_each_output(metrics, outcome) if target.kind == "numbers" else (),
            intervals=intervals_of(metrics, outcome, penalty=penalty, seed=built.config.seed) if thorough else None,
        )
    result = Result(
        run_id=run.id, split=split_name, checkpoint=checkpoint, samples=len(split),
        metrics={**outcome.figures, **dict.fromkeys(left_out, float("nan"))},
        undefined={**outcome.undefined, **left_out}, labels=target.labels, findings=findings, folder=folder,
    )
    files.write_json(folder / "metrics.json", result.as_dict(), sync=False)
    return result
