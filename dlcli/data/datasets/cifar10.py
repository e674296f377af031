"""cifar10: 60,000 small photographs of animals and vehicles."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.target import DataSpec, Target
from dlcli.data.cifar import BINARY, PYTHON
from dlcli.data.fetch import Mirror
from dlcli.data.single import Single
from dlcli.data.splits import whole
from dlcli.data.unpacked import unpacked

_LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_FORMS = (BINARY, PYTHON)
_RECORDS = 10_000  # a file


def _read(path: Path) -> Mapping[str, np.ndarray]:
    """The images of an archive, or of the folder around one of its files, in either form."""
    form = next(form for form in _FORMS if form.is_at(path))
    return form.load(path, records=_RECORDS)


def _kept(path: Path, folder: Path) -> Mapping[str, np.ndarray]:
    """The same; of an archive, what was unpacked before."""
    if any(path.name in form.files for form in _FORMS):
        return _read(path)
    return unpacked(path, folder, _read)


@dataclass(frozen=True, kw_only=True)
class Cifar10(Dataset):
    """Colour photographs of 32 x 32 pixels in ten classes: 50,000 for training, 10,000 for the test.

    x: (N, 32, 32, 3) uint8, red, green, blue from 0 to 255; labels `airplane`, `automobile`, `bird`, `cat`, `deer`,
    `dog`, `frog`, `horse`, `ship`, `truck`, in equal shares. Searched for as `cifar-10-binary.tar.gz` or unpacked as
    `cifar-10-batches-bin/data_batch_1.bin` and so on, then as `cifar-10-python.tar.gz` or unpacked as
    `cifar-10-batches-py/data_batch_1` and so on, in `DLCLI_DATA_DIR`, its folder `cifar10/`, then in the cache; else
    fetched (162 MB) and kept there. The md5 of the binary archive is checked, and those of the files of the python
    version, however they are packed. These are pickles, which could run code: their data is read without running them.
    What was unpacked once is kept in the cache, where it is read in a fraction of a second.

    Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    """

    examples: ClassVar = (
        Example({"fallback": "digits"}, (32, 32, 3)),
        Example({
            "fallback": "digits", "validation_split": 0.1, "preprocessing": [{"type": "rescale", "scale": "1/255"}],
        }, (32, 32, 3)),
    )
    has_test: ClassVar[bool] = True
    collection: ClassVar[Single] = Single(
        "cifar10",
        tuple(f"{folder}{name}" for form in _FORMS for name in form.candidates for folder in ("", "cifar10/")),
        tuple(Mirror(f"https://www.cs.toronto.edu/~kriz/{form.archive}", f"cifar10/{form.archive}") for form in _FORMS),
        _read,
    )

    def describe(self, env: DataEnv) -> DataSpec:
        """Images of 32 x 32 in colour, ten classes."""
        target = Target(kind="classes", labels=_LABELS)
        return DataSpec(input_shape=(32, 32, 3), dtype="uint8", target=target, image=True)

    def load(self, env: DataEnv) -> Splits:
        """The photographs, from the data directory, the cache, or the mirror."""
        found = self.collection.read(env, partial(_kept, folder=env.cache_dir / "cifar10"))
        train, test = (whole(found[f"x_{part}"], found[f"y_{part}"]) for part in ("train", "test"))
        return Splits(spec=self.describe(env), train=train, test=test)
