"""Dense layers in a row and what stands behind them, as one piece of work.

That is the softmax of predictions; or, while they learn, a loss: forward, losses and all gradients.
"""

import numpy as np

from dlcli.kernels.binary_crossentropy import binary_crossentropy, binary_crossentropy_gradient
from dlcli.kernels.categorical_crossentropy import categorical_crossentropy, categorical_crossentropy_gradient
from dlcli.kernels.choice import kernel
from dlcli.kernels.dense import Chain, chain_backward, chain_forward
from dlcli.kernels.softmax import softmax


@kernel
def chain_softmax(x: np.ndarray, chain: Chain) -> None:
    """What the chain leaves of x: (M, inputs), and `chain.judged` p = softmax(y)."""
    chain_forward(x, chain)
    judged = chain.judged
    softmax(chain.y, out=judged.p, peak=judged.work[0], total=judged.work[1], columns=judged.columns)


@kernel
def chain_categorical_crossentropy(x: np.ndarray, labels: np.ndarray, chain: Chain, *, weight: float) -> None:
    """What the chain leaves of x: (M, inputs), and `chain.judged` p = softmax(y) and the losses of `labels`: (M,).

    The gradients are those of `weight` times the sum of the losses; those of the outputs are left in `judged.dy`.
    """
    chain_forward(x, chain)
    judged, picked = chain.judged, chain.judged.work[2]
    np.add(labels, judged.starts, out=judged.at)
    categorical_crossentropy(
        chain.y, judged.at, p=judged.p, losses=judged.losses, peak=judged.work[0], total=judged.work[1], picked=picked,
        columns=judged.columns,
    )
    categorical_crossentropy_gradient(judged.p, judged.at, scale=weight, out=judged.dy, picked=picked)
    chain_backward(x, judged.dy, chain)


@kernel
def chain_binary_crossentropy(x: np.ndarray, labels: np.ndarray, chain: Chain, *, weight: float) -> None:
    """The same for one output: p = sigmoid(y), with labels 0 and 1."""
    chain_forward(x, chain)
    judged, shape = chain.judged, chain.y.shape
    targets, work = judged.work[0].reshape(shape), judged.work[1].reshape(shape)
    targets[:, 0] = labels
    binary_crossentropy(chain.y, targets, p=judged.p, cross=judged.losses.reshape(shape), work=work)
    binary_crossentropy_gradient(judged.p, targets, scale=weight, out=judged.dy)
    chain_backward(x, judged.dy, chain)


@kernel
def chain_mse(x: np.ndarray, targets: np.ndarray, chain: Chain, *, weight: float) -> None:
    """The same for the mean of (y - targets)^2 over the outputs of a sample, `targets`: (M, ...); overwrites p."""
    chain_forward(x, chain)
    judged, K = chain.judged, chain.units
    np.subtract(chain.y, targets.reshape(chain.y.shape), out=judged.dy)
    np.add.reduce(np.square(judged.dy, out=judged.p), axis=1, out=judged.losses)
    np.multiply(judged.losses, 1 / K, out=judged.losses)
    np.multiply(judged.dy, weight * (2 / K), out=judged.dy)
    chain_backward(x, judged.dy, chain)
