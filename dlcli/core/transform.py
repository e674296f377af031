"""The contract of transforms: preprocessing that is fitted on training data and stored with the run."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from dlcli.core.component import Component

State = Mapping[str, np.ndarray]


class Samples(Protocol):
    """Samples that are read by rows: an array, or an array seen through the transforms before this one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, *in_shape)."""
        ...

    def __getitem__(self, rows: np.ndarray, /) -> np.ndarray:
        """The samples of these rows; ask for a piece at a time."""
        ...


@dataclass(frozen=True, kw_only=True)
class Transform(Component):
    """A function of input samples. What it learns from training data is a mapping of arrays."""

    kind: ClassVar[str] = "transforms"

    def plan(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of a transformed sample; raises ShapeError where it cannot work. Default: the same."""
        return in_shape

    def fit(self, x: Samples, rows: np.ndarray) -> State:
        """What is learned from the training samples `x[rows]`; nothing by default.

        x: (N, *in_shape) may be memory-mapped and integer; read it in pieces (`dlcli.data.pieces`).
        """
        return {}

    @property
    def factor(self) -> float | None:
        """What all it does is to multiply every number by; None where it does anything else."""
        return None

    @abstractmethod
    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """Writes the transformed x: (N, *in_shape) to out: (N, *out_shape), floating point.

        `x` may be an integer array, and may be `out` itself. Floating-point arrays of `state` come in
        the dtype of `out`, or in float64 where that could not hold every value of x.
        """
        raise NotImplementedError


def widened(x: np.ndarray, out: np.ndarray) -> np.ndarray:
    """`out`, with x copied into it, where its dtype holds every value of x exactly; else x as it is.

    Arithmetic that goes on from there with `out=out` needs no buffer for casting.
    """
    if x is out or not np.can_cast(x.dtype, out.dtype):
        return x
    np.copyto(out, x)
    return out
