"""What an evaluation has to look at, and what it finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dlcli.config.build import Built
from dlcli.core.dataset import Split
from dlcli.core.metric import Metric
from dlcli.core.streams import Streams
from dlcli.report import worst_samples
from dlcli.report.classification_report import Scores
from dlcli.report.confusions import Confusion
from dlcli.report.intervals import Intervals, intervals
from dlcli.report.painter import Painter
from dlcli.train.evaluation import Evaluation


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """One split through the eyes of one model.

    `thorough` is what somebody asked for and waits for; the end of a training leaves out what takes its time.
    """

    folder: Path
    built: Built
    split: Split
    outcome: Evaluation
    painter: Painter
    thorough: bool

    def worst(self) -> np.ndarray:
        """The numbers in the split of the samples with the largest losses."""
        return worst_samples.largest(self.outcome.losses, self.outcome.counts)

    def write_worst(self, rows: np.ndarray, columns: Mapping[str, Sequence[object] | np.ndarray]) -> None:
        """Writes worst.csv; `columns` have an entry for each of the samples `rows`."""
        losses, index = self.outcome.losses[rows], self.split.rows[rows]
        worst_samples.write_csv(self.folder / "worst.csv", rows, index, losses, columns)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is found beside the figures; `confusion_matrix` is (K, K), rows true, columns predicted."""

    confusion_matrix: np.ndarray | None = None
    scores: Scores | None = None
    confusions: tuple[Confusion, ...] = ()
    outputs: tuple[Mapping[str, float], ...] = ()
    intervals: Intervals | None = None

    def as_dict(self, labels: Sequence[str]) -> dict[str, Any]:
        """Plain data for `--json`, of what there is."""
        data: dict[str, Any] = {}
        if self.intervals is not None:
            data["confidence_intervals"] = {
                "level": self.intervals.level, "method": "bootstrap", "resamples": self.intervals.resamples,
                "metrics": {name: list(bounds) for name, bounds in self.intervals.bounds.items()},
            }
        if self.scores is not None:
            lists = (self.scores["precision"], self.scores["recall"], self.scores["f1"], self.scores["support"])
            data["averages"] = {"macro": self.scores["macro"], "micro": self.scores["micro"],
                                "weighted": self.scores["weighted"]}
            data["per_class"] = [
                {"label": label, "precision": p, "recall": r, "f1": f1, "support": support}
                for label, p, r, f1, support in zip(labels, *lists, strict=True)
            ]
        if self.scores is not None or self.confusions:
            data["most_confused"] = [
                {"true": labels[c.true], "predicted": labels[c.predicted], "count": c.count, "share": c.share}
                for c in self.confusions
            ]
        if self.outputs:
            data["per_output"] = [dict(figures) for figures in self.outputs]
        if self.confusion_matrix is not None:
            data |= {"labels": list(labels), "confusion_matrix": self.confusion_matrix.tolist()}
        return data


def intervals_of(
    metrics: Mapping[str, Metric], outcome: Evaluation, *, penalty: float, seed: int,
) -> Intervals | None:
    """How far figures could be others by chance; `outcome` with the predictions that were kept."""
    counts = slice(None) if outcome.counts.all() else outcome.counts
    return intervals(
        {name: metric for name, metric in metrics.items() if name not in outcome.undefined},
        y_true=outcome.y_true[counts], y_pred=outcome.y_pred[counts], losses=outcome.losses[counts],
        penalty=penalty, rng=Streams(seed).fresh("bootstrap"),
    )
