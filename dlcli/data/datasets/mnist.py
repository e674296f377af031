"""mnist: 70,000 handwritten digits."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.target import DataSpec, Target
from dlcli.data.fetch import Collection
from dlcli.data.idx import image_splits


@dataclass(frozen=True, kw_only=True)
class Mnist(Dataset):
    """Handwritten digits of 28 x 28 pixels: 60,000 for training, 10,000 for the test.

    x: (N, 28, 28) uint8, 0 (paper) to 255 (ink); labels `0` to `9`. Searched for in
    `DLCLI_DATA_DIR/mnist/` under the original names, compressed or not
    (`train-images-idx3-ubyte.gz`, `train-labels-idx1-ubyte.gz`, `t10k-images-idx3-ubyte.gz`,
    `t10k-labels-idx1-ubyte.gz`), then in the cache; else fetched (11 MB) and kept there. The content
    is checked against its sha256. With `fallback: digits` a run goes on, with a loud warning, where
    the files can neither be found nor fetched.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", 1998.
    """

    examples: ClassVar = (
        Example({"fallback": "digits"}, (28, 28)),
        Example({
            "fallback": "digits", "validation_split": 0.2, "preprocessing": [{"type": "rescale", "scale": "1/255"}],
        }, (28, 28)),
    )
    has_test: ClassVar[bool] = True
    collection: ClassVar[Collection] = Collection(
        folder="mnist",
        files={
            "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        },
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist",
            "https://storage.googleapis.com/cvdf-datasets/mnist",
            "http://yann.lecun.com/exdb/mnist",
        ),
    )

    def describe(self, env: DataEnv) -> DataSpec:
        """Images of 28 x 28, ten classes."""
        target = Target(kind="classes", labels=tuple("0123456789"))
        return DataSpec(input_shape=(28, 28), dtype="uint8", target=target, image=True)

    def load(self, env: DataEnv) -> Splits:
        """The digits, from the data directory, the cache, or a mirror."""
        return image_splits(self.collection, self.describe(env), env)
