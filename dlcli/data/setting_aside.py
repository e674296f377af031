"""Which samples are for training, for validation and for the test, as the keys of a data set say."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from dlcli.core.dataset import DataEnv, Dataset, Fold, Split, Splits
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec
from dlcli.data import grouped, in_order, stratified
from dlcli.data.classes import classes_of, one_class_each
from dlcli.data.splits import parted, set_aside, set_aside_last
from dlcli.errors import DataError

_Turn = tuple[np.ndarray, np.ndarray]  # positions to train on, positions to validate on
_TEST, _VALIDATION, _FOLDS = 0, 1, 2  # numbers of the random streams, so that one split does not move the other
_FAR = 0.05  # of all samples: by how much groups or days may miss a share before it is said


def divide(used: Dataset, splits: Splits, env: DataEnv) -> Splits:
    """What the data brings, or what is drawn from it. The test is drawn first.

    Raises DataError where a split would be empty, and where the samples cannot be drawn as the keys say.
    """
    train, validation, test = splits.train, splits.validation, splits.test
    for key, wanted, own in (
        ("test_split", used.test_split, test), ("validation_split", used.validation_split, validation),
        ("fold", used.fold, validation),
    ):
        if wanted and own is not None:
            raise DataError(
                f"the data brings {len(own)} samples for this split; none can be drawn beside them",
                where=f"dataset.{key}", hint=f"take {key} out",
            )
    way, streams = _way(used, splits, env.warn), Streams(env.seed)
    if used.test_split:
        train, test = way.part(train, used.test_split, streams.fresh("split", _TEST), key="test_split")
    if used.validation_split:
        rng = streams.fresh("split", _VALIDATION)
        train, validation = way.part(train, used.validation_split, rng, key="validation_split")
    if used.fold is not None:
        train, validation = way.fold(train, used.fold, streams.fresh("split", _FOLDS))
    return Splits(spec=splits.spec, train=train, validation=validation, test=test)


@dataclass(frozen=True)
class _Way:
    """How samples are drawn: at random, by classes, by groups, or the latest ones."""

    spec: DataSpec
    stratify: bool
    spacing: int
    groups: np.ndarray | None
    times: np.ndarray | None
    is_input: bool
    warn: Callable[[str], None]

    def part(self, split: Split, share: float, rng: "np.random.Generator", *, key: str) -> tuple[Split, Split]:
        """(what is kept, what is set aside)."""
        if self.spacing:
            return set_aside_last(split, share, self.spacing, key=key)
        if self.times is not None:
            aside, why = in_order.latest(self.times[split.rows], share), "a point in time is not divided"
        elif self.groups is not None:
            labels = self._labels(split, self.stratify)
            aside, why = grouped.draw(self.groups[split.rows], labels, share, rng), "a group is not divided"
        elif self.stratify:
            labels = self._labels(split, True)
            aside, why = stratified.draw(labels, share, rng), "the last sample of a class stays in training"
        else:
            return set_aside(split, share, rng, key=key)
        kept, taken = parted(split, aside)
        if not len(kept) or not len(taken):
            raise DataError(
                f"{share:g} of {len(split)} samples leaves {'the split' if len(kept) else 'the training split'} empty; "
                f"both need at least one sample, and {why}", where=f"dataset.{key}",
                hint=f"change {key}, give more data, or draw in another way",
            )
        if abs(len(taken) / len(split) - share) > _FAR:
            self.warn(
                f"dataset.{key}: {len(taken):,} of {len(split):,} samples are set aside, "
                f"{len(taken) / len(split):.0%} in place of {share:.0%}, since {why}"
            )
        return kept, taken

    def fold(self, split: Split, fold: Fold, rng: "np.random.Generator") -> tuple[Split, Split]:
        """(what is trained on, what is validated on) in this turn. All turns are looked at, so that the first one
        tells what would stop a later one.
        """
        labels = self._labels(split, one_class_each(self.spec))
        turns = self._in_order(split, fold.of) if self._ordered else self._drawn(split, fold.of, labels, rng)
        chosen = (split.rows, split.rows)
        for number, (kept, held) in enumerate(turns, 1):
            if not len(kept) or not len(held):
                raise DataError(
                    f"{len(split):,} samples cannot be cut into {fold.of} parts: there is nothing to "
                    f"{'train on beside' if len(held) else 'validate on in'} part {number}", where="dataset.fold",
                    hint=f"ask for fewer folds, or give more {'samples' if self.groups is None else 'groups'}",
                )
            unseen = np.setdiff1d(labels[held], labels[kept])
            if len(unseen) and not self.is_input:
                raise DataError(
                    f"where part {number} of {fold.of} validates, training sees no sample of class "
                    f"'{self.spec.target.labels[unseen[0]]}', of which there are "
                    f"{np.count_nonzero(labels == unseen[0]):,} in {len(split):,}", where="dataset.fold",
                    hint="give more samples of the class, or leave it out",
                )
            if number == fold.number:
                chosen = (split.rows[kept], split.rows[held])
        return replace(split, rows=chosen[0]), replace(split, rows=chosen[1])

    @property
    def _ordered(self) -> bool:
        return self.spacing > 0 or self.times is not None

    def _in_order(self, split: Split, of: int) -> Iterator[_Turn]:
        times = split.rows if self.times is None else self.times[split.rows]
        for number in range(1, of + 1):
            yield in_order.fold(times, number, of, self.spacing)

    def _drawn(self, split: Split, of: int, labels: np.ndarray, rng: "np.random.Generator") -> Iterator[_Turn]:
        if self.groups is None:
            parts = stratified.folds(labels, of, rng)
        else:
            parts = grouped.folds(self.groups[split.rows], labels, of, rng)
        for number in range(of):
            yield np.flatnonzero(parts != number), np.flatnonzero(parts == number)

    def _labels(self, split: Split, by_class: bool) -> np.ndarray:
        """Class numbers of the samples; all 0 where classes do not matter."""
        return classes_of(split, self.spec) if by_class else np.zeros(len(split), np.intp)


def _way(used: Dataset, splits: Splits, warn: Callable[[str], None]) -> _Way:
    if used.stratify and not one_class_each(splits.spec):
        found = "numbers" if splits.spec.target.kind == "numbers" else "classes, one for each place of a sequence"
        raise DataError(
            f"samples can be drawn by class where each has one; the targets are {found}", where="dataset.stratify",
            hint="take stratify out",
        )
    for name, values in (("group", splits.groups), ("time", splits.times)):
        if values is not None and len(values) != len(splits.train.x):
            raise DataError(
                f"expected one value for each of {len(splits.train.x)} training samples; found {len(values)}",
                where=f"dataset.{name}", hint="write both again from the same rows",
            )
    return _Way(
        splits.spec, used.stratify, used.spacing, splits.groups, splits.times, is_input=used.autoencode, warn=warn,
    )
