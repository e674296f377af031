"""digits: small handwritten digits that are always there."""

from dataclasses import dataclass
from importlib import resources
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Split, Splits
from dlcli.core.target import DataSpec, Target

_EVERY = 5


@dataclass(frozen=True, kw_only=True)
class Digits(Dataset):
    """1,797 real handwritten digits of 8 x 8 pixels, shipped inside the package.

    x: (N, 8, 8) uint8, 0 to 255; labels `0` to `9`. 1,437 samples for training and 360 for the test,
    always the same ones: of all samples in the order of their labels (and of the file where labels
    are equal), every fifth is a test sample, so that both have all digits in equal shares. Pixels
    counted 0 to 16 in the original are stored scaled to 255, so that `{type: rescale, scale: 1/255}`
    suits MNIST and digits alike.

    Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
    Repository, 1998, doi 10.24432/C50P49, CC BY 4.0, by way of scikit-learn's copy.
    """

    examples: ClassVar = (
        Example({}, (8, 8)),
        Example({"validation_split": 0.2, "preprocessing": [{"type": "rescale", "scale": "1/255"}]}, (8, 8)),
    )
    has_test: ClassVar[bool] = True

    def describe(self, env: DataEnv) -> DataSpec:
        """Images of 8 x 8, ten classes."""
        target = Target(kind="classes", labels=tuple("0123456789"))
        return DataSpec(input_shape=(8, 8), dtype="uint8", target=target, image=True)

    def load(self, env: DataEnv) -> Splits:
        """The digits, from inside the package."""
        file = resources.files("dlcli.data.shipped") / "digits.npz"
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            x, y = arrays["x"], arrays["y"]
        is_test = np.zeros(len(x), bool)
        is_test[np.argsort(y, kind="stable")[::_EVERY]] = True
        return Splits(
            spec=self.describe(env),
            train=Split(x=x, y=y, rows=np.flatnonzero(~is_test)),
            test=Split(x=x, y=y, rows=np.flatnonzero(is_test)),
        )
