"""make_classification: made-up classes of known difficulty."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.fields import AsTuple, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, Rate
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec, Target
from dlcli.data.splits import whole


@dataclass(frozen=True, kw_only=True)
class MakeClassification(Dataset):
    """Random samples of several classes, each class a few clouds of points around corners of a cube.

    x: (samples, features) float32, y: (samples,), labels `0`, `1`, ... Keys after scikit-learn's
    function: `samples` (default 1000), `features` (20), of which `informative` (2) tell the classes
    apart, `redundant` (2) are mixtures of those, and the rest is noise; `classes` (2),
    `clusters_per_class` (2), `class_sep` (1.0: half the length of the cube's edge, more is easier),
    `flip_y` (0.01: share of labels drawn anew at random), `weights` (the share of each class; default:
    equal), `seed` (default: the run's). `test_split` is 0.2 by default. Features are in random order.

    Source: I. Guyon, "Design of experiments for the NIPS 2003 variable selection benchmark", 2003.
    """

    examples: ClassVar = (
        Example({}, (20,)),
        Example({"samples": 60, "features": 5, "informative": 3, "redundant": 1, "classes": 3, "seed": 7}, (5,)),
        Example({"samples": 50, "features": 4, "weights": [0.8, 0.2]}, (4,)),
    )

    samples: PositiveInt = 1000
    features: PositiveInt = 20
    informative: PositiveInt = 2
    redundant: NonNegativeInt = 2
    classes: Annotated[int, Field(ge=2)] = 2
    clusters_per_class: PositiveInt = 2
    class_sep: NonNegativeFloat = 1.0
    flip_y: Rate = 0.01
    weights: Annotated[tuple[PositiveFloat, ...] | None, AsTuple] = None
    seed: NonNegativeInt | None = None
    test_split: Rate = 0.2

    def __post_init__(self) -> None:
        if self.informative + self.redundant > self.features:
            raise ValueError(
                f"informative + redundant must be at most features; found {self.informative} + {self.redundant} "
                f"> {self.features}"
            )
        if self.weights is not None and len(self.weights) != self.classes:
            found = len(self.weights)
            raise ValueError(f"weights must have one share for each of the {self.classes} classes; found {found}")
        clusters = self.classes * self.clusters_per_class
        if clusters > 2 ** min(self.informative, 62):
            raise ValueError(
                f"classes * clusters_per_class must be at most 2 ** informative, the corners of the cube; found "
                f"{clusters} > {2 ** self.informative}"
            )

    def describe(self, env: DataEnv) -> DataSpec:
        """As many inputs as `features`."""
        target = Target(kind="classes", labels=tuple(str(label) for label in range(self.classes)))
        return DataSpec(input_shape=(self.features,), dtype="float32", target=target)

    def load(self, env: DataEnv) -> Splits:
        """Draws the samples."""
        rng = Streams(env.seed if self.seed is None else self.seed).fresh("make_classification")
        clusters = self.classes * self.clusters_per_class
        corners = _corners(clusters, self.informative, rng) * self.class_sep
        cluster = rng.permutation(self._clusters())
        informative = np.empty((self.samples, self.informative))
        for k in range(clusters):
            # Each cloud is stretched and turned in its own way.
            points = rng.standard_normal((int(np.sum(cluster == k)), self.informative))
            informative[cluster == k] = points @ rng.uniform(-1, 1, (self.informative, self.informative)) + corners[k]
        redundant = informative @ rng.uniform(-1, 1, (self.informative, self.redundant))
        noise = rng.standard_normal((self.samples, self.features - self.informative - self.redundant))
        x = np.concatenate([informative, redundant, noise], axis=1)[:, rng.permutation(self.features)]
        y = cluster % self.classes
        flipped = rng.random(self.samples) < self.flip_y
        y[flipped] = rng.integers(0, self.classes, int(flipped.sum()))
        return Splits(spec=self.describe(env), train=whole(np.ascontiguousarray(x, np.float32), y.astype(np.intp)))


    def _clusters(self) -> np.ndarray:
        """The cluster of each sample, in order: cluster k is of class k % classes."""
        if self.weights is None:
            return np.arange(self.samples) % (self.classes * self.clusters_per_class)
        ends = np.round(np.cumsum(self.weights) / sum(self.weights) * self.samples).astype(int)
        sizes = np.diff(ends, prepend=0)
        return np.concatenate([
            label + self.classes * (np.arange(size) % self.clusters_per_class) for label, size in enumerate(sizes)
        ])


def _corners(count: int, dimensions: int, rng: "np.random.Generator") -> np.ndarray:
    """`count` different corners of the cube [-1, 1] ** dimensions."""
    chosen: dict[bytes, np.ndarray] = {}
    while len(chosen) < count:
        for corner in rng.integers(0, 2, (count, dimensions), dtype=np.int8):
            if len(chosen) < count:
                chosen.setdefault(corner.tobytes(), corner)
    return np.array(list(chosen.values()), float) * 2 - 1
