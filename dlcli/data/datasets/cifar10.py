"""cifar10: 60,000 small photographs of animals and vehicles."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.target import DataSpec, Target
from dlcli.data import cifar
from dlcli.data.fetch import Mirror
from dlcli.data.single import Single
from dlcli.data.splits import whole

_LABELS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_ARCHIVE = "cifar-10-binary.tar.gz"
_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
_RECORDS = 10_000  # a file


@dataclass(frozen=True, kw_only=True)
class Cifar10(Dataset):
    """Colour photographs of 32 x 32 pixels in ten classes: 50,000 for training, 10,000 for the test.

    x: (N, 32, 32, 3) uint8, red, green, blue from 0 to 255; labels `airplane`, `automobile`, `bird`, `cat`, `deer`,
    `dog`, `frog`, `horse`, `ship`, `truck`, in equal shares. Searched for as `cifar-10-binary.tar.gz` (the binary
    version, whose md5 is checked) or unpacked as `cifar-10-batches-bin/data_batch_1.bin` and so on, in
    `DLCLI_DATA_DIR`, its folder `cifar10/`, then in the cache; else fetched (162 MB) and kept there. The python version
    is a pickle, which could run code, and is not read.

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
        tuple(
            f"{folder}{name}" for name in (_ARCHIVE, f"{cifar.FOLDER}/data_batch_1.bin") for folder in ("", "cifar10/")
        ),
        (Mirror(f"https://www.cs.toronto.edu/~kriz/{_ARCHIVE}", f"cifar10/{_ARCHIVE}"),),
        partial(cifar.read, records=_RECORDS, md5=_MD5),
    )

    def describe(self, env: DataEnv) -> DataSpec:
        """Images of 32 x 32 in colour, ten classes."""
        target = Target(kind="classes", labels=_LABELS)
        return DataSpec(input_shape=(32, 32, 3), dtype="uint8", target=target, image=True)

    def load(self, env: DataEnv) -> Splits:
        """The photographs, from the data directory, the cache, or the mirror."""
        train, test = self.collection.read(env, partial(cifar.read, records=_RECORDS, md5=_MD5))
        return Splits(spec=self.describe(env), train=whole(*train), test=whole(*test))
