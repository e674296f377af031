"""What losses share that want scores on the right side of a margin."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.context import Context
from dlcli.core.loss import Loss
from dlcli.core.target import Target
from dlcli.losses._binary import check_binary
from dlcli.losses._targets import beside
from dlcli.losses._weights import mean_over_outputs, shared_out


@dataclass(frozen=True, kw_only=True)
class OfMargins(Loss):
    """L = mean_k f(max(0, 1 - t_k z_k)) over the scores z of a sample, with t = 1 where y_true > 0, else -1."""

    link: ClassVar = "step"

    from_logits: bool = False

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """One output for two classes, or one for each number of a target."""
        check_binary(self, out_shape, target)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        shape = y_pred.shape
        if self.from_logits:
            ctx.predictions = np.greater(y_pred, 0, out=ctx.empty("fired", shape))
        else:
            ctx.predictions = y_pred
        sides = ctx.sides = beside(ctx, y_pred, y_true)
        np.greater(sides, 0, out=sides)
        sides *= 2
        sides -= 1
        ctx.missing = np.multiply(sides, y_pred, out=ctx.empty("missing", shape))
        np.subtract(1, ctx.missing, out=ctx.missing)
        np.maximum(ctx.missing, 0, out=ctx.missing)
        return mean_over_outputs(ctx, self.terms_of(ctx, ctx.missing))

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dz = -weight t f'(max(0, 1 - t z)) / outputs."""
        dy = ctx.empty("dy", ctx.missing.shape)
        self.write_slopes(ctx.missing, dy)
        dy *= ctx.sides
        np.negative(dy, out=dy)
        return shared_out(ctx, dy, weight)

    @abstractmethod
    def terms_of(self, ctx: Context, missing: np.ndarray) -> np.ndarray:
        """f of what is missing to the margin."""
        raise NotImplementedError

    @abstractmethod
    def write_slopes(self, missing: np.ndarray, out: np.ndarray) -> None:
        """Writes f', 0 where nothing is missing."""
        raise NotImplementedError
