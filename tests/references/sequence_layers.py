"""Layers of layers and layers over steps; found through references/layers.py, which takes them in.

As there: `name(layer, params, x) -> y` in evaluation mode, in Python loops over float64, without a mask.
"""

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from references import layers

Params = Mapping[str, np.ndarray]

__all__ = [
    "bidirectional", "column_embedding", "embedding", "encoder_decoder", "gru", "lstm", "masking",
    "multi_head_attention", "parallel", "permute", "position_embedding", "repeat", "repeat_vector", "residual",
    "sequential", "simple_rnn", "sine_position_encoding", "time_distributed", "transformer_decoder",
    "transformer_encoder",
]


def inside(params: Params, name: str) -> dict[str, np.ndarray]:
    """The parameters of one inner layer, by their names in it."""
    return {key[len(name) + 1:]: value for key, value in params.items() if key.startswith(f"{name}/")}


Encoded = tuple[np.ndarray, np.ndarray] | None
"""What an encoder gave: (N, S, F), and which of its steps are there: (N, S)."""
AWARE = ("multi_head_attention", "parallel", "repeat", "residual", "sequential", "transformer_decoder")


def one(layer: Any, params: Params, x: np.ndarray, encoded: Encoded = None) -> np.ndarray:
    name = layer.type_name()
    return getattr(layers, name)(layer, params, x, **({"encoded": encoded} if name in AWARE else {}))


def row(inner: Any, params: Params, x: np.ndarray, encoded: Encoded = None) -> np.ndarray:
    """Layers one after the other, named after their types, numbered where a type comes twice."""
    count: dict[str, int] = {}
    for layer in inner:
        name = layer.name or layer.type_name()
        number = count[name] = count.get(name, -1) + 1
        x = one(layer, inside(params, f"{name}_{number}" if number else name), x, encoded)
    return x


def sequential(layer: Any, params: Params, x: np.ndarray, encoded: Encoded = None) -> np.ndarray:
    return row(layer.layers, params, x, encoded)


def residual(layer: Any, params: Params, x: np.ndarray, encoded: Encoded = None) -> np.ndarray:
    beside = x if layer.shortcut is None else row(layer.shortcut, inside(params, "shortcut"), x, encoded)
    return row(layer.layers, inside(params, "layers"), x, encoded) + beside


def parallel(layer: Any, params: Params, x: np.ndarray, encoded: Encoded = None) -> np.ndarray:
    parts = [row(branch, inside(params, str(i)), x, encoded) for i, branch in enumerate(layer.branches)]
    if layer.merge == "concatenate":
        return np.concatenate(parts, axis=layer.axis)
    total = parts[0]
    for part in parts[1:]:
        total = total * part if layer.merge == "multiply" else total + part
    return total / len(parts) if layer.merge == "average" else total


def repeat(layer: Any, params: Params, x: np.ndarray, encoded: Encoded = None) -> np.ndarray:
    for i in range(layer.times):
        x = row(layer.layers if layer.layer is None else [layer.layer], inside(params, str(i)), x, encoded)
    return x


def encoder_decoder(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    source, target = np.split(x, [layer.source_length], axis=1)
    there = np.ones(source.shape[:2], bool)
    if getattr(layer.encoder[0], "mask_zero", False):
        there = source != 0
    e = row(layer.encoder, inside(params, "encoder"), source)
    return row(layer.decoder, inside(params, "decoder"), target, (e, there))


def time_distributed(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return np.stack([row([layer.layer], inside(params, "layer"), x[:, t]) for t in range(x.shape[1])], axis=1)


def walk(layer: Any, x: np.ndarray, step: Any) -> np.ndarray:
    """The states that `step(x_t, h, c) -> h, c` reaches, sample by sample."""
    y = []
    for sample in x[:, ::-1] if layer.go_backwards else x:
        h, c, states = np.zeros(layer.units), np.zeros(layer.units), []
        for x_t in sample:
            h, c = step(x_t, h, c)
            states.append(h)
        y.append(states if layer.return_sequences else h)
    return np.array(y)


def sums(params: Params, x_t: np.ndarray, h: np.ndarray, row: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """x_t W + b and h R + b', number by number."""
    W, R = params["kernel"], params["recurrent_kernel"]
    b = params.get("bias", np.zeros((2, W.shape[1])))
    first, second = (b[0], b[1]) if b.ndim == 2 else (b, np.zeros(W.shape[1]))
    from_x = [first[o] + sum(x_t[i] * W[i, o] for i in range(len(x_t))) for o in range(W.shape[1])]
    from_h = [second[o] + sum(h[i] * R[i, o] for i in range(len(h))) for o in range(W.shape[1])]
    return np.array(from_x), np.array(from_h)


def simple_rnn(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    def step(x_t: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return layers.activate(layer.activation, sum(sums(params, x_t, h))), c

    return walk(layer, x, step)


def lstm(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    def step(x_t: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        i, f, g, o = np.split(sum(sums(params, x_t, h)), 4)
        i, f, o = (layers.activate(layer.recurrent_activation, gate) for gate in (i, f, o))
        c = f * c + i * layers.activate(layer.activation, g)
        return o * layers.activate(layer.activation, c), c

    return walk(layer, x, step)


def gru(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    def step(x_t: np.ndarray, h: np.ndarray, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        from_x, from_h = sums(params, x_t, h)
        (x_z, x_r, x_g), (h_z, h_r, h_g) = np.split(from_x, 3), np.split(from_h, 3)
        z = layers.activate(layer.recurrent_activation, x_z + h_z)
        r = layers.activate(layer.recurrent_activation, x_r + h_r)
        if not layer.reset_after:
            h_g, r = np.split(sums(params, x_t, r * h)[1], 3)[2], 1.0
        return z * h + (1 - z) * layers.activate(layer.activation, x_g + r * h_g), c

    return walk(layer, x, step)


def bidirectional(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    first = one(layer.layer, inside(params, "forward"), x)
    second = one(layer.layer, inside(params, "backward"), x[:, ::-1])
    if layer.layer.return_sequences:
        second = second[:, ::-1]
    if layer.merge_mode == "concat":
        return np.concatenate([first, second], axis=-1)
    return {"sum": first + second, "ave": (first + second) / 2, "mul": first * second}[layer.merge_mode]


def masking(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return np.array([[s if any(v != layer.mask_value for v in s.ravel()) else 0 * s for s in sample] for sample in x])


def embedding(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    rows = [params["embeddings"][int(i)] for i in x.ravel()]
    return np.array(rows).reshape(*x.shape, layer.output_dim)


def column_embedding(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    count = len(layer.sizes)
    return np.array([
        np.concatenate([sample[:-count], *(params[f"embeddings_{k}"][int(i)] for k, i in enumerate(sample[-count:]))])
        for sample in x
    ])


def position_embedding(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return np.array([[x_t + params["position_embeddings"][t] for t, x_t in enumerate(sample)] for sample in x])


def sine_position_encoding(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    y, width = x.copy(), x.shape[2]
    for n, t, i in np.ndindex(x.shape):
        angle = t / layer.max_wavelength ** (2 * (i // 2) / width)
        y[n, t, i] += math.cos(angle) if i % 2 else math.sin(angle)
    return y


def repeat_vector(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    return np.array([[sample] * layer.n for sample in x])


def permute(layer: Any, params: Params, x: np.ndarray) -> np.ndarray:
    y = np.zeros((len(x), *(x.shape[axis] for axis in layer.dims)))
    for place in np.ndindex(y.shape):
        source = [place[0], *(0 for _ in layer.dims)]
        for i, axis in enumerate(layer.dims):
            source[axis] = place[i + 1]
        y[place] = x[tuple(source)]
    return y


def multi_head_attention(layer: Any, params: Params, x: np.ndarray, encoded: Encoded = None) -> np.ndarray:
    width = len(params["output_kernel"])
    D = width // layer.num_heads
    y = []
    for n, sample in enumerate(x):
        if layer.cross:
            e = encoded[0][n][encoded[1][n]]
            q = sample @ params["query_kernel"] + params.get("query_bias", 0)
            k, v = np.split(e @ params["key_value_kernel"] + params.get("key_value_bias", 0), 2, axis=1)
        else:
            q, k, v = np.split(sample @ params["qkv_kernel"] + params.get("qkv_bias", 0), 3, axis=1)
        seen = np.zeros((len(sample), width))
        for head in range(layer.num_heads):
            cut = slice(head * D, (head + 1) * D)
            for t in range(len(sample)):
                steps = range(t + 1) if layer.causal else range(len(k))
                powers = [math.exp(float(q[t, cut] @ k[s, cut]) / math.sqrt(D)) for s in steps]
                seen[t, cut] = sum(p * v[s, cut] for p, s in zip(powers, steps, strict=True)) / sum(powers)
        y.append(seen @ params["output_kernel"] + params.get("output_bias", 0))
    return np.array(y)


def transformer_encoder(
    layer: Any, params: Params, x: np.ndarray, *, causal: bool = False, encoded: Encoded = None,
) -> np.ndarray:
    def norm(name: str, x: np.ndarray) -> np.ndarray:
        own = inside(params, name)
        rows = [(r - r.mean()) / math.sqrt(((r - r.mean()) ** 2).mean() + layer.layer_norm_epsilon)
                for r in x.reshape(-1, x.shape[-1])]
        return np.array(rows).reshape(x.shape) * own["gamma"] + own["beta"]

    def attention(x: np.ndarray) -> np.ndarray:
        heads = SimpleNamespace(num_heads=layer.num_heads, causal=causal, cross=False)
        return multi_head_attention(heads, inside(params, "attention/layers/attention"), x)

    def cross_attention(x: np.ndarray) -> np.ndarray:
        heads = SimpleNamespace(num_heads=layer.num_heads, causal=False, cross=True)
        return multi_head_attention(heads, inside(params, "cross_attention/layers/cross_attention"), x, encoded)

    def feedforward(x: np.ndarray) -> np.ndarray:
        wide, narrow = (inside(params, f"feedforward/layers/{name}") for name in ("wide", "narrow"))
        x = layers.activate(layer.activation, x @ wide["kernel"] + wide["bias"])
        return x @ narrow["kernel"] + narrow["bias"]

    crossing = [("cross_attention", cross_attention)] if getattr(layer, "cross", False) else []
    for name, function in (("attention", attention), *crossing, ("feedforward", feedforward)):
        if layer.normalize_first:
            x = x + function(norm(f"{name}/layers/{name}_norm", x))
        else:
            x = norm(f"{name}_norm", x + function(x))
    return x


def transformer_decoder(layer: Any, params: Params, x: np.ndarray, encoded: Encoded = None) -> np.ndarray:
    return transformer_encoder(layer, params, x, causal=True, encoded=encoded)
