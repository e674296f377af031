"""normalize: mean 0 and standard deviation 1 for each channel of images."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import AsTuple, Float, PositiveFloat
from dlcli.core.transform import Samples, State, Transform, widened
from dlcli.data.moments import moments
from dlcli.data.pieces import pieces
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Normalize(Transform):
    """y = (x - mean_c) / std_c, with a mean and a standard deviation for each channel c, the last axis.

    x: (N, ..., C) -> y: (N, ..., C); images (N, H, W) have one channel. By default they are those of all pixels of the
    training samples; `mean` and `std`, given together, are numbers to use in their place, one a channel, such as those
    with which a model was trained whose weights are taken over. They are in the scale of what comes in: those that are
    published for pixels from 0 to 1 want `{type: rescale, scale: 1/255}` before them. State: `mean`, `std`, float64.
    Keras' `Normalization` with `axis: -1`.
    """

    examples: ClassVar = (
        Example({}, (4, 5, 3)),
        Example({}, (4, 5)),
        Example({"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}, (2, 2, 3)),
    )

    mean: Annotated[tuple[Float, ...], AsTuple] | None = None
    std: Annotated[tuple[PositiveFloat, ...], AsTuple] | None = None

    def __post_init__(self) -> None:
        if (self.mean is None) != (self.std is None):
            given, missing = ("std", "mean") if self.mean is None else ("mean", "std")
            raise ValueError(f"expected mean and std together; found {given} without {missing}")
        if self.mean is not None and self.std is not None and len(self.mean) != len(self.std):
            raise ValueError(f"expected as many numbers in mean as in std; found {len(self.mean)} and {len(self.std)}")

    def plan(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The same shape; as many channels as numbers are given."""
        channels = _channels(in_shape)
        if self.mean is not None and len(self.mean) != channels:
            raise ShapeError(
                f"{len(self.mean)} numbers are given, but samples of shape {in_shape} have {channels} channel(s)",
                hint="give one number a channel, or leave mean and std out",
            )
        return in_shape

    def fit(self, x: Samples, rows: np.ndarray) -> State:
        """Mean and standard deviation of each channel of `x[rows]`, read once, or what is given."""
        if self.mean is not None and self.std is not None:
            return {"mean": np.array(self.mean), "std": np.array(self.std)}
        channels = _channels(x.shape[1:])
        mean, std = moments((piece.reshape(-1, channels) for piece in pieces(x, rows)), axis=0)
        return {"mean": mean, "std": std}

    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """Writes (x - mean) / std to out."""
        np.subtract(widened(x, out), state["mean"], out=out, casting="same_kind")
        np.divide(out, state["std"], out=out, casting="same_kind")


def _channels(shape: tuple[int, ...]) -> int:
    return shape[-1] if len(shape) > 2 else 1
