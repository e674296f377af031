"""What an inspection finds, and the contract of what looks for it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dlcli.core.dataset import Split
from dlcli.core.target import DataSpec

MOST = 5
"""How many examples are named."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is wrong (`error`), that probably is (`warning`), or that is good to know (`note`).

    `check` is what was looked for, `split` where (empty: in all). `count` says how many samples, columns or classes it
    is about; `examples` are the rows of the first ones, counted from 0 as the data has them, and `same_as` the row of
    the split that the message names, or else of this one, that each of them is like.
    """

    level: Literal["error", "warning", "note"]
    check: str
    message: str
    split: str = ""
    count: int = 0
    examples: tuple[int, ...] = ()
    same_as: tuple[int, ...] = ()
    hint: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        same = {"same_as": list(self.same_as)} if self.same_as else {}
        return {
            "level": self.level, "check": self.check, "split": self.split, "message": self.message,
            "count": self.count, "examples": list(self.examples), **same, "hint": self.hint,
        }


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is inspected. `parts`: the splits that there are, the training split first.

    `drawn`: splits that dlcli drew itself. `classes`: every sample has one class, and that is what is to be learned.
    `ordered`: samples overlap, being windows over a series or a text. `has_groups`: `dataset.group` is a key of this
    kind of data. `columns`: names of the numbers of a sample, or
    of the features of a step; empty where places are no columns, such as the pixels of an image.
    """

    spec: DataSpec
    parts: dict[str, Split]
    drawn: frozenset[str]
    classes: bool
    ordered: bool
    columns: tuple[str, ...]
    has_groups: bool


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some samples of a split, in order. `labels`: class numbers where the subject has classes, else None."""

    part: str
    rows: np.ndarray
    x: np.ndarray
    y: np.ndarray
    labels: np.ndarray | None


class Watcher(ABC):
    """Looks at all samples of all splits once, piece by piece, and then says what it found."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    @abstractmethod
    def see(self, piece: Piece) -> None:
        """Takes note of some samples; their arrays are not to be kept."""
        raise NotImplementedError

    @abstractmethod
    def findings(self) -> Iterator[Finding]:
        """What was found, when all samples were seen."""
        raise NotImplementedError


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors, then warnings, then notes; otherwise in their order."""
    levels = ("error", "warning", "note")
    return tuple(sorted(findings, key=lambda finding: levels.index(finding.level)))


def first_of(rows: np.ndarray) -> tuple[int, ...]:
    """The first rows as examples."""
    return tuple(rows[:MOST].tolist())


def listed(names: list[str], most: int = MOST) -> str:
    """`'a', 'b', 'c' and 7 more`."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + more


def of(count: int, total: int, what: str) -> str:
    """`3 of 120 samples (2.5 %)`."""
    share = 100 * count / total
    shown = "100" if count == total else f"{min(share, 99.9):.{3 if share > 99 else 2}g}"  # only all of them are 100 %
    return f"{count:,} of {total:,} {what} ({shown} %)"
