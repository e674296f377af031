"""npy: arrays of your own, each in a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv
from dlcli.core.source import Content
from dlcli.data import archive
from dlcli.data.archive import Header
from dlcli.data.datasets._arrays import PARTS, WEIGHTS, Arrays
from dlcli.errors import DataUnavailableError


@dataclass(frozen=True, kw_only=True)
class Npy(Arrays):
    """Arrays in `.npy` files, as `numpy.save` writes them; they may be larger than memory.

    `path` names the file of x, `target_path` that of y; `test_path` and `test_target_path`, `validation_path` and
    `validation_target_path` those of the other splits, where they have files of their own; `sample_weight_path` that of
    the weights of the training samples. `group_path` and `time_path` are (N,) numbers for the training samples: those
    of one group stay in one split; of samples with a time the latest are set aside. What x and y may be, and what
    `task`, `classes`, `sequence`, `source_length` and `start` say of them, is as with `npz`.

    Of an array of 256 MB or more, rows are read where they are needed, by threads of their own ahead of the steps, and
    shuffled as if they were in memory. Pickled objects are refused.
    """

    examples: ClassVar = (
        Example({"path": "x.npy", "target_path": "y.npy", "fallback": "digits"}),
        Example({
            "path": "x.npy", "target_path": "y.npy", "classes": ["no", "yes"], "test_split": 0.1,
            "preprocessing": ["standardize"], "fallback": "breast_cancer",
        }),
    )

    path: str
    target_path: str
    test_path: str | None = None
    test_target_path: str | None = None
    validation_path: str | None = None
    validation_target_path: str | None = None
    sample_weight_path: str | None = None
    group_path: str | None = None
    time_path: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for part in PARTS[1:]:
            names = f"{part}_path", f"{part}_target_path"
            given = [name for name in names if getattr(self, name) is not None]
            if len(given) == 1:
                missing = names[1 - names.index(given[0])]
                raise ValueError(f"expected {' and '.join(names)} together; found {given[0]} without {missing}")

    def _files(self) -> dict[str, str]:
        """The path of each array that there is, by the name that it has in an `.npz` file."""
        named = {"x_train": self.path, "y_train": self.target_path}
        for part in PARTS[1:]:
            x, y = getattr(self, f"{part}_path"), getattr(self, f"{part}_target_path")
            named |= {f"x_{part}": x, f"y_{part}": y} if x is not None else {}
        others = {f"{WEIGHTS}_train": self.sample_weight_path, "group": self.group_path, "time": self.time_path}
        return {**named, **{name: path for name, path in others.items() if path is not None}}

    def _name_of(self, key: str) -> str | None:
        return key if key in self._files() else None

    def _path(self, env: DataEnv, name: str) -> Path:
        return env.resolve(self._files()[name])

    def _where(self, env: DataEnv) -> str:
        return str(self._path(env, "x_train"))

    def _is_there(self, env: DataEnv) -> bool:
        return all(self._path(env, name).exists() for name in self._files())

    def _headers(self, env: DataEnv) -> dict[str, Header]:
        for name, given in self._files().items():
            if not self._path(env, name).exists():
                raise DataUnavailableError(
                    f"there is no such file; looked for {given} in {env.searched()}",
                    where=str(self._path(env, name)), hint="correct the path; it is relative to the folder of the YAML",
                )
        return {name: archive.npy_header(self._path(env, name)) for name in self._files()}

    def _array(self, env: DataEnv, name: str, header: Header) -> np.ndarray:
        return archive.load_npy(self._path(env, name))

    def _samples(self, env: DataEnv, name: str, header: Header) -> Content:
        return archive.npy_samples(self._path(env, name), header)
