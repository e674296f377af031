"""Drawing splits: which rows are set aside for validation and for the test."""

from dataclasses import replace

import numpy as np

from dlcli.core.dataset import Split
from dlcli.core.source import Content
from dlcli.errors import DataError


def set_aside(split: Split, share: float, rng: "np.random.Generator", *, key: str) -> tuple[Split, Split]:
    """(what is kept, what is set aside): `share` of the rows, drawn without replacement, in the order of the data.

    Raises DataError where either would be empty; `key` is the YAML key that asks for the share.
    """
    aside = round(len(split) * share)
    if not 0 < aside < len(split):
        left = "the split" if aside == 0 else "the training split"
        raise DataError(
            f"{share:g} of {len(split)} samples leaves {left} empty; both need at least one sample",
            where=f"dataset.{key}",
            hint=f"change {key}, or leave it out",
        )
    drawn = np.zeros(len(split), bool)
    drawn[rng.permutation(len(split))[:aside]] = True
    return parted(split, drawn)


def parted(split: Split, aside: np.ndarray) -> tuple[Split, Split]:
    """(what is kept, what is set aside), both in the order of the split; aside: (N,) bool."""
    return replace(split, rows=split.rows[~aside]), replace(split, rows=split.rows[aside])


def set_aside_last(split: Split, share: float, spacing: int, *, key: str) -> tuple[Split, Split]:
    """(what is kept, what is set aside): the last rows, and those that lie at least `spacing` before the first of them.

    Raises DataError where either would be empty.
    """
    aside = round(len(split) * share)
    last = split.rows[len(split) - aside:]
    kept = split.rows[split.rows <= last[0] - spacing] if aside else split.rows
    if not aside or not len(kept):
        raise DataError(
            f"{share:g} of {len(split)} samples leaves {'the training split' if aside else 'the split'} empty; both "
            "need at least one sample, and samples of different splits may not overlap", where=f"dataset.{key}",
            hint=f"change {key}, give more data, or shorten the samples",
        )
    return replace(split, rows=kept), replace(split, rows=last)


def whole(x: Content, y: Content, weights: np.ndarray | None = None) -> Split:
    """All samples of x and y, in order."""
    return Split(x=x, y=y, rows=np.arange(len(x), dtype=np.intp), weights=weights)
