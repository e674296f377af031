"""Drawing splits: which rows are set aside for validation and for the test."""

import numpy as np

from dlcli.core.dataset import Split
from dlcli.errors import DataError


def set_aside(split: Split, share: float, rng: np.random.Generator, *, key: str) -> tuple[Split, Split]:
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
    return (
        Split(x=split.x, y=split.y, rows=split.rows[~drawn]),
        Split(x=split.x, y=split.y, rows=split.rows[drawn]),
    )


def whole(x: np.ndarray, y: np.ndarray) -> Split:
    """All samples of x and y, in order."""
    return Split(x=x, y=y, rows=np.arange(len(x), dtype=np.intp))
