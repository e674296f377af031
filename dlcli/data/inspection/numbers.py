"""Targets that are numbers: whether they vary, and whether training has seen the like."""

from collections.abc import Iterator

import numpy as np

from dlcli.data.inspection.finding import Finding, Piece, Subject, Watcher, first_of, of


class Numbers(Watcher):
    """Looks at the bounds of targets that are numbers."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._on = subject.spec.target.kind == "numbers" and not subject.spec.target.is_input
        self._low: np.ndarray | float = np.inf
        self._high: np.ndarray | float = -np.inf
        self._outside: dict[str, list[np.ndarray]] = {}

    def see(self, piece: Piece) -> None:
        """The training split comes first, and sets the bounds."""
        if not self._on:
            return
        y = piece.y.reshape(len(piece.y), -1)
        if piece.part == "train":
            self._low = np.minimum(self._low, np.fmin.reduce(y, axis=0))
            self._high = np.maximum(self._high, np.fmax.reduce(y, axis=0))
        else:
            outside = ((y < self._low) | (y > self._high)).any(axis=1)
            self._outside.setdefault(piece.part, []).append(piece.rows[outside])

    def findings(self) -> Iterator[Finding]:
        """A target that never changes is an error."""
        if not self._on:
            return
        constant = np.atleast_1d(self._low == self._high)
        if constant.all():
            yield Finding(
                level="error", check="target", split="train", count=len(self.subject.parts["train"]),
                message=f"all targets are {float(np.atleast_1d(self._low)[0]):.6g}: there is nothing to learn",
                hint="is it the right column?",
            )
        for part, found in self._outside.items():
            rows = np.concatenate(found)
            if len(rows):
                yield Finding(
                    level="note", check="target", split=part, count=len(rows), examples=first_of(rows),
                    message=f"{of(len(rows), len(self.subject.parts[part]), 'samples')} have targets beyond all that "
                    "training has", hint="models are poor at going beyond what they have seen",
                )
