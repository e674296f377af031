"""Values that no model can learn from: NaN, infinity, pictures of one colour; splits on different scales."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from dlcli.data.inspection.finding import Finding, Piece, Subject, Watcher, first_of, listed, of

_APART = 20.0  # times that the values of one split may be larger than those of another


class Values(Watcher):
    """Looks at every number."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self._bad: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
        self._places: dict[str, np.ndarray] = {}
        self._blank: dict[str, list[np.ndarray]] = defaultdict(list)
        self._size: dict[str, float] = defaultdict(float)

    def see(self, piece: Piece) -> None:
        """Counts by sample, and by column where there are columns."""
        for name, a in (("x", piece.x), ("y", piece.y)):
            if a.dtype.kind != "f":
                continue
            wrong = ~np.isfinite(a)
            if wrong.any():
                self._bad[piece.part, name].append(piece.rows[wrong.reshape(len(a), -1).any(axis=1)])
                if name == "x" and self.subject.columns:
                    found = wrong.reshape(-1, len(self.subject.columns)).any(axis=0)
                    self._places[piece.part] = self._places.get(piece.part, False) | found
        flat = piece.x.reshape(len(piece.x), -1)
        if self.subject.spec.image:
            self._blank[piece.part].append(piece.rows[flat.min(axis=1) == flat.max(axis=1)])
        if flat.dtype.kind == "f":
            flat = np.where(np.isfinite(flat), flat, 0)
        self._size[piece.part] = max(self._size[piece.part], -float(flat.min()), float(flat.max()))

    def findings(self) -> Iterator[Finding]:
        """Errors first."""
        for (part, name), found in self._bad.items():
            rows = np.concatenate(found)
            columns = [self.subject.columns[k] for k in np.flatnonzero(self._places.get(part, []))]
            where = f", in column(s) {listed(columns)}" if name == "x" and columns else ""
            what = "inputs" if name == "x" else "targets"
            yield Finding(
                level="error", check="values", split=part, count=len(rows), examples=first_of(rows),
                message=f"{of(len(rows), len(self.subject.parts[part]), 'samples')} have {what} that are NaN or "
                f"infinite{where}", hint="remove those samples, or fill the gaps",
            )
        for part, found in self._blank.items():
            rows = np.concatenate(found)
            if len(rows):
                yield Finding(
                    level="warning", check="images", split=part, count=len(rows), examples=first_of(rows),
                    message=f"{of(len(rows), len(self.subject.parts[part]), 'pictures')} are of one colour all over",
                    hint="look at them: were they cut off, or never written?",
                )
        trained = self._size.get("train", 0.0)
        for part, size in self._size.items():
            if self.subject.spec.tokens is None and min(size, trained) * _APART < max(size, trained):
                yield Finding(
                    level="warning", check="scale", split=part, count=len(self.subject.parts[part]),
                    message=f"its inputs reach to {size:.4g}, those of training to {trained:.4g}",
                    hint="was one of the two scaled, and the other not? dataset.preprocessing scales all splits alike",
                )
