"""What a data set asks of a model: the shape of its inputs and the nature of its targets."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Target:
    """The nature of `y`.

    `kind` is `classes` (y: integers (N,) from 0, or one-hot rows) or `numbers` (y: floating point,
    (N, *shape)). `labels` are the class names in the order of their integers, empty for numbers.
    """

    kind: Literal["classes", "numbers"]
    labels: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()

    @property
    def classes(self) -> int:
        """Number of classes; 0 for numbers."""
        return len(self.labels)


@dataclass(frozen=True, kw_only=True)
class DataSpec:
    """What one sample looks like: the shape of x and the nature of y.

    `input_shape` of one raw sample, `dtype` of x as stored, `target`. `image` says that x is a
    picture (H, W) or (H, W, C), so that predict reads image files and samples are drawn.
    """

    input_shape: tuple[int, ...]
    dtype: str
    target: Target
    image: bool = False
