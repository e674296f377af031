"""Small tables that travel inside the package."""

from importlib import resources

import numpy as np

from dlcli.core.dataset import Splits
from dlcli.core.target import DataSpec, Target
from dlcli.data.splits import whole


def spec(features: int, labels: tuple[str, ...] = ()) -> DataSpec:
    """A row of numbers, and a class, or without labels a number."""
    target = Target(kind="classes", labels=labels) if labels else Target(kind="numbers")
    return DataSpec(input_shape=(features,), dtype="float32", target=target)


def splits(name: str, described: DataSpec) -> Splits:
    """All rows of dlcli/data/shipped/NAME.npz, for training."""
    file = resources.files("dlcli.data.shipped") / f"{name}.npz"
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        x, y = arrays["x"].astype(np.float32), arrays["y"]
    y = y.astype(np.intp if described.target.kind == "classes" else np.float32)
    return Splits(spec=described, train=whole(x, y))
