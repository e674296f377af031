"""npz: arrays of your own in one file."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Split, Splits
from dlcli.core.fields import AsTuple, PositiveInt
from dlcli.core.target import DataSpec, Target
from dlcli.data import archive
from dlcli.data.archive import Header
from dlcli.data.labels import class_count, class_numbers
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

    def describe(self, env: DataEnv) -> DataSpec | None:
        """From the headers; None where the file is absent, or only its labels tell the number of classes."""
        if not env.resolve(self.path).is_file():
            return None
        found = self._headers(env)
        y = found["y_train"]
        if not self._is_classes(y):
            return self._spec(found["x_train"], y, 0)
        count = self._declared() or _columns(y)
        return self._spec(found["x_train"], y, count) if count else None

    def load(self, env: DataEnv) -> Splits:
        """The arrays as splits."""
        path, found = env.resolve(self.path), self._headers(env)
        x, y = (archive.load(path, name, found[name]) for name in ("x_train", "y_train"))
        where = str(path)
        count = 0
        if self._is_classes(found["y_train"]):
            y = class_numbers(y, where=where, name="y_train")
            count = self._declared() or _columns(found["y_train"]) or class_count(y, where=where)
        spec = self._spec(found["x_train"], found["y_train"], count)

        def more(part: str) -> Split | None:
            if f"x_{part}" not in found:
                return None
            x, y = (archive.load(path, name, found[name]) for name in (f"x_{part}", f"y_{part}"))
            return whole(x, class_numbers(y, where=where, name=f"y_{part}") if count else y)

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
        return y.dtype.kind in "bui" if self.task is None else self.task == "classification"

    def _declared(self) -> int:
        return len(self.classes) if isinstance(self.classes, tuple) else self.classes or 0

    def _spec(self, x: Header, y: Header, classes: int) -> DataSpec:
        image = x.dtype == np.uint8 and (len(x.shape) == 3 or (len(x.shape) == 4 and x.shape[3] in (1, 3, 4)))
        if classes:
            labels = self.classes if isinstance(self.classes, tuple) else tuple(str(label) for label in range(classes))
            target = Target(kind="classes", labels=labels)
        else:
            target = Target(kind="numbers", shape=y.shape[1:])
        return DataSpec(input_shape=x.shape[1:], dtype=x.dtype.name, target=target, image=image)


def _columns(y: Header) -> int:
    """Number of classes of one-hot rows; 0 for class numbers."""
    return y.shape[1] if len(y.shape) == 2 and y.shape[1] > 1 else 0
