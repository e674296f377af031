"""Drawing whole groups of samples, such as all that come from one patient."""

from collections.abc import Sequence

import numpy as np

Pairs = Sequence[tuple[int, int]]
"""The classes of a group, each with the number of its samples."""


def draw(groups: np.ndarray, labels: np.ndarray, share: float, rng: "np.random.Generator") -> np.ndarray:
    """Which samples are set aside: (N,) bool; whole groups, in random order, each where it brings the classes nearer
    to their `share`. At least one group is set aside and one is kept, where there are two.

    groups: (N,) of any values; labels: (N,) class numbers, all 0 where only the number of samples counts.
    """
    known = _Groups(groups, labels)
    excess = [-share * total for total in known.totals]
    chosen = np.zeros(len(known.sizes), bool)
    order = rng.permutation(len(known.sizes))
    for group in order.tolist():
        pairs = known.pairs[group]
        if known.further(pairs, excess) < 0:
            chosen[group] = True
            for label, count in pairs:
                excess[label] += count
    if len(chosen) > 1 and chosen.all() == chosen.any():  # all of them, or none: the smallest changes sides
        chosen[order[np.argmin(known.sizes[order])]] ^= True
    return chosen[known.numbers]


def folds(groups: np.ndarray, labels: np.ndarray, of: int, rng: "np.random.Generator") -> np.ndarray:
    """The part of each sample: (N,) from 0 to `of` - 1. Each group is in one part; the largest are dealt first, each to
    the part that has least of its classes. groups, labels: as above.
    """
    known = _Groups(groups, labels)
    dealt, sizes = [[0.0] * len(known.totals) for _ in range(of)], [0] * of
    parts = np.empty(len(known.sizes), np.intp)
    order = rng.permutation(len(known.sizes))
    for group in order[np.argsort(-known.sizes[order], kind="stable")].tolist():
        pairs = known.pairs[group]
        _, _, part = min((known.further(pairs, dealt[k]), sizes[k], k) for k in range(of))
        parts[group] = part
        sizes[part] += int(known.sizes[group])
        for label, count in pairs:
            dealt[part][label] += count
    return parts[known.numbers]


class _Groups:
    """Groups, as plain numbers: a loop over many small ones is faster so than with arrays of two or three numbers.

    `numbers`: (N,) the group of each sample, `sizes` of the groups, `pairs` of each, `totals` of the classes.
    """

    def __init__(self, groups: np.ndarray, labels: np.ndarray) -> None:
        _, self.numbers = np.unique(groups, return_inverse=True)
        self.sizes = np.bincount(self.numbers)
        self.totals: list[int] = np.maximum(np.bincount(labels), 1).tolist()
        found, counts = np.unique(self.numbers * len(self.totals) + labels, return_counts=True)
        self.pairs: list[list[tuple[int, int]]] = [[] for _ in self.sizes]
        for group, label, count in zip(
            (found // len(self.totals)).tolist(), (found % len(self.totals)).tolist(), counts.tolist(), strict=True,
        ):
            self.pairs[group].append((label, count))

    def further(self, pairs: Pairs, excess: Sequence[float]) -> float:
        """By how much a group adds to the sum of excess^2 / total over the classes."""
        totals = self.totals
        return sum([count * (2 * excess[label] + count) / totals[label] for label, count in pairs])
