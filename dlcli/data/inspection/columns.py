"""Columns that say nothing, say what another one says, or say the answer."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from dlcli.data.inspection.finding import Finding, Piece, Subject, Watcher, listed

_MOST = 20_000  # columns; to compare more takes longer than to train
_FEW = 20  # samples, among which a column may go with the classes by chance
_SAME = 1e-9  # how little of a target's variance may be left to take it for given away


class Columns(Watcher):
    """Looks at the training split by column, where its samples have columns; at each feature of a step in a series."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._count = len(subject.columns) if len(subject.columns) <= _MOST else 0
        self._hashes = [hashlib.blake2b(digest_size=16) for _ in range(self._count)]
        self._low = np.full(self._count, np.inf)
        self._high = np.full(self._count, -np.inf)
        target = subject.spec.target
        by_class = subject.classes and target.classes * self._count <= 1 << 22
        self._by_class = np.full((2, target.classes, self._count), np.inf) if by_class else None
        one_number = target.kind == "numbers" and target.shape in ((), (1,)) and not target.is_input
        self._line = _Line(self._count) if one_number and len(subject.spec.input_shape) == 1 else None

    def see(self, piece: Piece) -> None:
        """Takes note of bounds, content, and how they go with the target."""
        if piece.part != "train" or not self._count:
            return
        x = piece.x.reshape(-1, self._count)
        x = x + 0.0 if x.dtype.kind == "f" else x
        self._low = np.minimum(self._low, x.min(axis=0))
        self._high = np.maximum(self._high, x.max(axis=0))
        for known, column in zip(self._hashes, np.ascontiguousarray(x.T), strict=True):
            known.update(column)
        if self._by_class is not None and piece.labels is not None and len(x) == len(piece.labels):
            order = np.argsort(piece.labels, kind="stable")
            labels, first = np.unique(piece.labels[order], return_index=True)
            for bound, values in zip(self._by_class, (x[order], -x[order].astype(np.float64)), strict=True):
                bound[labels] = np.minimum(bound[labels], np.minimum.reduceat(values, first, axis=0))
        if self._line is not None:
            self._line.add(x, piece.y.reshape(-1))

    def findings(self) -> Iterator[Finding]:
        """Constant columns, equal ones, those that give the target away."""
        names = self.subject.columns
        if len(names) > _MOST:
            yield Finding(
                level="note", check="columns", split="train", count=len(names),
                message=f"columns were not compared: there are {len(names):,}, more than {_MOST:,}",
            )
            return
        constant = self._low == self._high
        found = [names[k] for k in np.flatnonzero(constant)]
        if found:
            yield Finding(
                level="warning", check="columns", split="train", count=len(found),
                message=f"{len(found):,} of {len(names):,} columns are constant: {listed(found)}",
                hint="leave them out: nothing can be learned from them",
            )
        alike = defaultdict(list)
        for k in np.flatnonzero(~constant):
            alike[self._hashes[k].digest()].append(names[k])
        groups = [group for group in alike.values() if len(group) > 1]
        if groups:
            count = sum(len(group) - 1 for group in groups)
            yield Finding(
                level="warning", check="columns", split="train", count=count,
                message=f"{count:,} of {len(names):,} columns are duplicates of another one: "
                + "; ".join(" = ".join(map(repr, group[:3])) for group in groups[:3]),
                hint="keep one of each",
            )
        telling = [names[k] for k in np.flatnonzero(self._telling() & ~constant)]
        if telling and len(names) > 1:
            yield Finding(
                level="warning", check="target", split="train", count=len(telling),
                message=f"{len(telling):,} of {len(names):,} columns go with the target without an exception: "
                f"{listed(telling)}",
                hint="leave out what is known only once the answer is",
            )

    def _telling(self) -> np.ndarray:
        """Columns that have but one value within each class; or of which the target is a linear function."""
        told = np.zeros(self._count, bool)
        if self._by_class is not None and len(self.subject.parts["train"]) >= _FEW:
            low, high = self._by_class[0], -self._by_class[1]
            there = np.isfinite(low).any(axis=1)
            told |= (low[there] == high[there]).all(axis=0)
        if self._line is not None:
            told |= self._line.exact()
        return told


class _Line:
    """Sums that tell how much of the target's variance each column explains."""

    def __init__(self, columns: int) -> None:
        self._origin: tuple[np.ndarray, float] | None = None
        self._count = 0
        self._x, self._xx, self._xy = np.zeros((3, columns))
        self._y = self._yy = 0.0

    def add(self, x: np.ndarray, y: np.ndarray) -> None:
        """Sums over x: (n, columns) and y: (n,), measured from the first sample."""
        if self._origin is None:
            self._origin = x[0].astype(np.float64), float(y[0])
        dx, dy = x - self._origin[0], y - self._origin[1]
        self._count += len(x)
        self._x += dx.sum(axis=0)
        self._xx += np.einsum("nc,nc->c", dx, dx)
        self._xy += dy @ dx
        self._y += float(dy.sum())
        self._yy += float(dy @ dy)

    def exact(self) -> np.ndarray:
        """(columns,) bool: whether nothing of the target is left over; no column where there are few samples."""
        if self._count < _FEW:
            return np.zeros(len(self._x), bool)
        xx = self._xx - self._x**2 / self._count
        yy = self._yy - self._y**2 / self._count
        xy = self._xy - self._x * self._y / self._count
        with np.errstate(all="ignore"):
            return np.asarray((xy * xy > (1 - _SAME) * xx * yy) & (xx > 0) & (yy > 0))
