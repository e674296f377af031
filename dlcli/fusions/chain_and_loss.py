"""Dense layers at the end of a model, and the loss behind them: there, back and all between in one call."""

from collections.abc import Callable

import numpy as np

from dlcli.core.context import Context
from dlcli.core.fusion import LearnEnd, Weight
from dlcli.core.loss import Loss
from dlcli.kernels.chain_end import chain_binary_crossentropy, chain_categorical_crossentropy, chain_mse
from dlcli.kernels.dense import Chain
from dlcli.losses.binary_crossentropy import BinaryCrossentropy
from dlcli.losses.categorical_crossentropy import CategoricalCrossentropy
from dlcli.losses.mse import Mse

Kernel = Callable[..., None]
Takes = Callable[[np.ndarray, Chain], bool]


def learner(chain_for: Callable[[np.ndarray], Chain], loss: Loss, ctx: Context) -> LearnEnd | None:
    """For a cross-entropy of logits without options, or a squared error; None for other losses.

    `chain_for` gives the chain for as many rows as x has, one for each sample. What comes back does batches of which
    each sample has a label, or as many numbers as there are outputs, and all the same weight.
    """
    found = _kernel(loss)
    if found is None:
        return None
    kernel, takes, linked = found

    def learn(x: np.ndarray, y_true: np.ndarray, weight: Weight) -> tuple[np.ndarray, np.ndarray | None] | None:
        chain = chain_for(x)
        if isinstance(weight, np.ndarray) or not takes(y_true, chain):
            return None
        kernel(x if x.ndim == 2 else x.reshape(chain.rows, chain.inputs), y_true, chain, weight=weight)
        ctx.passed_over, ctx.terms, ctx.predictions = None, chain.rows, chain.judged.p if linked else chain.y
        return chain.judged.losses, chain.first_dx.reshape(x.shape) if chain.dx else None

    return learn


def _kernel(loss: Loss) -> tuple[Kernel, Takes, bool] | None:
    """The kernel, which targets it takes, and whether predictions are what a link makes of the outputs."""
    if isinstance(loss, Mse):
        return chain_mse, _numbers, False
    if isinstance(loss, CategoricalCrossentropy | BinaryCrossentropy) and loss.from_logits and not loss.label_smoothing:
        if isinstance(loss, BinaryCrossentropy):
            return chain_binary_crossentropy, _bits, True
        if loss.ignore_class is None:
            return chain_categorical_crossentropy, _labels, True
    return None


def _labels(y_true: np.ndarray, chain: Chain) -> bool:
    return y_true.shape == (chain.rows,) and y_true.dtype == np.intp


def _bits(y_true: np.ndarray, chain: Chain) -> bool:
    return _labels(y_true, chain) and chain.units == 1


def _numbers(y_true: np.ndarray, chain: Chain) -> bool:
    return y_true.size == chain.y.size and y_true.dtype == chain.y.dtype
