"""npz: arrays of your own in one file, or in a folder."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv
from dlcli.core.source import Content
from dlcli.data import archive
from dlcli.data.archive import Header
from dlcli.data.datasets._arrays import Arrays


@dataclass(frozen=True, kw_only=True)
class Npz(Arrays):
    """Arrays in an `.npz` file, or in a folder of `.npy` files, named as in Keras' mnist.npz.

    `path` names the file or the folder. Arrays: `x_train`, `y_train`; optionally `x_test`, `y_test` and
    `x_validation`, `y_validation`. x: (N, ...) of any number type; a picture where it is uint8 of
    (N, H, W) or (N, H, W, 1, 3 or 4). y: (N,) integers from 0 are classes, as are one-hot rows of
    integers (N, K); floating-point y (N, ...) are numbers to be met. `task` (default: by the type of
    y) says `classification` or `regression` where the type does not. `classes` (default: one more
    than the largest training label) is the number of classes, or the list of their names.

    `sample_weight_train`: (N,), where it is there, is how much each training sample counts: its loss is multiplied by
    it, as by `training.class_weight`. Figures, of training too, count every sample once.

    `group` and `time` name arrays of the file, (N,) numbers for the training samples: those with the same `group`, such
    as the number of a patient, stay in one split; of samples with a `time` the latest are set aside.

    With `sequence: true` y: (N, T) integers are one class for each of T places. With `source_length: S` and `start`
    they are, too, and x: (N, S + T) are ids for an `encoder_decoder` that is trained by teacher forcing: S ids of a
    source, then the id `start`, then y without its last place. `dlcli predict` wants sources alone then, and writes y
    place by place. Where sequences differ in length, fill up with 0, an id and a class for that alone: an embedding's
    `mask_zero` and the loss's `ignore_class: 0` pass over it; and end y with a class that says so, or none will tell
    where an answer ends.

    The file may be larger than memory where it was written with `numpy.savez` or `numpy.save`: of an array of 256 MB
    or more, rows are read where they are needed, by threads of their own ahead of the steps, and shuffled as if they
    were in memory. Arrays of `numpy.savez_compressed` are read as a whole. Pickled objects are refused.
    """

    examples: ClassVar = (
        Example({"path": "arrays.npz", "fallback": "digits"}),
        Example({"path": "arrays.npz", "classes": ["no", "yes"], "validation_split": 0.2, "fallback": "digits"}),
    )

    path: str
    group: str | None = None
    time: str | None = None

    def _name_of(self, key: str) -> str | None:
        name: str | None = getattr(self, key)
        return name

    def _where(self, env: DataEnv) -> str:
        return str(env.resolve(self.path))

    def _is_there(self, env: DataEnv) -> bool:
        return env.resolve(self.path).exists()

    def _headers(self, env: DataEnv) -> dict[str, Header]:
        return archive.headers(env.existing(self.path, what="file or folder"))

    def _array(self, env: DataEnv, name: str, header: Header) -> np.ndarray:
        return archive.load(env.resolve(self.path), name, header)

    def _samples(self, env: DataEnv, name: str, header: Header) -> Content:
        return archive.samples(env.resolve(self.path), name, header)
