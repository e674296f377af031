"""How far figures could be others by the luck of which samples are in a split: bootstrap confidence intervals."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from dlcli.core.from_means import FromMeans
from dlcli.core.memory import Memory
from dlcli.core.metric import Metric, predicted_classes, true_classes
from dlcli.metrics._counts import Counts
from dlcli.metrics._ranking import Ranking

LEVEL = 0.95
FEWEST = 30
"""Samples below which an interval says more of chance than of the model."""
_RESAMPLES, _FEWEST_RESAMPLES = 1000, 200
_DRAWS = 20_000_000  # of all resamples together, as far as the fewest resamples allow: half a second
_MOST_TERMS, _MOST_RANKED = 300, 100_000  # columns of a metric; samples whose order it takes time to draw
_AT_ONCE = 200_000  # numbers at a time, which a cache holds


class Intervals(NamedTuple):
    """`bounds`: (low, high) by figure; between them lie `level` of the figures of `resamples` splits drawn from one."""

    level: float
    resamples: int
    bounds: dict[str, tuple[float, float]]


def intervals(
    metrics: Mapping[str, Metric],
    *,
    y_true: np.ndarray,
    y_pred: np.ndarray,
    losses: np.ndarray,
    penalty: float,
    rng: "np.random.Generator",
) -> Intervals | None:
    """Percentile intervals of the loss and of all metrics that can be had for many splits at once, in little time.

    Each split is as large as the given one and drawn from it, samples put back. y_true as `Target` says, y_pred:
    (N, ...), losses: (N,); `penalty` is part of every loss. None where there are too few samples.
    Source: Efron and Tibshirani, "An introduction to the bootstrap", 1993.
    """
    N = len(losses)
    if N < FEWEST:
        return None
    count = int(np.clip(_DRAWS // N, _FEWEST_RESAMPLES, _RESAMPLES))
    drawn: dict[str, list[np.ndarray]] = {}
    of_weights = _of_weights(metrics, y_true, y_pred)
    for weights in _weights(N, count, rng):
        drawn.setdefault("loss", []).append(weights @ losses / N + penalty)
        for name, figures in of_weights.items():
            drawn.setdefault(name, []).append(figures(weights))
    of_counts = {name: metric for name, metric in metrics.items() if isinstance(metric, Counts)}
    if of_counts:
        memory = Memory(y_pred.dtype)
        true, predicted = true_classes(y_true, y_pred, memory), predicted_classes(y_pred, memory)
        for counts in _counts(true, predicted, max(y_pred.shape[-1], 2), count, rng):
            for name, metric in of_counts.items():
                drawn.setdefault(name, []).append(metric.of_counts(*counts))
    bounds = {name: _bounds(np.concatenate(drawn[name])) for name in ("loss", *metrics) if name in drawn}
    return Intervals(LEVEL, count, {name: found for name, found in bounds.items() if found is not None})


def _of_weights(
    metrics: Mapping[str, Metric], y_true: np.ndarray, y_pred: np.ndarray,
) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """Figures: (B,) as functions of how often each sample is in B splits: (B, N)."""
    found: dict[str, Callable[[np.ndarray], np.ndarray]] = {}
    for name, metric in metrics.items():
        if isinstance(metric, FromMeans):
            terms = metric.terms(y_true, y_pred)
            if terms.shape[1] <= _MOST_TERMS:
                found[name] = partial(_of_terms, metric, terms)
        elif isinstance(metric, Ranking) and len(y_true) <= _MOST_RANKED:
            of_order = metric.of_weights(y_true, y_pred)
            if of_order is not None:
                found[name] = of_order
    return found


def _of_terms(metric: FromMeans, terms: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return metric.of_means(weights @ terms / len(terms))


def _weights(N: int, count: int, rng: "np.random.Generator") -> Iterator[np.ndarray]:
    """How often each of N samples is in each of `count` splits: (B, N), some splits at once."""
    for start in range(0, count, _block(N)):
        drawn = rng.integers(0, N, (min(_block(N), count - start), N), dtype=np.int32)
        weights = np.empty(drawn.shape)
        for split, numbers in zip(weights, drawn, strict=True):
            split[...] = np.bincount(numbers, minlength=N)
        yield weights


def _block(size: int) -> int:
    """How many splits to draw at once where each takes `size` numbers."""
    return max(1, _AT_ONCE // size)


def _counts(
    true: np.ndarray, predicted: np.ndarray, K: int, count: int, rng: "np.random.Generator",
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of `count` drawn splits, some at once, how often each class was rightly found, predicted, true: (B, K) each.

    To draw how many samples fall into each cell of the confusion matrix is the same as to draw samples, and far less.
    """
    cells, sizes = np.unique(true.astype(np.int64) * K + predicted, return_counts=True)
    N, rows, columns = int(sizes.sum()), cells // K, cells % K
    block = _block(len(cells))
    for start in range(0, count, block):
        drawn = rng.multinomial(N, sizes / N, size=min(block, count - start)).astype(np.float64)
        yield _by_class(drawn * (rows == columns), rows, K), _by_class(drawn, columns, K), _by_class(drawn, rows, K)


def _by_class(drawn: np.ndarray, classes: np.ndarray, K: int) -> np.ndarray:
    """Sums: (B, K) of the cells: (B, cells) of each class."""
    order = np.argsort(classes, kind="stable")
    starts = np.flatnonzero(np.diff(classes[order], prepend=-1))
    sums = np.zeros((len(drawn), K))
    sums[:, classes[order][starts]] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return sums


def _bounds(figures: np.ndarray) -> tuple[float, float] | None:
    """What lies in the middle; None where the figure is not defined for more splits than are cut off anyway."""
    defined = figures[np.isfinite(figures)]
    if len(defined) < LEVEL * len(figures):
        return None
    low, high = np.quantile(defined, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
