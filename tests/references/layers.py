"""Layers: `name(layer, params, x) -> y` in evaluation mode; params and x are float64."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Params = Mapping[str, np.ndarray]


def each(function: Callable[[float], float], x: np.ndarray) -> np.ndarray:
    return np.array([function(float(value)) for value in x.ravel()]).reshape(x.shape)


def activate(activation: Any, x: np.ndarray) -> np.ndarray:
    return x if activation is None else globals()[activation.type_name()](activation, {}, x)


def dense(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    W = params["kernel"]
    rows = x.reshape(-1, W.shape[0])
    y = np.zeros((len(rows), W.shape[1]))
    for n in range(len(rows)):
        for o in range(W.shape[1]):
            y[n, o] = params["bias"][o] if layer.use_bias else 0.0
            for i in range(W.shape[0]):
                y[n, o] += rows[n, i] * W[i, o]
    return activate(layer.activation, y.reshape(*x.shape[:-1], W.shape[1]))


def flatten(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return np.array([[float(value) for value in sample.ravel()] for sample in x]).reshape(len(x), -1)


def rescaling(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return each(lambda v: layer.scale * v + layer.offset, x)


def reshape(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return np.array([sample.ravel().reshape(layer.shape) for sample in x])


def input(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return x


def dropout(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return x


def activation(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return activate(layer.activation, x)


def linear(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return x


def relu(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return each(lambda v: v if v > 0 else 0.0, x)


def leaky_relu(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return each(lambda v: v if v > 0 else layer.negative_slope * v, x)


def sigmoid(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return each(lambda v: 1 / (1 + math.exp(-v)) if v > 0 else math.exp(v) / (1 + math.exp(v)), x)


def tanh(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return each(math.tanh, x)


def elu(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return each(lambda v: v if v > 0 else layer.alpha * math.expm1(v), x)


def gelu(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    if layer.approximate:
        return each(lambda v: 0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))), x)
    return each(lambda v: 0.5 * v * math.erfc(-v / math.sqrt(2)), x)


def softplus(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return each(lambda v: max(v, 0.0) + math.log1p(math.exp(-abs(v))), x)


def step(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return each(lambda v: 1.0 if v > 0 else 0.0, x)


def softmax(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    y = []
    for row in x.reshape(-1, x.shape[-1]):
        powers = [math.exp(v - max(row)) for v in row]
        y.append([power / math.fsum(powers) for power in powers])
    return np.array(y).reshape(x.shape)


from references.conv_layers import *  # noqa: E402, F403  (it uses what stands above)
from references.sequence_layers import *  # noqa: E402, F403
