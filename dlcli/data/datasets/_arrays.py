"""Data sets that are arrays of your own: what their shapes and types say of the samples."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np

from dlcli.core.dataset import DataEnv, Dataset, Split, Splits
from dlcli.core.fields import AsTuple, NonNegativeInt, PositiveInt
from dlcli.core.source import Content
from dlcli.core.target import DataSpec, Target, TeacherForcing
from dlcli.data.archive import Header
from dlcli.data.checks import check_finite
from dlcli.data.labels import check_forcing, class_count, class_numbers, place_numbers
from dlcli.data.splits import whole
from dlcli.data.weights import sample_weights
from dlcli.errors import DataError, DataKeyError
from dlcli.registry import did_you_mean

PARTS = ("train", "validation", "test")
WEIGHTS = "sample_weight"


@dataclass(frozen=True, kw_only=True)
class Arrays(Dataset):
    """Base of data sets made of arrays `x_train`, `y_train` and, where there are any, those of `test` and `validation`.

    `sample_weight_train`, where there is such an array, says how much each training sample counts.
    `task` (default: by the type of y) says `classification` or `regression` where the type does not. `classes`
    (default: one more than the largest training label) is the number of classes, or the list of their names.
    """

    may_have_validation: ClassVar[bool] = True

    task: Literal["classification", "regression"] | None = None
    classes: PositiveInt | Annotated[tuple[str, ...], AsTuple] | None = None
    sequence: bool = False
    source_length: PositiveInt | None = None
    start: NonNegativeInt | None = None

    def __post_init__(self) -> None:
        if (self.source_length is None) != (self.start is None):
            given, missing = ("start", "source_length") if self.source_length is None else ("source_length", "start")
            raise ValueError(f"expected source_length and start together; found {given} without {missing}")

    @property
    def _places(self) -> bool:
        return self.sequence or self.source_length is not None

    def describe(self, env: DataEnv) -> DataSpec | None:
        """From the headers; None where files are absent, or only the labels tell the number of classes."""
        if not self._is_there(env):
            return None
        found = self._checked(env)
        y = found["y_train"]
        if not self._is_classes(y):
            return self._spec(found["x_train"], y, 0)
        if not self._places and _columns(y):  # classes for the places of a sequence look the same from outside
            class_numbers(self._array(env, "y_train", y)[:1000], where=self._where(env), name="y_train")
        count = self._declared() or (0 if self._places else _columns(y))
        return self._spec(found["x_train"], y, count) if count else None

    def load(self, env: DataEnv) -> Splits:
        """The arrays as splits."""
        found, where = self._checked(env), self._where(env)
        x, y = self._pair(env, found, "train")
        count = 0
        numbers = place_numbers if self._places else class_numbers
        if self._is_classes(found["y_train"]):
            assert isinstance(y, np.ndarray)
            y = numbers(y, where=where, name="y_train")
            count = self._declared() or (0 if self._places else _columns(found["y_train"]))
            count = count or class_count(y, where=where)
        spec = self._spec(found["x_train"], found["y_train"], count)

        def more(part: str) -> Split | None:
            if f"x_{part}" not in found:
                return None
            x, y = self._pair(env, found, part)
            return whole(x, numbers(y, where=where, name=f"y_{part}") if isinstance(y, np.ndarray) and count else y)

        if spec.forcing is not None and isinstance(y, np.ndarray):
            check_forcing(x, y, spec.forcing, where=where)
        weights, name = None, f"{WEIGHTS}_train"
        if name in found:
            weights = sample_weights(self._array(env, name, found[name]), len(x), where=where, name=name)
        return Splits(
            spec=spec, train=whole(x, y, weights), validation=more("validation"), test=more("test"),
            groups=self._aside(env, found, "group"), times=self._aside(env, found, "time"),
        )

    def _aside(self, env: DataEnv, found: dict[str, Header], key: str) -> np.ndarray | None:
        """The array by which splits are drawn: one number for each training sample."""
        name = self._name_of(key)
        if name is None:
            return None
        if name not in found:
            raise DataKeyError(
                f"there is no array '{name}'; there are {', '.join(found)}", path=(key,), where=self._where(env),
                hint=did_you_mean(name, found) or "write it with the others",
            )
        wanted = found["x_train"].shape[:1]
        if found[name].shape != wanted:
            raise DataError(
                f"{name} has shape {found[name].shape}; one number for each training sample is {wanted}",
                where=self._where(env), hint="write it again from the same rows as x and y",
            )
        values = self._array(env, name, found[name])
        check_finite(values, where=self._where(env), name=name)
        return values

    def _pair(self, env: DataEnv, found: dict[str, Header], part: str) -> tuple[Content, Content]:
        """(x, y) of a split. Labels are looked at as a whole, and so are in memory."""
        x, y = f"x_{part}", f"y_{part}"
        read = self._array if self._is_classes(found["y_train"]) else self._samples
        return self._samples(env, x, found[x]), read(env, y, found[y])

    def _checked(self, env: DataEnv) -> dict[str, Header]:
        """The headers by name. Raises DataError where an array is missing, or does not fit the others."""
        found, where = self._headers(env), self._where(env)
        for part in PARTS:
            x, y = found.get(f"x_{part}"), found.get(f"y_{part}")
            if (x is None) != (y is None) or (part == "train" and x is None):
                missing = f"x_{part}" if x is None else f"y_{part}"
                raise DataError(
                    f"the array {missing} is missing; found {', '.join(found) or 'none'}",
                    where=where, hint=f"x_{part} and y_{part} must both be there; write them from the same rows",
                )
            if x is None or y is None:
                continue
            if not x.shape or not y.shape or x.shape[0] != y.shape[0]:
                raise DataError(
                    f"x_{part} has shape {x.shape} and y_{part} {y.shape}; the first axis must be the samples of both",
                    where=where, hint="write both again from the same rows",
                )
            for name, header in ((f"x_{part}", x), (f"y_{part}", y)):
                expected = found[f"{name[0]}_train"].shape[1:]
                if header.shape[1:] != expected:
                    raise DataError(
                        f"a sample of {name} has shape {header.shape[1:]}; in {name[0]}_train it has {expected}",
                        where=where, hint="all splits must come from the same kind of data",
                    )
        return found

    @abstractmethod
    def _where(self, env: DataEnv) -> str:
        """The place of the arrays, for people."""
        raise NotImplementedError

    @abstractmethod
    def _name_of(self, key: str) -> str | None:
        """The name of the array that is the `group` or the `time` of samples; None where there is none."""
        raise NotImplementedError

    @abstractmethod
    def _is_there(self, env: DataEnv) -> bool:
        """Whether the files are there."""
        raise NotImplementedError

    @abstractmethod
    def _headers(self, env: DataEnv) -> dict[str, Header]:
        """The headers of the arrays by name. Raises DataUnavailableError where there is no file, DataError."""
        raise NotImplementedError

    @abstractmethod
    def _array(self, env: DataEnv, name: str, header: Header) -> np.ndarray:
        """An array."""
        raise NotImplementedError

    @abstractmethod
    def _samples(self, env: DataEnv, name: str, header: Header) -> Content:
        """An array, or its rows where it is large."""
        raise NotImplementedError

    def _is_classes(self, y: Header) -> bool:
        return self._places or y.dtype.kind in "bui" if self.task is None else self.task == "classification"

    def _declared(self) -> int:
        return len(self.classes) if isinstance(self.classes, tuple) else self.classes or 0

    def _spec(self, x: Header, y: Header, classes: int) -> DataSpec:
        image = x.dtype == np.uint8 and (len(x.shape) == 3 or (len(x.shape) == 4 and x.shape[3] in (1, 3, 4)))
        if classes:
            labels = self.classes if isinstance(self.classes, tuple) else tuple(str(label) for label in range(classes))
            target = Target(kind="classes", labels=labels, shape=y.shape[1:] if self._places else ())
        else:
            target = Target(kind="numbers", shape=y.shape[1:])
        forcing = None
        if self.source_length is not None and self.start is not None:
            forcing = TeacherForcing(source_length=self.source_length, start=self.start)
        return DataSpec(input_shape=x.shape[1:], dtype=x.dtype.name, target=target, image=image, forcing=forcing)


def _columns(y: Header) -> int:
    """Number of classes of one-hot rows; 0 for class numbers."""
    return y.shape[1] if len(y.shape) == 2 and y.shape[1] > 1 else 0
