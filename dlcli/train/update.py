"""From a gradient to new parameters: penalties, clipping, the optimizer's step."""

from collections.abc import Callable
from functools import partial
from math import sqrt

import numpy as np

from dlcli.core.memory import Memory, aligned_zeros
from dlcli.core.optimizer import Optimizer
from dlcli.core.params import Layout, Regularizer
from dlcli.train.regularization import Regularization
from dlcli.train.settings import Training

BLOCK = 131_072
"""Numbers that an optimizer steps at once: all its passes over them find their vectors in cache. Shorter vectors go in
one piece, since every further one costs a dozen calls. Measured best or equal for 100 thousand to 5 million numbers."""

SHARED = 2 * BLOCK
"""Numbers from which on it pays to hand some of them to other threads."""

Share = Callable[[int, Callable[[int, slice], None]], None]
"""Runs some work in pieces, side by side, each with the number of who does it, as `LanePool.run` does."""


class Update:
    """Moves the parameters of one model; `slots` are the vectors that its optimizer keeps.

    `share`: among `lanes` threads at most a step is shared out, where it is large; it is the same in pieces.
    """

    def __init__(
        self, layout: Layout, optimizer: Optimizer, regularizer: Regularizer | None, settings: Training,
        dtype: np.dtype, *, share: Share | None = None, lanes: int = 1,
    ) -> None:
        self.layout = layout
        self.optimizer = optimizer
        self.settings = settings
        self.slots = {name: aligned_zeros(layout.trainable, dtype) for name in optimizer.slots()}
        self._regularization = Regularization(layout, regularizer, dtype)
        self._memory = Memory(dtype)
        spans = layout.spans(by_parameter=optimizer.by_parameter, longest=BLOCK)
        longest = max((span.stop - span.start for span in spans), default=0)
        self._share = share if layout.trainable >= SHARED else None
        self._scratch = self._memory.empty("scratch", (lanes if self._share else 1, optimizer.scratch, longest))
        self._spans = [
            (span, {name: slot[span.start:span.stop] for name, slot in self.slots.items()}) for span in spans
        ]

    def penalty(self, theta: np.ndarray) -> float:
        """What the regularization adds to the loss."""
        return self._regularization.penalty(theta)

    def apply(self, theta: np.ndarray, grad: np.ndarray, *, lr: float, step: int) -> None:
        """One step in place, the `step`th from 1; theta and grad are whole vectors of the layout; overwrites grad."""
        slope = grad[:self.layout.trainable]
        self._regularization.add_gradient(theta, slope)
        self._clip(slope)
        if self._share is None:
            self._move(theta, grad, lr, step, 0, slice(None))
        else:
            self._share(len(self._spans), partial(self._move, theta, grad, lr, step))

    def _move(self, theta: np.ndarray, grad: np.ndarray, lr: float, step: int, number: int, piece: slice) -> None:
        """Some of the spans, in the working memory of that number."""
        for span, slots in self._spans[piece]:
            here, along, size = theta, grad, span.stop - span.start
            if size < theta.size:
                here, along = theta[span.start:span.stop], grad[span.start:span.stop]
            self.optimizer.step(
                here, along, slots, self._scratch[number, :, :size], lr=lr * span.multiplier, step=step,
                decayed=span.decayed,
            )

    def _clip(self, slope: np.ndarray) -> None:
        """Bounds every number first, so that both bounds hold in the end."""
        value, norm = self.settings.gradient_clip_value, self.settings.gradient_clip_norm
        if value is not None:
            np.clip(slope, -value, value, out=slope)
        if norm is not None:
            length = sqrt(float(np.dot(slope, slope)))
            if length > norm:
                slope *= norm / length

    @property
    def nbytes(self) -> int:
        """Bytes of slots and working memory."""
        return sum(slot.nbytes for slot in self.slots.values()) + self._memory.nbytes
