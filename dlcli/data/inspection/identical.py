"""Samples that are there more than once: across splits, within training, with one target or with several."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dlcli.data.inspection.finding import Finding, Piece, Subject, Watcher, first_of, of

_MANY = 0.1  # share of training from which on repetition is more than chance
_CHANCE = 0.01  # share of all samples below which what a draw has torn apart is chance, and not a mistake


class Identical(Watcher):
    """Knows each sample by two numbers of 64 bits, one for its input and one for its target.

    They come from a cryptographic hash: among ten million inputs two different ones are taken for the same with a
    probability of one in 300,000.
    """

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._seen: dict[str, list[_Known]] = defaultdict(list)

    def see(self, piece: Piece) -> None:
        """Hashes inputs, as numbers of the type that training has, and targets."""
        x = hashes(piece.x.astype(self.subject.spec.dtype, copy=False))
        y = hashes(piece.y if piece.labels is None else piece.labels.astype(np.int64))
        self._seen[piece.part].append(_Known(piece.rows, x, y))

    def findings(self) -> Iterator[Finding]:
        """Leakage between splits; then, within training, repetition and contradiction."""
        known = {part: _Known(*map(np.concatenate, zip(*seen, strict=True))) for part, seen in self._seen.items()}
        parts = list(known)
        for number, part in enumerate(parts):
            for other in parts[:number]:
                yield from self._leakage(part, other, known[part], known[other])
        if "train" in known:
            yield from self._repetition(*known["train"])

    def _leakage(self, part: str, other: str, mine: "_Known", known: "_Known") -> Iterator[Finding]:
        ours, theirs = self.subject.parts[part], self.subject.parts[other]
        if ours.x is theirs.x and np.array_equal(ours.rows, theirs.rows):
            yield Finding(
                level="warning", check="leakage", split=part, count=len(ours),
                message=f"it is the {other} split itself: figures say what was learned by heart",
            )
            return
        order = np.argsort(known.x, kind="stable")
        at = np.minimum(np.searchsorted(known.x, mine.x, sorter=order), len(order) - 1)
        found = np.flatnonzero(known.x[order[at]] == mine.x)
        if not len(found):
            return
        answered = np.isin(_pairs(mine.x[found], mine.y[found]), _pairs(known.x, known.y))
        otherwise = len(found) - int(np.count_nonzero(answered))
        told = f"; {otherwise:,} of them have another target there" if otherwise else ""
        if self.subject.ordered:
            hint = "a series that repeats itself is foretold by remembering it; a longer window tells more places apart"
        elif part in self.subject.drawn:
            hint = "take the duplicates out of the data" + (
                ", or name in dataset.group a column that they share: what is the same there stays in one split"
                if self.subject.has_groups else ""
            )
        else:
            hint = "take them out of one of the two splits: a model is right about them without having learned anything"
        total = sum(map(len, self.subject.parts.values()))
        by_chance = part in self.subject.drawn and len(found) < _CHANCE * total
        yield Finding(
            level="warning" if self.subject.ordered or by_chance else "error", check="leakage", split=part,
            count=len(found),
            message=f"{of(len(found), len(ours), 'samples')} are in the {other} split too{told}",
            examples=first_of(mine.rows[found]), same_as=first_of(known.rows[order[at[found]]]), hint=hint,
        )

    def _repetition(self, rows: np.ndarray, x: np.ndarray, y: np.ndarray) -> Iterator[Finding]:
        order = np.lexsort((np.arange(len(x)), y, x))
        new_x = np.r_[True, x[order[1:]] != x[order[:-1]]]
        new = new_x | np.r_[True, y[order[1:]] != y[order[:-1]]]
        repeated = len(x) - int(np.count_nonzero(new))
        if repeated and not self.subject.ordered:
            at = np.flatnonzero(~new)
            yield Finding(
                level="warning" if repeated >= _MANY * len(x) else "note", check="repetition", split="train",
                count=repeated,
                message=f"{of(repeated, len(x), 'samples')} are duplicates of another one, target and all",
                examples=first_of(rows[order[at]]), same_as=first_of(rows[order[at - 1]]),
                hint="they weigh as much as they are often; where splits are drawn, they may end up in two of them",
            )
        if not self.subject.classes:
            return
        inside = np.flatnonzero(new & ~new_x)  # the same input again, with another target
        if not len(inside):
            return
        counts = np.diff(np.r_[np.flatnonzero(new), len(x)])
        best = np.maximum.reduceat(counts, np.flatnonzero(new_x[new]))
        wrong = len(x) - int(best.sum())
        yield Finding(
            level="warning", check="noise", split="train", count=wrong,
            message=f"{of(wrong, len(x), 'samples')} have the input of another one and a different class: no model can "
            f"be right about more than {100 * best.sum() / len(x):.4g} % of them",
            examples=first_of(rows[order[inside]]), same_as=first_of(rows[order[inside - 1]]),
            hint="look at these labels; or what tells the samples apart is missing from the inputs",
        )


class _Known(NamedTuple):
    """Samples that were seen: their rows, and a number for the input and for the target of each."""

    rows: np.ndarray
    x: np.ndarray
    y: np.ndarray


def hashes(a: np.ndarray) -> np.ndarray:
    """A number of 64 bits for each sample of a: (N, ...); 0 and -0 are the same."""
    a = np.ascontiguousarray(a + 0.0 if a.dtype.kind == "f" else a)
    rows = a.reshape(len(a), -1).view(np.uint8)
    digests = (int.from_bytes(hashlib.blake2b(row.data, digest_size=8).digest(), "little") for row in rows)
    return np.fromiter(digests, np.uint64, len(a))


def _pairs(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """One number for input and target together."""
    return x ^ (y * np.uint64(0x9E3779B97F4A7C15))
