"""Drawing samples class by class, so that every split has the same mixture of classes."""

import numpy as np

_TINY = 1e-9  # what rounding may add to a share of a count


def draw(labels: np.ndarray, share: float, rng: "np.random.Generator") -> np.ndarray:
    """Which samples are set aside: (N,) bool, of every class `share` to within one sample, and `share` of all.

    labels: (N,) class numbers. The last sample of a class is never drawn: training must see each class.
    """
    counts = np.bincount(labels)
    exact = counts * share
    least = np.floor(exact + _TINY).astype(np.intp)
    most = np.maximum(np.minimum(np.ceil(exact - _TINY).astype(np.intp), counts - 1), 0)
    taken = np.minimum(least, most)
    # What is still missing comes from the classes that rounding took most from; where they are equal, by lot.
    lot = rng.permutation(len(counts))
    nearest = lot[np.argsort((taken - exact)[lot], kind="stable")]
    nearest = nearest[taken[nearest] < most[nearest]]
    taken[nearest[:max(0, round(len(labels) * share) - int(taken.sum()))]] += 1
    return ranks(labels, rng) < taken[labels]


def folds(labels: np.ndarray, of: int, rng: "np.random.Generator") -> np.ndarray:
    """The part of each sample: (N,) from 0 to `of` - 1. Parts are equally large, overall and in each class, to within
    one sample. labels: (N,) class numbers, all 0 where there are no classes.
    """
    first = np.concatenate([[0], np.cumsum(np.bincount(labels))[:-1]])
    return (first[labels] + ranks(labels, rng)) % of


def ranks(labels: np.ndarray, rng: "np.random.Generator") -> np.ndarray:
    """The place of each sample among those of its class, in random order: (N,) from 0."""
    mixed = rng.permutation(len(labels))
    order = mixed[np.argsort(labels[mixed], kind="stable")]
    first = np.concatenate([[0], np.cumsum(np.bincount(labels))[:-1]])
    found = np.empty(len(labels), np.intp)
    found[order] = np.arange(len(labels)) - first[labels[order]]
    return found
