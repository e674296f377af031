"""Layers over images and steps, normalisations and their kin; found through references/layers.py, which takes them in.

As there: `name(layer, params, x) -> y` in evaluation mode; `params` holds the buffers too.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from references import layers

Params = Mapping[str, np.ndarray]

__all__ = [
    "average_pooling1d", "average_pooling2d", "batch_normalization", "conv1d", "conv2d", "conv2d_transpose",
    "cropping2d", "depthwise_conv2d", "gaussian_noise", "global_average_pooling1d", "global_average_pooling2d",
    "global_max_pooling1d", "global_max_pooling2d", "group_normalization", "hard_sigmoid", "hard_swish", "hard_tanh",
    "layer_normalization", "max_pooling1d", "max_pooling2d", "mish", "prelu", "relu6", "rms_normalization", "selu",
    "separable_conv2d", "spatial_dropout1d", "spatial_dropout2d", "swish", "up_sampling2d", "zero_padding2d",
]


def axis(n: int, k: int, stride: int, dilation: int, padding: str) -> list[list[tuple[int, int]]]:
    """For every position of a window along one axis: which of its places meets which cell."""
    reach = (k - 1) * dilation + 1
    if padding == "valid":
        starts = range(0, n - reach + 1, stride)
    elif padding == "same":
        count = math.ceil(n / stride)
        missing = max(stride * (count - 1) + reach - n, 0)
        starts = range(-(missing // 2), -(missing // 2) + stride * count, stride)
    else:
        starts = range(1 - reach, n - reach + 1, stride)
    return [[(i, s + i * dilation) for i in range(k) if 0 <= s + i * dilation < n] for s in starts]


def pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def windows(x: np.ndarray, size: Any, strides: Any, dilation: Any, padding: str) -> Iterator[Any]:
    """(n, p, q) of every window of x: (N, H, W, C), and the (i, j, r, c) that meet there."""
    rows, columns = (
        axis(x.shape[a + 1], size[a], strides[a], dilation[a], padding) for a in (0, 1)
    )
    for n, p, q in product(range(len(x)), range(len(rows)), range(len(columns))):
        yield (n, p, q), [(i, j, r, c) for i, r in rows[p] for j, c in columns[q]]


def stacked(cells: dict[tuple[int, int, int], np.ndarray]) -> np.ndarray:
    y = np.zeros([1 + max(key[a] for key in cells) for a in range(3)] + [len(next(iter(cells.values())))])
    for key, value in cells.items():
        y[key] = value
    return y


def correlate(x: np.ndarray, W: np.ndarray, strides: Any, dilation: Any, padding: str, groups: int = 1) -> np.ndarray:
    I, O = W.shape[2], W.shape[3] // groups  # noqa: E741
    cells = {}
    for key, met in windows(x, W.shape[:2], strides, dilation, padding):
        value = np.zeros(W.shape[3])
        for (i, j, r, c), o, channel in product(met, range(W.shape[3]), range(I)):
            value[o] += x[key[0], r, c, o // O * I + channel] * W[i, j, channel, o]
        cells[key] = value
    return stacked(cells)


def finish(layer: Any, params: Params, y: np.ndarray) -> np.ndarray:
    return layers.activate(layer.activation, y + params["bias"] if layer.use_bias else y)


def conv2d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    y = correlate(x, params["kernel"], layer.strides, layer.dilation_rate, layer.padding, layer.groups)
    return finish(layer, params, y)


def conv1d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    y = correlate(
        x[:, None], params["kernel"][None], (1, layer.strides), (1, layer.dilation_rate), layer.padding, layer.groups,
    )
    return finish(layer, params, y[:, 0])


def depthwise(x: np.ndarray, W: np.ndarray, layer: Any) -> np.ndarray:
    C, M = W.shape[2:]
    cells = {}
    for key, met in windows(x, W.shape[:2], layer.strides, layer.dilation_rate, layer.padding):
        value = np.zeros(C * M)
        for (i, j, r, c), channel, m in product(met, range(C), range(M)):
            value[channel * M + m] += x[key[0], r, c, channel] * W[i, j, channel, m]
        cells[key] = value
    return stacked(cells)


def depthwise_conv2d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return finish(layer, params, depthwise(x, params["kernel"], layer))


def separable_conv2d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return finish(layer, params, depthwise(x, params["depthwise_kernel"], layer) @ params["pointwise_kernel"][0, 0])


def conv2d_transpose(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    """Every number of x paints the whole window into y, at stride times its own place."""
    W = params["kernel"]
    extents, cut = [], []
    for a in (0, 1):
        n, k, s = x.shape[a + 1], (W.shape[a] - 1) * layer.dilation_rate[a] + 1, layer.strides[a]
        extra = None if layer.output_padding is None else layer.output_padding[a]
        if layer.padding == "valid":
            extents.append((n - 1) * s + k + (max(s - k, 0) if extra is None else extra))
            cut.append(0)
        else:
            extents.append(n * s if extra is None else (n - 1) * s + k % 2 + extra)
            cut.append(max((n - 1) * s + k - extents[a], 0) // 2)
    y = np.zeros((len(x), *extents, W.shape[2]))
    for n, p, q, i, j in product(*map(range, x.shape[:3]), *map(range, W.shape[:2])):
        r = p * layer.strides[0] + i * layer.dilation_rate[0] - cut[0]
        c = q * layer.strides[1] + j * layer.dilation_rate[1] - cut[1]
        if 0 <= r < extents[0] and 0 <= c < extents[1]:
            for o, channel in product(range(W.shape[2]), range(W.shape[3])):
                y[n, r, c, o] += x[n, p, q, channel] * W[i, j, o, channel]
    return finish(layer, params, y)


def pool(layer: Any, x: np.ndarray, size: Any, strides: Any, function: Any) -> np.ndarray:
    cells = {}
    for key, met in windows(x, size, strides, (1, 1), layer.padding):
        cells[key] = np.array([function([x[key[0], r, c, k] for _, _, r, c in met]) for k in range(x.shape[3])])
    return stacked(cells)


def average(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def max_pooling2d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return pool(layer, x, layer.pool_size, layer.strides or layer.pool_size, max)


def average_pooling2d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return pool(layer, x, layer.pool_size, layer.strides or layer.pool_size, average)


def max_pooling1d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return pool(layer, x[:, None], (1, layer.pool_size), (1, layer.strides or layer.pool_size), max)[:, 0]


def average_pooling1d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return pool(layer, x[:, None], (1, layer.pool_size), (1, layer.strides or layer.pool_size), average)[:, 0]


def everywhere(layer: Any, x: np.ndarray, function: Any) -> np.ndarray:
    y = [[function([float(v) for v in sample[..., c].ravel()]) for c in range(x.shape[-1])] for sample in x]
    return np.array(y).reshape(len(x), *(1,) * ((x.ndim - 2) * layer.keepdims), x.shape[-1])


def global_max_pooling1d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return everywhere(layer, x, max)


def global_average_pooling1d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return everywhere(layer, x, average)


global_max_pooling2d, global_average_pooling2d = global_max_pooling1d, global_average_pooling1d


def between(n: int, times: int, y: int) -> list[tuple[int, float]]:
    """The cells that a place in an image `times` as large lies between, and how near it is to each."""
    place = min(max((y + 0.5) / times - 0.5, 0), n - 1)
    low = math.floor(place)
    return [(low, 1 - (place - low)), (min(low + 1, n - 1), place - low)]


def up_sampling2d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    N, H, W, C = x.shape
    a, b = layer.size
    y = np.zeros((N, H * a, W * b, C))
    for n, p, q, c in product(*map(range, y.shape)):
        if layer.interpolation == "nearest":
            y[n, p, q, c] = x[n, p // a, q // b, c]
        else:
            y[n, p, q, c] = math.fsum(
                u * v * x[n, r, s, c] for r, u in between(H, a, p) for s, v in between(W, b, q)
            )
    return y


def zero_padding2d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return np.pad(x, ((0, 0), *layer.padding, (0, 0)))


def cropping2d(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    (top, bottom), (left, right) = layer.cropping
    return np.array([[row[left:len(row) - right] for row in sample[top:len(sample) - bottom]] for sample in x])


def batch_normalization(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    y = np.empty(x.shape)
    for place in product(*map(range, x.shape)):
        c = place[layer.axis]
        y[place] = (x[place] - params["moving_mean"][c]) / math.sqrt(params["moving_variance"][c] + layer.epsilon)
        y[place] *= params["gamma"][c] if layer.scale else 1
        y[place] += params["beta"][c] if layer.center else 0
    return y


def standard(values: np.ndarray, epsilon: float) -> np.ndarray:
    mean = average(list(values.ravel()))
    spread = math.sqrt(average([(v - mean) ** 2 for v in values.ravel()]) + epsilon)
    return np.array([(v - mean) / spread for v in values.ravel()]).reshape(values.shape)


def axes_last(layer: Any, x: np.ndarray) -> tuple[list[int], np.ndarray]:
    """The axes of `layer.axis`, and x with these at its end."""
    given = [layer.axis] if isinstance(layer.axis, int) else list(layer.axis)
    axes = [a % x.ndim for a in given]
    return axes, np.moveaxis(x, axes, range(x.ndim - len(axes), x.ndim))


def layer_normalization(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    axes, last = axes_last(layer, x)
    y = np.array(last)
    for place in np.ndindex(*last.shape[:last.ndim - len(axes)]):
        y[place] = standard(last[place], layer.epsilon)
        if layer.scale:
            y[place] *= params["gamma"]
        if layer.center:
            y[place] += params["beta"]
    return np.moveaxis(y, range(x.ndim - len(axes), x.ndim), axes)


def rms_normalization(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    axes, last = axes_last(layer, x)
    y = np.array(last)
    for place in np.ndindex(*last.shape[:last.ndim - len(axes)]):
        size = math.sqrt(average([v * v for v in last[place].ravel()]) + layer.epsilon)
        y[place] = last[place] / size * params["scale"]
    return np.moveaxis(y, range(x.ndim - len(axes), x.ndim), axes)


def group_normalization(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    C = x.shape[-1]
    size = C // (C if layer.groups == -1 else layer.groups)
    y = np.array(x)
    for n, start in product(range(len(x)), range(0, C, size)):
        y[n, ..., start:start + size] = standard(x[n, ..., start:start + size], layer.epsilon)
    return y * (params["gamma"] if layer.scale else 1) + (params["beta"] if layer.center else 0)


def gaussian_noise(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return x


spatial_dropout1d = spatial_dropout2d = gaussian_noise


def prelu(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    alpha = np.broadcast_to(params["alpha"], x.shape[1:])
    y = np.empty(x.shape)
    for place in product(*map(range, x.shape)):
        y[place] = x[place] if x[place] > 0 else alpha[place[1:]] * x[place]
    return y


def logistic(v: float) -> float:
    return 1 / (1 + math.exp(-v)) if v > 0 else math.exp(v) / (1 + math.exp(v))


def swish(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return layers.each(lambda v: v * logistic(v), x)


def mish(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return layers.each(lambda v: v * math.tanh(max(v, 0.0) + math.log1p(math.exp(-abs(v)))), x)


def selu(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return layers.each(lambda v: 1.0507009873554805 * (v if v > 0 else 1.6732632423543772 * math.expm1(v)), x)


def hard_sigmoid(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return layers.each(lambda v: 0.0 if v < -3 else 1.0 if v > 3 else v / 6 + 0.5, x)


def hard_swish(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return layers.each(lambda v: 0.0 if v < -3 else v if v > 3 else v * (v + 3) / 6, x)


def hard_tanh(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return layers.each(lambda v: -1.0 if v < -1 else 1.0 if v > 1 else v, x)


def relu6(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return layers.each(lambda v: 0.0 if v < 0 else 6.0 if v > 6 else v, x)
