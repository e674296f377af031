"""Points in a plane, or in a few dimensions, made to show what a classifier can do."""

import numpy as np

from dlcli.core.dataset import DataEnv, Splits
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec, Target
from dlcli.data.splits import whole


def generator(name: str, seed: int | None, env: DataEnv) -> "np.random.Generator":
    """The stream of a made data set: of its own seed, or of the run's."""
    return Streams(env.seed if seed is None else seed).fresh(name)


def spec(features: int, classes: int) -> DataSpec:
    """`features` numbers, classes `0`, `1`, ..."""
    target = Target(kind="classes", labels=tuple(map(str, range(classes))))
    return DataSpec(input_shape=(features,), dtype="float32", target=target)


def splits(x: np.ndarray, y: np.ndarray, described: DataSpec, rng: "np.random.Generator") -> Splits:
    """The points in random order."""
    order = rng.permutation(len(x))
    return Splits(spec=described, train=whole(x[order].astype(np.float32), y[order].astype(np.intp)))
