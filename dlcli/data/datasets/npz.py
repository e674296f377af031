"""npz: arrays of your own in one file."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Split, Splits
from dlcli.core.fields import AsTuple, NonNegativeInt, PositiveInt
from dlcli.core.target import DataSpec, Target, TeacherForcing
from dlcli.data import archive
from dlcli.data.archive import Header
from dlcli.data.labels import check_forcing, class_count, class_numbers, place_numbers
from dlcli.data.splits import whole
from dlcli.errors import DataError, DataUnavailableError


@dataclass(frozen=True, kw_only=True)
class Npz(Dataset):
    """Arrays in an `.npz` file, named as in Keras' mnist.npz.

    `path` names the file. Arrays: `x_train`, `y_train`; optionally `x_test`, `y_test` and
    `x_validation`, `y_validation`. x: (N, ...) of any number type; a picture where it is uint8 of
    (N, H, W) or (N, H, W, 1, 3 or 4). y: (N,) integers from 0 are classes, as are one-hot rows of
    integers (N, K); floating-point y (N, ...) are numbers to be met. `task` (default: by the type of
    y) says `classification` or `regression` where the type does not. `classes` (default: one more
    than the largest training label) is the number of classes, or the list of their names.

    With `sequence: true` y: (N, T) integers are one class for each of T places. With `source_length: S` and `start`
    they are, too, and x: (N, S + T) are ids for an `encoder_decoder` that is trained by teacher forcing: S ids of a
    source, then the id `start`, then y without its last place. `dlcli predict` wants sources alone then, and writes y
    place by place. Where sequences differ in length, fill up with 0, an id and a class for that alone: an embedding's
    `mask_zero` and the loss's `ignore_class: 0` pass over it; and end y with a class that says so, or none will tell
    where an answer ends.

    Arrays written with `numpy.savez` are mapped into memory, so that the file may be larger than it;
    those of `numpy.savez_compressed` are read. Pickled objects are refused.
    """

    examples: ClassVar = (
        Example({"path": "arrays.npz", "fallback": "digits"}),
        Example({"path": "arrays.npz", "classes": ["no", "yes"], "validation_split": 0.2, "fallback": "digits"}),
    )

    may_have_validation: ClassVar[bool] = True

    path: str
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
        """From the headers; None where the file is absent, or only its labels tell the number of classes."""
        path = env.resolve(self.path)
        if not path.is_file():
            return None
        found = self._headers(env)
        y = found["y_train"]
        if not self._is_classes(y):
            return self._spec(found["x_train"], y, 0)
        if not self._places and _columns(y):  # classes for the places of a sequence look the same from outside
            class_numbers(archive.load(path, "y_train", y)[:1000], where=str(path), name="y_train")
        count = self._declared() or (0 if self._places else _columns(y))
        return self._spec(found["x_train"], y, count) if count else None

    def load(self, env: DataEnv) -> Splits:
        """The arrays as splits."""
        path, found = env.resolve(self.path), self._headers(env)
        x, y = (archive.load(path, name, found[name]) for name in ("x_train", "y_train"))
        where = str(path)
        count = 0
        numbers = place_numbers if self._places else class_numbers
        if self._is_classes(found["y_train"]):
            y = numbers(y, where=where, name="y_train")
            count = self._declared() or (0 if self._places else _columns(found["y_train"]))
            count = count or class_count(y, where=where)
        spec = self._spec(found["x_train"], found["y_train"], count)

        def more(part: str) -> Split | None:
            if f"x_{part}" not in found:
                return None
            x, y = (archive.load(path, name, found[name]) for name in (f"x_{part}", f"y_{part}"))
            return whole(x, numbers(y, where=where, name=f"y_{part}") if count else y)

        if spec.forcing is not None:
            check_forcing(x, y, spec.forcing, where=where)
        return Splits(spec=spec, train=whole(x, y), validation=more("validation"), test=more("test"))

    def _headers(self, env: DataEnv) -> dict[str, Header]:
        path = env.resolve(self.path)
        if not path.exists():
            raise DataUnavailableError(
                f"there is no such file; looked for {self.path} in {', '.join(str(base) for base in env.bases)}",
                where=str(path), hint="correct dataset.path; it is relative to the folder of the YAML",
            )
        found = archive.headers(path)
        for part in ("train", "validation", "test"):
            x, y = found.get(f"x_{part}"), found.get(f"y_{part}")
            if (x is None) != (y is None) or (part == "train" and x is None):
                missing = f"x_{part}" if x is None else f"y_{part}"
                raise DataError(
                    f"the array {missing} is missing; found {', '.join(found) or 'none'}",
                    where=str(path), hint=f"write it with numpy.savez(path, x_{part}=..., y_{part}=..., ...)",
                )
            if x is None or y is None:
                continue
            if not x.shape or not y.shape or x.shape[0] != y.shape[0]:
                raise DataError(
                    f"x_{part} has shape {x.shape} and y_{part} {y.shape}; the first axis must be the samples of both",
                    where=str(path), hint="write both again from the same rows",
                )
            for name, header in ((f"x_{part}", x), (f"y_{part}", y)):
                expected = found[f"{name[0]}_train"].shape[1:]
                if header.shape[1:] != expected:
                    raise DataError(
                        f"a sample of {name} has shape {header.shape[1:]}; in {name[0]}_train it has {expected}",
                        where=str(path), hint="all splits must come from the same kind of data",
                    )
        return found

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
