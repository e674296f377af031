"""How many samples there are of what."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from dlcli.data.inspection.finding import Finding, Piece, Subject, Watcher, first_of, listed, of

_UNEVEN = 10  # times that the commonest class may outnumber the rarest before figures such as accuracy mislead
_SHIFT = 0.1  # of the samples: how far the shares of the classes may differ between splits
_FEW, _SOME = 20, 100  # samples of a split


class Balance(Watcher):
    """Counts samples and classes."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject)
        self.counts: dict[str, np.ndarray] = {}
        self._rows: dict[str, list[np.ndarray]] = defaultdict(list)
        self._labels: dict[str, list[np.ndarray]] = defaultdict(list)

    def see(self, piece: Piece) -> None:
        """Takes note of the classes."""
        if piece.labels is None:
            return
        found = np.bincount(piece.labels.ravel(), minlength=self.subject.spec.target.classes)
        self.counts[piece.part] = self.counts.get(piece.part, 0) + found
        if self.subject.classes:
            self._rows[piece.part].append(piece.rows)
            self._labels[piece.part].append(piece.labels.astype(np.int32))

    def findings(self) -> Iterator[Finding]:
        """What cannot be learned or tested, then what is uneven, then what is small."""
        if self.subject.classes and "train" in self.counts:
            yield from self._classes(self.counts["train"])
        for part, split in self.subject.parts.items():
            yield from self._size(part, len(split))

    def _classes(self, trained: np.ndarray) -> Iterator[Finding]:
        names = self.subject.spec.target.labels
        there = np.flatnonzero(trained)
        if len(there) < 2:
            yield Finding(
                level="error", check="classes", split="train", count=int(trained.sum()),
                message=f"all {trained.sum():,} samples are of class {listed([names[k] for k in there])}: there is "
                "nothing to be told apart", hint="give samples of other classes too",
            )
        absent = [names[k] for k in np.flatnonzero(trained == 0)]
        if absent and len(there) > 1:
            yield Finding(
                level="warning", check="classes", split="train", count=len(absent),
                message=f"{len(absent):,} of {len(names):,} classes have no sample: {listed(absent)}",
                hint="the model has outputs for them that it never learns; leave them out of dataset.classes",
            )
        rarest, commonest = there[np.argmin(trained[there])], np.argmax(trained)
        if trained[commonest] >= _UNEVEN * trained[rarest] and len(there) > 1:
            yield Finding(
                level="warning", check="balance", split="train", count=int(trained[rarest]),
                message=f"classes are imbalanced: {names[rarest]!r} has "
                f"{of(int(trained[rarest]), int(trained.sum()), 'samples')}, {names[commonest]!r} has "
                f"{trained[commonest]:,}: always to answer {names[commonest]!r} is right "
                f"{100 * trained[commonest] / trained.sum():.3g} % of the time",
                hint="look at balanced_accuracy or f1; training.class_weight gives rare classes more weight",
            )
        for part, counts in self.counts.items():
            if part != "train":
                yield from self._against(part, counts, trained)

    def _against(self, part: str, counts: np.ndarray, trained: np.ndarray) -> Iterator[Finding]:
        names, total = self.subject.spec.target.labels, int(counts.sum())
        unseen = np.flatnonzero((counts > 0) & (trained == 0))
        drawn = part in self.subject.drawn
        if len(unseen):
            rows, labels = np.concatenate(self._rows[part]), np.concatenate(self._labels[part])
            at = np.flatnonzero(np.isin(labels, unseen))
            yield Finding(
                level="error", check="classes", split=part, count=len(at), examples=first_of(rows[at]),
                message=f"{of(len(at), total, 'samples')} are of classes that training has none of: "
                f"{listed([names[k] for k in unseen])}",
                hint="dataset.stratify: true leaves training some of each class" if drawn else
                "give training samples of these classes, or take those out",
            )
        absent = [names[k] for k in np.flatnonzero((counts == 0) & (trained > 0))]
        if absent:
            yield Finding(
                level="warning", check="classes", split=part, count=len(absent),
                message=f"{len(absent):,} of {np.count_nonzero(trained):,} classes have no sample: {listed(absent)}; "
                "its figures say nothing about them",
                hint="give more samples" + (", or set dataset.stratify: true" if drawn else ""),
            )
        gap = counts / total - trained / max(1, trained.sum())
        if np.abs(gap).sum() / 2 > _SHIFT and total >= _SOME:
            most = int(np.argmax(np.abs(gap)))
            yield Finding(
                level="note", check="balance", split=part, count=total,
                message=f"classes have other shares than in training: {names[most]!r} has {counts[most] / total:.1%} "
                f"here, {trained[most] / max(1, trained.sum()):.1%} there",
                hint="set dataset.stratify: true" if drawn else "is it from the same source?",
            )

    def _size(self, part: str, count: int) -> Iterator[Finding]:
        if part == "train":
            if count < _FEW:
                yield Finding(
                    level="warning", check="size", split=part, count=count,
                    message=f"there are {count:,} samples to learn from", hint="give more samples",
                )
        elif count < _SOME:
            # Where nine of ten are right, the figure of n samples is uncertain by 2 sqrt(0.9 * 0.1 / n).
            yield Finding(
                level="warning" if count < _FEW else "note", check="size", split=part, count=count,
                message=f"one of its {count:,} samples is {100 / count:.3g} points of accuracy; 90 % right may as well "
                f"be {max(0, 90 - 60 / count**0.5):.0f} or {min(100, 90 + 60 / count**0.5):.0f} %"
                if self.subject.classes else f"figures of {count:,} samples say little of others",
                hint="set aside more; `dlcli train --folds 5` lets every sample count",
            )
