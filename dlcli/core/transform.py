"""The contract of transforms: preprocessing that is fitted on training data and stored with the run."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Component

State = Mapping[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Transform(Component):
    """A function of input samples. What it learns from training data is a mapping of arrays."""

    kind: ClassVar[str] = "transforms"

    def plan(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of a transformed sample; raises ShapeError where it cannot work. Default: the same."""
        return in_shape

    def fit(self, x: np.ndarray, rows: np.ndarray) -> State:
        """What is learned from the training samples `x[rows]`; nothing by default.

        x: (N, *in_shape) may be memory-mapped and integer; read it in pieces.
        """
        return {}

    @abstractmethod
    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """Writes the transformed x: (N, *in_shape) to out: (N, *out_shape), floating point.

        `x` may be an integer array, and may be `out` itself.
        """
        raise NotImplementedError
