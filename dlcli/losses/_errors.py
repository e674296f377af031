"""What losses share that are a function of y_pred - y_true, number by number."""

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from dlcli.core.context import Context
from dlcli.core.loss import Loss, check_numbers
from dlcli.core.target import Target
from dlcli.losses._targets import compared
from dlcli.losses._weights import mean_over_outputs, shared_out


@dataclass(frozen=True, kw_only=True)
class OfErrors(Loss):
    """L = mean_k f(y_pred_k - y_true_k) over the outputs of a sample."""

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """As many outputs as target numbers."""
        check_numbers(out_shape, target)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        ctx.predictions = y_pred
        error = ctx.empty("error", y_pred.shape)
        ctx.error = np.subtract(y_pred, compared(ctx, y_pred, y_true), out=error, dtype=error.dtype)
        terms = ctx.empty("terms", y_pred.shape)
        self.write_terms(ctx, ctx.error, terms)
        return mean_over_outputs(ctx, terms)

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """dy_pred = weight * f'(y_pred - y_true) / outputs."""
        dy = ctx.empty("dy", ctx.error.shape)
        self.write_slopes(ctx, ctx.error, dy)
        return shared_out(ctx, dy, weight)

    @abstractmethod
    def write_terms(self, ctx: Context, error: np.ndarray, out: np.ndarray) -> None:
        """Writes f(error)."""
        raise NotImplementedError

    @abstractmethod
    def write_slopes(self, ctx: Context, error: np.ndarray, out: np.ndarray) -> None:
        """Writes f'(error)."""
        raise NotImplementedError
