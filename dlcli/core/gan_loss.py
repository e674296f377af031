"""The contract of losses of generative adversarial nets: two nets, each with a loss of its own."""

from abc import abstractmethod
from dataclasses import dataclass
from math import prod

import numpy as np

from dlcli.core.context import Context
from dlcli.core.loss import Loss
from dlcli.core.target import Target
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class GanLoss(Loss):
    """What a discriminator pays for its scores, and what a generator pays for the scores of its fakes.

    The discriminator gives one number z a sample, no probability: the higher, the more real. As a `Loss` this is the
    discriminator's: y_true is 1 for real samples and 0 for fakes. `deceive` is the generator's loss.
    """

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """One number a sample, which tells real from fake."""
        if prod(out_shape) != 1:
            raise ShapeError(
                f"{self.type_name()} takes one number a sample, its score as real; "
                f"the discriminator's output has shape {out_shape}",
                hint="end the discriminator with {type: dense, units: 1}",
            )
        if target.kind != "classes" or target.classes != 2 or target.shape:
            raise ShapeError(
                f"{self.type_name()} tells two classes apart, real and fake",
                hint="use it with `generator` and `discriminator`",
            )

    @abstractmethod
    def deceive(self, ctx: Context, z: np.ndarray) -> np.ndarray:
        """The generator's losses: (N,) of the scores z: (N, 1) of its fakes."""
        raise NotImplementedError

    @abstractmethod
    def deceive_backward(self, ctx: Context, weight: float) -> np.ndarray:
        """Derivative of `weight * sum(losses)` of `deceive` with respect to z."""
        raise NotImplementedError

    def belief(self, ctx: Context, z: np.ndarray) -> np.ndarray:
        """How real the discriminator takes samples with scores z to be: by default the scores themselves."""
        return z
