"""orthogonal: kernels that turn and mirror, but do not stretch."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import Float
from dlcli.core.initializer import Initializer
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Orthogonal(Initializer):
    """W = gain * Q with orthonormal columns, or rows where there are fewer of them: Q^T Q = 1 or Q Q^T = 1.

    A kernel with more than two axes is seen as a matrix (all but the last, last). Q comes from the QR decomposition
    of normal values, with signs that make it uniformly distributed. Raises ShapeError for vectors.
    Source: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014.
    """

    examples: ClassVar = (Example(), Example({"gain": 2.0}),)

    gain: Float = 1.0

    def check(self, shape: tuple[int, ...]) -> None:
        """A matrix or more."""
        if len(shape) < 2:
            raise ShapeError(
                f"the initializer orthogonal makes matrices; the parameter has shape {shape}",
                hint="use it for a kernel, or take another initializer",
            )

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Values of `shape`, drawn from `rng`."""
        rows, columns = prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
        q = q * np.where(np.diag(r) < 0, -1.0, 1.0)
        values: np.ndarray = self.gain * (q if rows >= columns else q.T).reshape(shape)
        return values
