"""binary_focal_crossentropy: binary crossentropy that looks at hard samples more than at easy ones."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import NonNegativeFloat, Rate
from dlcli.core.loss import Loss
from dlcli.core.target import Target
from dlcli.losses._binary import check_binary, crossed, shares_of_one
from dlcli.losses._weights import mean_over_outputs, shared_out


@dataclass(frozen=True, kw_only=True)
class BinaryFocalCrossentropy(Loss):
    """L = mean_k w_k q_k^gamma H_k: H is `binary_crossentropy`, q = 1 - (y p + (1 - y) (1 - p)) how wrong p is.

    y_pred: (N, 1) with labels 0 and 1 (N,), or (N, ...) with as many targets from 0 to 1 a sample. Integers (N,) of
    K > 2 classes count as one-hot rows for K outputs. The larger `gamma`, the less do samples count that are
    right already. With `apply_class_balancing: true` the weight w is `alpha` for label 1 and 1 - alpha for label 0;
    else 1. `from_logits`, clipping and `label_smoothing` as `binary_crossentropy`.
    Source: Lin et al., "Focal loss for dense object detection", 2017, equations 4 and 5.
    """

    link: ClassVar = "sigmoid"
    examples: ClassVar = (
        Example({}, (1,)),
        Example({"from_logits": True}, (1,)),
        Example({"from_logits": True, "gamma": 0.5, "apply_class_balancing": True}, (4,)),
        Example({"label_smoothing": 0.2, "gamma": 1.5, "alpha": 0.7, "apply_class_balancing": True}, (2, 3)),
    )

    apply_class_balancing: bool = False
    alpha: Rate = 0.25
    gamma: NonNegativeFloat = 2.0
    from_logits: bool = False
    label_smoothing: Rate = 0.0

    def check(self, out_shape: tuple[int, ...], target: Target) -> None:
        """One output for two classes, or one for each number of a target."""
        check_binary(self, out_shape, target)

    def measure(self, ctx: Context, y_pred: np.ndarray, y_true: np.ndarray) -> np.ndarray:
        """Losses: (N,)."""
        shape = y_pred.shape
        y = ctx.targets = shares_of_one(ctx, y_pred, y_true, self.type_name())
        y *= 1 - self.label_smoothing
        y += self.label_smoothing / 2
        work = ctx.empty("work", shape)
        ctx.cross = crossed(ctx, y_pred, y, from_logits=self.from_logits, out=ctx.empty("cross", shape), work=work)
        # q = p + y - 2 p y; as a power below 0 is taken of it, it must not be 0
        ctx.q = np.multiply(ctx.p, y, out=ctx.empty("q", shape))
        ctx.q *= -2
        ctx.q += ctx.p
        ctx.q += y
        np.maximum(ctx.q, np.finfo(ctx.q.dtype).tiny, out=ctx.q)
        terms = np.power(ctx.q, self.gamma, out=ctx.empty("terms", shape))
        terms *= ctx.cross
        if self.apply_class_balancing:
            terms *= self._balance(y, work)
        return mean_over_outputs(ctx, terms)

    def derive(self, ctx: Context, weight: float | np.ndarray) -> np.ndarray:
        """On logits weight w q^(gamma - 1) (q (p - y) + gamma H (1 - 2 y) p (1 - p)) / outputs."""
        shape = ctx.p.shape
        y, slope = ctx.targets, ctx.empty("slope", shape)
        np.subtract(1, ctx.p, out=slope)
        slope *= ctx.p
        dy = np.multiply(y, -2, out=ctx.empty("dy", shape))
        dy += 1
        dy *= slope
        dy *= ctx.cross
        dy *= self.gamma
        work = np.subtract(ctx.p, y, out=ctx.empty("work", shape))
        work *= ctx.q
        dy += work
        dy *= np.power(ctx.q, self.gamma - 1, out=work)
        if self.apply_class_balancing:
            dy *= self._balance(y, work)
        if not self.from_logits:
            dy /= slope
            dy *= np.equal(ctx.predictions, ctx.p, out=ctx.empty("inside", shape, bool))
        return shared_out(ctx, dy, weight)

    def _balance(self, y: np.ndarray, work: np.ndarray) -> np.ndarray:
        """alpha y + (1 - alpha) (1 - y)."""
        np.multiply(y, 2 * self.alpha - 1, out=work)
        work += 1 - self.alpha
        return work
