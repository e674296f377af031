"""fashion_mnist: 70,000 pictures of clothes."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.target import DataSpec, Target
from dlcli.data.fetch import Collection
from dlcli.data.idx import image_splits

_LABELS = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)


@dataclass(frozen=True, kw_only=True)
class FashionMnist(Dataset):
    """Pictures of clothes, shoes and bags of 28 x 28 pixels: 60,000 for training, 10,000 for the test.

    x: (N, 28, 28) uint8, 0 (background) to 255; ten classes from `T-shirt/top` to `Ankle boot`, in equal shares.
    Searched for in `DLCLI_DATA_DIR/fashion_mnist/` or `fashion-mnist/` under MNIST's names, compressed or not
    (`train-images-idx3-ubyte.gz`, `train-labels-idx1-ubyte.gz`, `t10k-images-idx3-ubyte.gz`,
    `t10k-labels-idx1-ubyte.gz`), then in the cache; else fetched (31 MB) and kept there. What is fetched is checked
    against the md5 that the makers publish, labels against the sha256 of their content; the content of images that
    were placed by hand against their format and number alone.

    Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms", 2017, arXiv:1708.07747, MIT licence.
    """

    examples: ClassVar = (
        Example({"fallback": "digits"}, (28, 28)),
        Example({
            "fallback": "digits", "validation_split": 0.2, "preprocessing": [{"type": "rescale", "scale": "1/255"}],
        }, (28, 28)),
    )
    has_test: ClassVar[bool] = True
    collection: ClassVar[Collection] = Collection(
        folder="fashion_mnist",
        aliases=("fashion-mnist",),
        files={
            "train-images-idx3-ubyte": "",
            "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "t10k-images-idx3-ubyte": "",
            "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        },
        packed={
            "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
        },
        mirrors=(
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
        ),
    )

    def describe(self, env: DataEnv) -> DataSpec:
        """Images of 28 x 28, ten classes."""
        target = Target(kind="classes", labels=_LABELS)
        return DataSpec(input_shape=(28, 28), dtype="uint8", target=target, image=True)

    def load(self, env: DataEnv) -> Splits:
        """The pictures, from the data directory, the cache, or a mirror."""
        return image_splits(self.collection, self.describe(env), env)
