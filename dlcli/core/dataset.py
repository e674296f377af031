"""The contract of data sets."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from dlcli.core.augmentation import Augmentation
from dlcli.core.component import Component, Keys
from dlcli.core.fields import AsTuple, PositiveInt, Rate
from dlcli.core.source import Content
from dlcli.core.target import DataSpec
from dlcli.core.transform import Transform
from dlcli.errors import DataUnavailableError

_PACKAGE_DATA = Path(__file__).resolve().parents[1] / "data"


@dataclass(frozen=True)
class Split:
    """Samples: x: (N, *input_shape) as stored, y: (N, ...); `rows` are those that belong to the split, in order.

    Either may be an array, or a source of samples that are read where they are needed. `weights`: (N,), how much each
    of the N samples counts in training, 1 where there are none.
    """

    x: Content
    y: Content
    rows: np.ndarray
    weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Splits:
    """A loaded data set. `validation` or `test` is None where the data has none of its own.

    `groups` and `times` are for drawing splits, (N,) with a value for every sample of `train.x`: samples of one group
    stay together; of samples with times the latest ones are set aside. `skipped` counts what the data holds and no
    split does, by the reason; the run records it.
    """

    spec: DataSpec
    train: Split
    validation: Split | None = None
    test: Split | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Fold(Keys):
    """One turn of a cross-validation: of all samples but the test's, cut into `of` parts, part `number` validates.

    `number` counts from 1. `dlcli train --folds 5` sets this for each of five runs.
    """

    number: PositiveInt
    of: Annotated[int, Field(ge=2)]

    def __post_init__(self) -> None:
        if self.number > self.of:
            raise ValueError(f"number must be at most of, {self.of}, the first being 1; found {self.number}")


@dataclass(frozen=True, kw_only=True)
class DataEnv:
    """Where data comes from: all that a data set may know of its surroundings.

    `data_dir` is searched first for data sets of known content (None: not set), `cache_dir` holds what was fetched,
    `offline` forbids the network, `bases` are the folders against which a relative path resolves, in order,
    `seed` is the run's, for made data without a seed of its own, `warn` shows a warning to the user.
    """

    data_dir: Path | None
    cache_dir: Path
    offline: bool
    bases: tuple[Path, ...]
    seed: int
    warn: Callable[[str], None]

    def resolve(self, path: str) -> Path:
        """The first existing file of that name below the bases, then the data directory; below the first if none.

        `shipped/NAME` is, where there is no such file, one that travels inside the package.
        """
        candidates = [folder / Path(path).expanduser() for folder in self._folders()]
        if path.startswith("shipped/"):
            candidates.append(_PACKAGE_DATA / path)
        return next((c for c in candidates if c.exists()), candidates[0])

    def existing(self, path: str, key: str = "path", *, what: str = "file") -> Path:
        """What `resolve` gives. Raises DataUnavailableError where it is not there; `key` is that of the data set."""
        found = self.resolve(path)
        if not (found.is_file() if what == "file" else found.exists()):  # a folder may come as a .zip
            raise DataUnavailableError(
                f"there is no such {what}; looked for {path} in {self.searched()}", where=str(found),
                hint=f"correct dataset.{key}, or place the {what} in one of these folders",
            )
        return found

    def searched(self) -> str:
        """The folders of `resolve`, for people."""
        folders = ", ".join(map(str, self._folders()))
        return folders if self.data_dir is not None else f"{folders} (DLCLI_DATA_DIR, which would be next, is not set)"

    def _folders(self) -> tuple[Path, ...]:
        return self.bases if self.data_dir is None else (*self.bases, self.data_dir)


@dataclass(frozen=True, kw_only=True)
class Dataset(Component):
    """Where samples come from.

    `validation_split` is the share of the training samples that is set aside, drawn by the run's seed;
    `test_split` the share of all samples set aside for the test, where the data has no test split of its own.
    Samples in the order of time or of a text are not drawn: the last ones are set aside, the test's last of all.
    `stratify: true` draws each class by itself, so that its share of every split is the same to within one sample.
    `fold`, such as `{number: 2, of: 5}`, stands in the place of `validation_split`: what is not the test's is cut into
    so many parts, each with its share of every class, and part `number` validates; of samples in the order of time it
    is the part after all that are trained on.
    `preprocessing` is applied to inputs in order, fitted on the training split alone. `augmentation` changes what comes
    from it at random, in order, in training alone. `autoencode`: the target is
    the preprocessed input itself. `fallback` is used, with a loud warning, only where this data can neither be
    found nor fetched.
    """

    kind: ClassVar[str] = "datasets"
    has_test: ClassVar[bool] = False
    """Whether it comes with a test split of its own; `test_split` is then not allowed."""
    may_have_validation: ClassVar[bool] = False
    """Whether it may come with a validation split of its own; only loading tells."""

    validation_split: Rate = 0.0
    test_split: Rate = 0.0
    stratify: bool = False
    fold: Fold | None = None
    preprocessing: Annotated[tuple[Transform, ...], AsTuple] = ()
    augmentation: Annotated[tuple[Augmentation, ...], AsTuple] = ()
    autoencode: bool = False
    fallback: "Dataset | None" = None

    @property
    def spacing(self) -> int:
        """0 where samples are drawn for the splits. For samples in order: rows that may not lie nearer share targets.

        The last rows are then set aside, and of those kept, the ones less than `spacing` before them are left out.
        """
        return 0

    @abstractmethod
    def describe(self, env: DataEnv) -> DataSpec | None:
        """What one sample looks like, found without reading the data; None where only the data tells."""
        raise NotImplementedError

    def ids_below(self, spec: DataSpec) -> int | None:
        """An upper bound of x, which are ids: whole numbers from 0 to below it; None where x are no ids.

        Known before anything is read, so that a model has room for every id.
        """
        if spec.forcing is not None:
            return spec.forcing.start + 1
        return len(spec.tokens.vocabulary) if spec.tokens is not None else None

    @abstractmethod
    def load(self, env: DataEnv) -> Splits:
        """The samples. Raises DataUnavailableError where neither found nor fetched, DataError where damaged."""
        raise NotImplementedError

    def learn(self, splits: Splits) -> Splits:
        """The samples as they are once it is known which ones are for training, such as with the words seen there."""
        return splits
