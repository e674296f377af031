"""Figures of how well scores put the samples of a class before all others: roc_auc, average_precision."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from dlcli.core.memory import Memory
from dlcli.core.metric import check_classes, true_classes
from dlcli.core.split_metric import SplitMetric
from dlcli.core.target import Target


@dataclass(frozen=True, kw_only=True)
class Ranking(SplitMetric):
    """Base of the metrics that depend on the order of the scores alone, class by class."""

    undefined: ClassVar[str] = "all samples are of one class"

    average: Literal["macro", "weighted"] = "macro"

    @abstractmethod
    def score(self, inside: np.ndarray, outside: np.ndarray) -> float:
        """The figure of a class: `inside` and `outside` are the scores of its samples and of the others, sorted."""
        raise NotImplementedError

    @abstractmethod
    def of_draws(
        self, inside: np.ndarray, outside: np.ndarray, *, drawn_inside: np.ndarray, drawn_outside: np.ndarray,
    ) -> np.ndarray:
        """The figure of B splits, (B,); drawn_inside: (B, P) says how often each of the scores inside is in each."""
        raise NotImplementedError

    def check(self, target: Target) -> None:
        """Classes only."""
        check_classes(self, target)

    def compute(self, y_true: np.ndarray, y_pred: np.ndarray) -> float:
        """The figure of class 1 of two classes, or the average over the classes that can be judged."""
        K = y_pred.shape[-1]
        true = true_classes(y_true, y_pred, Memory(y_pred.dtype)).reshape(-1)
        scores = y_pred.reshape(-1, K)
        if not np.isfinite(scores).all():
            return float("nan")
        found, weights = [], []
        for k in [1] if K <= 2 else range(K):
            column, belongs = scores[:, min(k, K - 1)], true == k
            inside, outside = np.sort(column[belongs]), np.sort(column[~belongs])
            if len(inside) and len(outside):
                found.append(self.score(inside, outside))
                weights.append(len(inside) if self.average == "weighted" else 1)
        return float(np.average(found, weights=weights)) if found else float("nan")

    def of_weights(self, y_true: np.ndarray, y_pred: np.ndarray) -> Callable[[np.ndarray], np.ndarray] | None:
        """The figure: (B,) as a function of how often each sample is in B splits: (B, N); None for over two classes.

        Those would take a sort for each of them, too much for a thousand splits.
        """
        if y_pred.shape[-1] > 2:
            return None
        scores = y_pred.reshape(-1, y_pred.shape[-1])[:, -1]
        belongs = true_classes(y_true, y_pred, Memory(y_pred.dtype)).reshape(-1) == 1
        within, without = (side[np.argsort(scores[side])] for side in map(np.flatnonzero, (belongs, ~belongs)))

        def figures(weights: np.ndarray) -> np.ndarray:
            with np.errstate(invalid="ignore"):  # NaN where a split has one class alone
                return self.of_draws(
                    scores[within], scores[without],
                    drawn_inside=weights[:, within], drawn_outside=weights[:, without],
                )

        return figures


def below(draws: np.ndarray, scores: np.ndarray, others: np.ndarray, side: Literal["left", "right"]) -> np.ndarray:
    """How many of the drawn scores, (B, P), are less than each of `others`: (B, Q); with `right`, no greater.

    draws: (B, P) says how often each of `scores`: (P,), sorted, was drawn.
    """
    so_far = np.zeros((len(draws), draws.shape[1] + 1))
    np.cumsum(draws, axis=1, out=so_far[:, 1:])
    return so_far.take(np.searchsorted(scores, others, side), axis=1)
