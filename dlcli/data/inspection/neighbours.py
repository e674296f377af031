"""Samples whose nearest neighbours all agree on another class: perhaps their label is wrong."""

from collections.abc import Iterator

import numpy as np

from dlcli.data.inspection.finding import Finding, Piece, Subject, Watcher, first_of, of

_MOST_SAMPLES, _MOST_NUMBERS = 5_000, 4_096  # what is compared with everything else must be small
_NEAR = 5
_BLOCK = 256


class Neighbours(Watcher):
    """Keeps the training split where it is small, and compares every sample with every other one."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        spec, count = subject.spec, len(subject.parts["train"])
        self._on = (
            subject.classes and spec.tokens is None and spec.forcing is None
            and 4 * _NEAR <= count <= _MOST_SAMPLES and int(np.prod(spec.input_shape)) <= _MOST_NUMBERS
        )
        self._kept: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def see(self, piece: Piece) -> None:
        """Keeps training samples."""
        if self._on and piece.part == "train" and piece.labels is not None:
            x = piece.x.reshape(len(piece.x), -1).astype(np.float32)
            self._kept.append((piece.rows, x, piece.labels))

    def findings(self) -> Iterator[Finding]:
        """One note, with the rows."""
        if not self._kept:
            return
        rows, x, labels = map(np.concatenate, zip(*self._kept, strict=True))
        if len(x) <= 4 * _NEAR or not np.isfinite(x).all():
            return
        x -= x.mean(axis=0)
        if not self.subject.spec.image:  # columns of different units; pixels have all the same
            x /= np.maximum(x.std(axis=0), 1e-12)
        near = labels[_nearest(x)]
        alone = np.flatnonzero((near == near[:, :1]).all(axis=1) & (near[:, 0] != labels))
        if len(alone):
            names = self.subject.spec.target.labels
            first = alone[0]
            yield Finding(
                level="note", check="noise", split="train", count=len(alone), examples=first_of(rows[alone]),
                message=f"{of(len(alone), len(x), 'samples')} are of another class than all {_NEAR} samples that are "
                f"nearest to them: row {rows[first]} is {names[labels[first]]!r} among {names[near[first, 0]]!r}",
                hint="look whether these labels are right",
            )


def _nearest(x: np.ndarray) -> np.ndarray:
    """(N, _NEAR): for each sample the others that are nearest to it."""
    squares = np.einsum("nc,nc->n", x, x)
    found = np.empty((len(x), _NEAR), np.intp)
    for start in range(0, len(x), _BLOCK):
        block = slice(start, min(start + _BLOCK, len(x)))
        distances = squares - 2 * (x[block] @ x.T)  # but for a number that is the same for all
        distances[np.arange(block.stop - start), np.arange(start, block.stop)] = np.inf
        found[block] = np.argpartition(distances, _NEAR, axis=1)[:, :_NEAR]
    return found
