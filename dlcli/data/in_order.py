"""Splits of samples that have a time: the latest ones are set aside, and no point in time is in two splits."""

import numpy as np


def latest(times: np.ndarray, share: float) -> np.ndarray:
    """Which samples are set aside: (N,) bool, all from one point in time on, as near to `share` of them as can be."""
    order = np.argsort(times, kind="stable")
    at = _boundary(times[order], len(times) - round(len(times) * share))
    aside = np.zeros(len(times), bool)
    aside[order[at:]] = True
    return aside


def fold(times: np.ndarray, number: int, of: int, spacing: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """(trained on, validated on): positions of samples, ascending, when in the order of time they are cut into `of` + 1
    parts, counted from 0: part `number` is validated on, and what comes before it is trained on.

    Of samples that share values with their neighbours those are left out that lie less than `spacing` before the part.
    """
    order = np.argsort(times, kind="stable")
    ends = [_boundary(times[order], round(len(times) * part / (of + 1))) for part in (number, number + 1)]
    if number == of:
        ends[1] = len(times)
    kept, held = order[:ends[0]], order[ends[0]:ends[1]]
    if spacing > 1 and len(held):
        kept = kept[times[kept] <= times[held[0]] - spacing]
    return np.sort(kept), np.sort(held)


def _boundary(ordered: np.ndarray, at: int) -> int:
    """The place nearest to `at` where the time changes; 0 and the end are such places too."""
    if not 0 < at < len(ordered):
        return at
    before = int(np.searchsorted(ordered, ordered[at], "left"))
    after = int(np.searchsorted(ordered, ordered[at], "right"))
    return before if at - before <= after - at else after
