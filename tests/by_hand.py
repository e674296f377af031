"""A component run by hand, without a model around it."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from dlcli.core.component import from_yaml
from dlcli.core.context import Context, Flow
from dlcli.core.layer import Layer
from dlcli.core.loss import Loss
from dlcli.core.plan import Plan


def context(plan: Plan | None = None, *, dtype: str = "float64", training: bool = False, seed: int = 0) -> Context:
    """A context with freshly drawn parameters and buffers, and room for their gradients."""
    plan = plan or Plan(out_shape=())
    rng = np.random.default_rng(seed)
    params, buffers = (
        {name: p.initializer.draw(p.shape, rng).astype(dtype) for name, p in declared.items()}
        for declared in (plan.params, plan.buffers)
    )
    return Context(
        plan=plan, params=params, grads={name: np.zeros_like(p) for name, p in params.items()},
        buffers=buffers, dtype=np.dtype(dtype), training=training, needs_dx=True, rng=rng, flow=Flow(),
    )


def layer(keys: Any) -> Layer:
    """A layer from YAML."""
    made: Layer = from_yaml(Layer, keys)
    return made


def loss(keys: Any) -> Loss:
    """A loss from YAML."""
    made: Loss = from_yaml(Loss, keys)
    return made


def loss_and_gradient(
    keys: Any, y_pred: np.ndarray, y_true: np.ndarray, weight: Any = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Losses and the derivative of sum(weight * losses)."""
    made, ctx = loss(keys), context(dtype=y_pred.dtype.name)
    losses = made.forward(ctx, y_pred, y_true).copy()
    return losses, made.backward(ctx, weight)


UFUNC_BUFFER = 50_000
"""Bytes that NumPy itself takes for a moment where a ufunc broadcasts or converts, however large the arrays are."""


def peak_of(work: Callable[[], Any]) -> int:
    """Bytes allocated at the same time during the second call of `work`."""
    work()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
