"""Analytic gradients against numeric ones, along a random direction for each parameter and for the input.

Everything is computed in float64. A direction touches all numbers of a parameter at once, so one comparison
finds a single wrong entry, at the price of a handful of forward passes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from dlcli.core.context import Flow
from dlcli.core.layer import Layer, Planned
from dlcli.core.loss import Loss
from dlcli.model import Model, Pass
from dlcli.train.lanes import loss_context

TOLERANCE = 1e-6
"""Largest relative error of a right gradient."""
FLOOR = 1e-4
"""Slopes below this share of the function's value count as this large: rounding is all that could be compared."""
STEPS = (1e-4, 1e-5, 1e-6)
DIRECTIONS = 5
"""How many directions are tried where the function has a kink nearby."""


@dataclass(frozen=True)
class Difference:
    """One comparison of slopes along a direction.

    `name` is the parameter's full name (`dense/kernel`) or `input`. `relative_error` is NaN and `ok` True where nothing
    was compared; `note` then says why.
    """

    name: str
    analytic: float
    numeric: float
    relative_error: float
    ok: bool
    note: str = ""


def check_layer(
    layer: Layer,
    in_shape: tuple[int, ...],
    rng: "np.random.Generator",
    batch: int = 3,
    *,
    integers: int = 0,
    training: bool = True,
) -> list[Difference]:
    """Checks one layer on random samples of `in_shape`, weighting its outputs by random numbers.

    `integers`: the samples are ids from 0 to below it, which have no gradient.
    """
    model = Model([layer], in_shape, dtype="float64")
    x = random_input((batch, *in_shape), rng, integers=integers)
    dy = rng.standard_normal((batch, *model.out_shape))
    probe = _Probe(model, x, rng, training=training)
    return list(_differences(
        probe, rng, lambda y: float(np.sum(dy * y)), lambda y: dy, with_input=not integers,
    ))


def check_model(
    model: Model, loss: Loss, x: np.ndarray, y: np.ndarray, rng: "np.random.Generator", *, training: bool = True,
) -> list[Difference]:
    """Checks a model with dtype float64 on x: (N, *in_shape), y: (N, ...), the mean loss being the function.

    Parameters are new ones, and they and x are moved a little, since zero biases and equal pixels put activations and
    maxima right on their kinks. Where a layer has no exact gradient, neither it nor what comes before it is compared.
    The input is not compared where a layer takes ids.
    """
    assert model.dtype == np.float64, "gradients are compared in float64"
    flow = Flow()
    ctx = loss_context(model, flow)
    weight = 1.0 / len(x)

    def value(y_pred: np.ndarray) -> float:
        return weight * float(np.sum(loss.forward(ctx, y_pred, y)))

    def slope(y_pred: np.ndarray) -> np.ndarray:
        loss.forward(ctx, y_pred, y)
        return loss.backward(ctx, weight)

    ids = ids_below(model) > 0
    x = np.array(x, np.float64)
    if not ids:
        x += 0.01 * (float(x.std()) or 1.0) * rng.standard_normal(x.shape)
    probe = _Probe(model, x, rng, training=training, flow=flow)
    return list(_differences(probe, rng, value, slope, with_input=not ids))


def random_input(shape: tuple[int, ...], rng: "np.random.Generator", *, integers: int = 0) -> np.ndarray:
    """Numbers of both signs and at least 0.1 away from 0, where relu and its like have their kink; or ids."""
    if integers:
        return rng.integers(0, integers, shape).astype(np.float64)
    return rng.uniform(0.1, 1.5, shape) * rng.choice((-1.0, 1.0), shape)


def ids_below(model: Model) -> int:
    """The exclusive upper bound of the ids that a model takes; 0 where it takes numbers."""
    return min((node.plan.ids or 0 for node in _tree(model.nodes) if node.layer.ids), default=0)


class _Probe:
    """A model at one point: parameters, an input, and random draws that are the same at every forward pass."""

    def __init__(
        self, model: Model, x: np.ndarray, rng: "np.random.Generator", *, training: bool, flow: Flow | None = None,
    ) -> None:
        self.model = model
        self.x = np.array(x, np.float64)
        self.theta, self._buffers = model.initialize(rng)
        self.theta += 0.1 * rng.standard_normal(self.theta.shape)
        self._buffers_before = self._buffers.copy()
        self._draws = np.random.default_rng(int(rng.integers(2**32)))
        self._draws_before: Any = self._draws.bit_generator.state
        self._training, self._flow = training, flow

    def through(self, *, input_gradient: bool) -> Pass:
        """A new pass at this point, its gradient NaN until it is written."""
        new = Pass(
            self.model, self.theta, self._buffers, rng=self._draws, training=self._training,
            input_gradient=input_gradient, flow=self._flow,
        )
        new.grad.fill(np.nan)
        return new

    def outputs(self, through: Pass) -> np.ndarray:
        """What the model makes of x, with the same dropout masks and the same running means as ever."""
        self._draws.bit_generator.state = self._draws_before
        self._buffers[:] = self._buffers_before
        return through.forward(self.x)


def _differences(
    probe: _Probe,
    rng: "np.random.Generator",
    value: Callable[[np.ndarray], float],
    slope: Callable[[np.ndarray], np.ndarray],
    *,
    with_input: bool,
) -> Iterator[Difference]:
    model = probe.model
    inexact = _last_inexact(model.nodes)
    after = {slot.name for slot in model.layout} if inexact < 0 else _params_after(model, inexact)
    through = probe.through(input_gradient=with_input)
    y = probe.outputs(through)
    dx = through.backward(slope(y).copy())
    dx = None if dx is None else dx.copy()
    grads = model.layout.views(through.grad.copy())
    numbers = model.layout.views(probe.theta)

    def at_point() -> float:
        return value(probe.outputs(through))

    why = "a layer at or behind it has no exact gradient"
    for name, grad in grads.items():
        yield compare(name, numbers[name], grad, at_point, rng) if name in after else _skipped(name, why)
    if inexact >= 0:
        yield _skipped("input", why)
    elif dx is None:
        yield _skipped("input", "ids have no gradient")
    else:
        yield compare("input", probe.x, dx, at_point, rng)


def compare(
    name: str, at: np.ndarray, grad: np.ndarray, function: Callable[[], float], rng: "np.random.Generator",
) -> Difference:
    """Compares `grad` with the slopes of `function`, which reads the array `at`: moved in place, and put back.

    Tries directions until one shows no kink.
    """
    middle = function()
    for _ in range(DIRECTIONS):
        direction = rng.standard_normal(at.shape)
        direction /= sqrt(float(np.sum(direction**2))) or 1.0
        numeric, smooth = _slope(at, direction, function, middle)
        if smooth:
            break
    analytic = float(np.sum(grad * direction))
    typical = sqrt(float(np.sum(grad**2)) / max(1, grad.size))  # of a slope along a random direction
    size = max(abs(analytic), abs(numeric), typical, FLOOR * max(1.0, abs(middle)))
    error = abs(analytic - numeric) / size
    note = "" if smooth else "the function has a kink here: draw other numbers"
    return Difference(name, analytic, numeric, error, bool(error <= TOLERANCE), note)


def _slope(
    at: np.ndarray, direction: np.ndarray, function: Callable[[], float], middle: float,
) -> tuple[float, bool]:
    """The slope along `direction`, and whether the function is smooth there.

    Central differences over h and 2 h, extrapolated to order h^4. Smooth is where two steps agree, and where the
    slopes to the left and to the right come nearer to each other as h shrinks.
    """
    kept = at.copy()
    rounding = 1e-9 * max(1.0, abs(middle))
    before: tuple[float, float] | None = None
    for h in STEPS:
        values = []
        for step in (2 * h, h, -h, -2 * h):
            np.add(kept, step * direction, out=at)
            values.append(function())
        at[...] = kept
        far, near, left_near, left_far = values
        slope = (8 * (near - left_near) - (far - left_far)) / (12 * h)
        bend = abs(near - 2 * middle + left_near) / h
        if before is not None:
            agree = abs(slope - before[0]) <= 1e-6 * abs(slope) + 5 * rounding
            if agree and bend <= max(0.5 * before[1], 1e-6 * abs(slope) + 5 * rounding):
                return before[0], True
        before = slope, bend
    assert before is not None
    return before[0], False


def _skipped(name: str, why: str) -> Difference:
    return Difference(name, float("nan"), float("nan"), float("nan"), True, f"not compared: {why}")


def _last_inexact(nodes: tuple[Planned, ...]) -> int:
    """The number of the last layer without an exact gradient, in it or among its own layers; -1 where there is none."""
    numbers = [i for i, top in enumerate(nodes) if any(not n.layer.exact_gradient for n in _tree((top,)))]
    return numbers[-1] if numbers else -1


def _params_after(model: Model, number: int) -> set[str]:
    before = tuple(f"{node.name}/" for node in model.nodes[:number + 1])
    later = tuple(f"{node.name}/" for node in model.nodes[number + 1:])
    # `dense/` of a dense layer is also the beginning of the name of its activation, `dense/step`.
    return {s.name for s in model.layout if s.name.startswith(later) and not s.name.startswith(before)}


def _tree(nodes: tuple[Planned, ...]) -> Iterator[Planned]:
    for node in nodes:
        yield node
        yield from _tree(node.plan.children)
