"""From a gradient to new parameters: penalties, clipping, the optimizer's step."""

from math import sqrt

import numpy as np

from dlcli.core.memory import Memory, aligned_zeros
from dlcli.core.optimizer import Optimizer
from dlcli.core.params import Layout, Regularizer
from dlcli.train.regularization import Regularization
from dlcli.train.settings import Training


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

    def penalty(self, theta: np.ndarray) -> float:
        """What the regularization adds to the loss."""
        return self._regularization.penalty(theta)

    def apply(self, theta: np.ndarray, grad: np.ndarray, *, lr: float, step: int) -> None:
        """One step in place, the `step`th from 1; theta and grad are whole vectors of the layout; overwrites grad."""
        layout = self.layout
        moved, slope = theta[:layout.trainable], grad[:layout.trainable]
        self._regularization.add_gradient(theta, slope)
        if self.settings.gradient_clip_norm is not None:
            length = sqrt(float(np.dot(slope, slope)))
            if length > self.settings.gradient_clip_norm:
                slope *= self.settings.gradient_clip_norm / length
        scratch = self._memory.empty("scratch", (self.optimizer.scratch, len(moved)))
        self.optimizer.step(moved, slope, self.slots, scratch, lr=lr, step=step, decayed=layout.decayed)

    @property
    def nbytes(self) -> int:
        """Bytes of slots and working memory."""
        return sum(slot.nbytes for slot in self.slots.values()) + self._memory.nbytes
