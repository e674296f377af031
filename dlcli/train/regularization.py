"""L1 and L2 penalties on slices of theta, and their gradients."""

import numpy as np

from dlcli.core.memory import Memory
from dlcli.core.params import Layout, Regularizer


class Regularization:
    """The penalties of a model: one for all kernels (`regularization:`), and those of single parameters.

    Without any it costs nothing.
    """

    def __init__(self, layout: Layout, everywhere: Regularizer | None, dtype: np.dtype) -> None:
        spans: list[tuple[slice, Regularizer]] = []
        if everywhere is not None and layout.decayed:
            spans.append((slice(0, layout.decayed), everywhere))
        spans += [
            (slice(slot.start, slot.stop), slot.param.regularizer)
            for slot in layout if slot.param.regularizer is not None and slot.stop <= layout.trainable
        ]
        self._spans = [(span, r) for span, r in spans if r.l1 or r.l2]
        self._memory = Memory(dtype)

    def penalty(self, theta: np.ndarray) -> float:
        """l1 * sum|w| + l2 * sum w**2 over all regularized parameters."""
        total = 0.0
        for span, r in self._spans:
            w = theta[span]
            if r.l2:
                total += r.l2 * float(np.dot(w, w))
            if r.l1:
                total += r.l1 * float(np.add.reduce(np.abs(w, out=self._memory.empty("w", w.shape))))
        return total

    def add_gradient(self, theta: np.ndarray, grad: np.ndarray) -> None:
        """grad += 2 l2 w + l1 sign(w)."""
        for span, r in self._spans:
            w, term = theta[span], self._memory.empty("w", theta[span].shape)
            if r.l2:
                grad[span] += np.multiply(w, 2 * r.l2, out=term)
            if r.l1:
                np.sign(w, out=term)
                term *= r.l1
                grad[span] += term
