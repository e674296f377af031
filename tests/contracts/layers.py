"""One layer at work: planned, initialized, run forward and backward on made samples."""

from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

from contracts.walk import Case
from dlcli.model import Model, Pass
from dlcli.train.gradient_check import random_input


@dataclass(frozen=True)
class Results:
    """Copies of what one forward and backward pass gave."""

    y: np.ndarray
    dx: np.ndarray | None
    grads: dict[str, np.ndarray]

    def same_bits(self, other: "Results") -> bool:
        mine, theirs = self._arrays(), other._arrays()
        return mine.keys() == theirs.keys() and all(np.array_equal(a, theirs[k]) for k, a in mine.items())

    def assert_close(self, other: "Results", tolerance: float) -> None:
        mine, theirs = self._arrays(), other._arrays()
        assert mine.keys() == theirs.keys()
        for name, array in mine.items():
            size = max(1.0, float(np.abs(theirs[name]).max(initial=0)))
            np.testing.assert_allclose(array, theirs[name], rtol=0, atol=tolerance * size, err_msg=name)

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {"y": self.y, **self.grads}
        return arrays if self.dx is None else {**arrays, "dx": self.dx}


class Rig:
    """A model of one layer with made parameters. Running means are those of a few batches, not the first ones."""

    def __init__(self, case: Case, *, dtype: str = "float64", seed: int = 1, **changes: Any) -> None:
        self.layer = case.build(**changes)
        self.integers = case.integers
        self.in_shape = case.shape
        self.model = Model([self.layer], case.shape, dtype=dtype)
        rng = np.random.default_rng(seed)
        theta, buffers = Model([self.layer], case.shape, dtype="float64").initialize(rng)
        theta += 0.1 * rng.standard_normal(theta.shape)
        self.theta, self.buffers = theta.astype(dtype), buffers.astype(dtype)
        if len(buffers):
            settling = self.through(training=True)
            for _ in range(3):
                settling.forward(self.x(8, rng=rng))

    def x(self, batch: int, *, rng: np.random.Generator | None = None) -> np.ndarray:
        rng = rng or np.random.default_rng(2)
        return random_input((batch, *self.in_shape), rng, integers=self.integers).astype(self.model.dtype)

    def dy(self, batch: int, *, seed: int = 3) -> np.ndarray:
        rng = np.random.default_rng(seed)
        return rng.standard_normal((batch, *self.model.out_shape)).astype(self.model.dtype)

    def through(
        self, *, training: bool = False, own_buffers: bool = False, input_gradient: bool | None = None,
    ) -> Pass:
        """A new pass that draws the same random numbers as every other, its gradient NaN until it is written.

        Nothing is fused: it is the layer's own work that is looked at.
        """
        with mock.patch("dlcli.model.FUSIONS", ()):
            new = Pass(
                self.model, self.theta, self.buffers.copy() if own_buffers else self.buffers,
                rng=np.random.default_rng(4), training=training,
                input_gradient=not self.integers if input_gradient is None else input_gradient,
            )
        new.grad.fill(np.nan)
        return new

    def run(self, x: np.ndarray, dy: np.ndarray, *, training: bool = False, through: Pass | None = None) -> Results:
        """Forward and backward on a pass of its own, or on the given one."""
        through = through or self.through(training=training, own_buffers=True)
        y = through.forward(x).copy()
        return results(through, y, through.backward(dy))

    def params(self) -> dict[str, np.ndarray]:
        """Parameters and buffers by the names that the layer gave them, as `tests/references` wants them."""
        views = {**self.model.layout.views(self.theta), **self.model.buffers.views(self.buffers)}
        return {name.partition("/")[2]: view for name, view in views.items()}

    def draws_at_random(self) -> bool:
        """Whether the layer's training pass takes random numbers."""
        through = self.through(training=True, own_buffers=True)
        rng = np.random.default_rng(4)
        through.forward(self.x(2))
        drawing: Any = through.contexts[0].rng
        return bool(drawing.bit_generator.state != rng.bit_generator.state)


def results(through: Pass, y: np.ndarray, dx: np.ndarray | None) -> Results:
    grads = {name: view.copy() for name, view in through.model.layout.views(through.grad).items()}
    return Results(y, None if dx is None else dx.copy(), grads)


def not_contiguous(array: np.ndarray) -> dict[str, np.ndarray]:
    """Equal arrays whose numbers lie otherwise in memory."""
    strided = np.zeros((2 * len(array), *array.shape[1:-1], *(2 * n for n in array.shape[1:][-1:])), array.dtype)
    view = strided[::2, ..., ::2] if array.ndim > 1 else strided[::2]
    view[...] = array
    backwards = np.ascontiguousarray(array[::-1])[::-1]
    return {"Fortran order": np.asfortranarray(array), "every other number": view, "negative stride": backwards}
