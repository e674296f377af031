"""From a gradient to new parameters: penalties, clipping, the optimizer's step."""

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


class Update:
    """Moves the parameters of one model; `slots` are the vectors that its optimizer keeps."""

    def __init__(
        self, layout: Layout, optimizer: Optimizer, regularizer: Regularizer | None, settings: Training,
        dtype: np.dtype,
    ) -> None:
        self.layout = layout
        self.optimizer = optimizer
        self.settings = settings
        self.slots = {name: aligned_zeros(layout.trainable, dtype) for name in optimizer.slots()}
        self._regularization = Regularization(layout, regularizer, dtype)
        self._memory = Memory(dtype)
        spans = layout.spans(by_parameter=optimizer.by_parameter, longest=BLOCK)
        longest = max((span.stop - span.start for span in spans), default=0)
        scratch = self._memory.empty("scratch", (optimizer.scratch, longest))
        self._spans = [
            (span, {name: slot[span.start:span.stop] for name, slot in self.slots.items()},
             scratch[:, :span.stop - span.start])
            for span in spans
        ]

    def penalty(self, theta: np.ndarray) -> float:
        """What the regularization adds to the loss."""
        return self._regularization.penalty(theta)

    def apply(self, theta: np.ndarray, grad: np.ndarray, *, lr: float, step: int) -> None:
        """One step in place, the `step`th from 1; theta and grad are whole vectors of the layout; overwrites grad."""
        slope = grad[:self.layout.trainable]
        self._regularization.add_gradient(theta, slope)
        self._clip(slope)
        for span, slots, scratch in self._spans:
            here, along = theta, grad
            if span.stop - span.start < theta.size:
                here, along = theta[span.start:span.stop], grad[span.start:span.stop]
            self.optimizer.step(
                here, along, slots, scratch, lr=lr * span.multiplier, step=step, decayed=span.decayed,
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
