"""Layers as PyTorch computes them; imported only where PyTorch is there.

Each is written with torch's own operations on our parameters, channels last, so that autograd gives the gradients of
ours. Recurrent layers are Keras' equations, step by step.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

Tensor = torch.Tensor
Params = dict[str, Tensor]
N, T, WIDTH = 3, 5, 4
"""Samples, steps, numbers a step."""
LENGTHS = np.array([5, 2, 3])
"""How many steps of a padded sample count."""


def first(x: Tensor) -> Tensor:
    """Channels first, as torch has them."""
    return x.movedim(-1, 1)


def last(x: Tensor) -> Tensor:
    return x.movedim(1, -1)


def border(x: Tensor, *, size: int, stride: int = 1, value: float = 0.0) -> Tensor:
    """x: (N, C, ...) with Keras' border for padding: same."""
    borders: list[int] = []
    for n in x.shape[2:]:
        total = max((-(-n // stride) - 1) * stride + size - n, 0)
        borders = [total // 2, total - total // 2, *borders]
    return F.pad(x, borders, value=value)


def conv2d(x: Tensor, p: Params) -> Tensor:
    kernel = p["kernel"].permute(3, 2, 0, 1)
    return last(F.conv2d(border(first(x), size=3, stride=2), kernel, p["bias"], 2, 0, 1, 2))


def conv2d_dilated(x: Tensor, p: Params) -> Tensor:
    return last(F.conv2d(first(x), p["kernel"].permute(3, 2, 0, 1), p["bias"], dilation=2))


def conv1d_causal(x: Tensor, p: Params) -> Tensor:
    return last(F.conv1d(F.pad(first(x), (2, 0)), p["kernel"].permute(2, 1, 0), p["bias"]))


def conv2d_transpose(x: Tensor, p: Params) -> Tensor:
    return last(F.conv_transpose2d(first(x), p["kernel"].permute(3, 2, 0, 1), p["bias"], 2))


def depthwise(x: Tensor, kernel: Tensor) -> Tensor:
    channels, times = kernel.shape[2:]
    kernel = kernel.permute(2, 3, 0, 1).reshape(channels * times, 1, *kernel.shape[:2])
    return last(F.conv2d(border(first(x), size=3), kernel, None, groups=channels))


def recurrent(kind: str, p: Params, x: Tensor, live: Tensor, **options: Any) -> Tensor:
    """All states (N, T, units); a step that is not live carries them over."""
    units = p["recurrent_kernel"].shape[0]
    h = c = x.new_zeros(len(x), units)
    states = []
    for t in range(x.shape[1]):
        h, c = (torch.where(live[:, t, None], new, old)
                for new, old in zip(CELLS[kind](p, x[:, t], h, c, **options), (h, c), strict=True))
        states.append(h)
    return torch.stack(states, 1)


def lstm(p: Params, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    i, f, g, o = (x @ p["kernel"] + h @ p["recurrent_kernel"] + p["bias"]).chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru(p: Params, x: Tensor, h: Tensor, c: Tensor, *, reset_after: bool = True) -> tuple[Tensor, Tensor]:
    bias = p["bias"] if reset_after else torch.stack([p["bias"], torch.zeros_like(p["bias"])])
    xz, xr, xg = (x @ p["kernel"] + bias[0]).chunk(3, 1)
    Rz, Rr, Rg = p["recurrent_kernel"].chunk(3, 1)
    bz, br, bg = bias[1].chunk(3)
    z, r = (xz + h @ Rz + bz).sigmoid(), (xr + h @ Rr + br).sigmoid()
    g = (xg + (r * (h @ Rg + bg) if reset_after else (r * h) @ Rg)).tanh()
    return z * h + (1 - z) * g, c


def simple_rnn(p: Params, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    return (x @ p["kernel"] + h @ p["recurrent_kernel"] + p["bias"]).tanh(), c


CELLS: dict[str, Callable[..., tuple[Tensor, Tensor]]] = {"lstm": lstm, "gru": gru, "simple_rnn": simple_rnn}


def steps(kind: str, *, sequences: bool = False, **options: Any) -> Callable[[Tensor, Params], Tensor]:
    def layer(x: Tensor, p: Params) -> Tensor:
        states = recurrent(kind, p, x, (x != 0).any(2), **options)
        return states if sequences else states[:, -1]

    return layer


def bidirectional(x: Tensor, p: Params) -> Tensor:
    live = torch.ones(x.shape[:2], dtype=torch.bool)
    forward = recurrent("lstm", below(p, "forward"), x, live)
    backward = recurrent("lstm", below(p, "backward"), x.flip(1), live).flip(1)
    return torch.cat([forward, backward], 2)


def below(p: Params, name: str) -> Params:
    return {key.removeprefix(f"{name}/"): value for key, value in p.items() if key.startswith(f"{name}/")}


def attention(x: Tensor, p: Params, *, heads: int = 2, causal: bool = False) -> Tensor:
    q, k, v = (
        part.unflatten(2, (heads, -1)).transpose(1, 2) for part in (x @ p["qkv_kernel"] + p["qkv_bias"]).chunk(3, 2)
    )
    seen = (x != 0).any(2)[:, None, None]
    if causal:
        seen = seen & torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).tril()
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen)
    return y.transpose(1, 2).flatten(2) @ p["output_kernel"] + p["output_bias"]


def dense(x: Tensor, p: Params) -> Tensor:
    return x @ p["kernel"] + p["bias"]


def transformer(*, causal: bool, norm_first: bool) -> Callable[[Tensor, Params], Tensor]:
    def block(x: Tensor, p: Params) -> Tensor:
        for part in ("attention", "feedforward"):
            inner = below(p, f"{part}/layers")
            norm = below(inner, f"{part}_norm") if norm_first else below(p, f"{part}_norm")
            y = F.layer_norm(x, (WIDTH,), norm["gamma"], norm["beta"]) if norm_first else x
            if part == "attention":
                y = attention(y, below(inner, "attention"), causal=causal)
            else:
                y = dense(F.relu(dense(y, below(inner, "wide"))), below(inner, "narrow"))
            x = x + y if norm_first else F.layer_norm(x + y, (WIDTH,), norm["gamma"], norm["beta"])
        return x

    return block


def waves(x: Tensor, p: Params) -> Tensor:
    rates = 10_000.0 ** (-torch.arange(0, WIDTH, 2, dtype=x.dtype) / WIDTH)
    angles = torch.arange(T, dtype=x.dtype)[:, None] * rates
    return x + torch.stack([angles.sin(), angles.cos()], 2).flatten(1)


def only(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Params], Tensor]:
    """Of a layer without parameters."""
    return lambda x, p: function(x)


IMAGE, STEPS, ROW = (6, 5, 4), (T, WIDTH), (6,)
TANH = {"type": "dense", "units": WIDTH, "activation": "tanh"}
BLOCK = {"num_heads": 2, "intermediate_dim": 6}
SEQUENCES = {"return_sequences": True}

CASES: tuple[tuple[Any, tuple[int, ...], Callable[[Tensor, Params], Tensor]], ...] = (
    ({"type": "dense", "units": 3}, STEPS, dense),
    ({"type": "conv2d", "filters": 6, "kernel_size": 3, "strides": 2, "padding": "same", "groups": 2}, IMAGE, conv2d),
    ({"type": "conv2d", "filters": 3, "kernel_size": [2, 2], "dilation_rate": 2}, IMAGE, conv2d_dilated),
    ({"type": "conv1d", "filters": 3, "kernel_size": 3, "padding": "causal"}, STEPS, conv1d_causal),
    ({"type": "conv2d_transpose", "filters": 3, "kernel_size": 3, "strides": 2}, IMAGE, conv2d_transpose),
    ({"type": "depthwise_conv2d", "kernel_size": 3, "padding": "same", "depth_multiplier": 2}, IMAGE,
     lambda x, p: depthwise(x, p["kernel"]) + p["bias"]),
    ({"type": "separable_conv2d", "filters": 3, "kernel_size": 3, "padding": "same"}, IMAGE,
     lambda x, p: depthwise(x, p["depthwise_kernel"]) @ p["pointwise_kernel"][0, 0] + p["bias"]),
    ({"type": "max_pooling2d", "pool_size": 3, "strides": 2, "padding": "same"}, IMAGE,
     only(lambda x: last(F.max_pool2d(border(first(x), size=3, stride=2, value=-torch.inf), 3, 2)))),
    ({"type": "average_pooling2d", "pool_size": 2}, IMAGE, only(lambda x: last(F.avg_pool2d(first(x), 2)))),
    ({"type": "max_pooling1d", "pool_size": 2}, STEPS, only(lambda x: last(F.max_pool1d(first(x), 2)))),
    ({"type": "average_pooling1d", "pool_size": 3, "strides": 1}, STEPS,
     only(lambda x: last(F.avg_pool1d(first(x), 3, 1)))),
    ("global_max_pooling1d", STEPS, only(lambda x: x.amax(1))),
    ("global_average_pooling1d", STEPS, only(lambda x: x.mean(1))),
    ("global_max_pooling2d", IMAGE, only(lambda x: x.amax((1, 2)))),
    ("global_average_pooling2d", IMAGE, only(lambda x: x.mean((1, 2)))),
    ({"type": "up_sampling2d", "size": [2, 3]}, IMAGE,
     only(lambda x: x.repeat_interleave(2, 1).repeat_interleave(3, 2))),
    ({"type": "up_sampling2d", "size": 2, "interpolation": "bilinear"}, IMAGE,
     only(lambda x: last(F.interpolate(first(x), scale_factor=2, mode="bilinear")))),
    ({"type": "zero_padding2d", "padding": [[1, 2], [3, 0]]}, IMAGE, only(lambda x: F.pad(x, (0, 0, 3, 0, 1, 2)))),
    ({"type": "cropping2d", "cropping": [[1, 2], [0, 3]]}, IMAGE, only(lambda x: x[:, 1:-2, :-3])),
    ("batch_normalization", IMAGE,
     lambda x, p: last(F.batch_norm(first(x), None, None, p["gamma"], p["beta"], training=True, eps=1e-3))),
    ("layer_normalization", STEPS, lambda x, p: F.layer_norm(x, (WIDTH,), p["gamma"], p["beta"], 1e-3)),
    ({"type": "group_normalization", "groups": 2}, IMAGE,
     lambda x, p: last(F.group_norm(first(x), 2, p["gamma"], p["beta"], 1e-3))),
    ("rms_normalization", STEPS, lambda x, p: F.rms_norm(x, (WIDTH,), p["scale"], 1e-6)),
    ({"type": "simple_rnn", "units": 3, **SEQUENCES}, STEPS, steps("simple_rnn", sequences=True)),
    ({"type": "lstm", "units": 3}, STEPS, steps("lstm")),
    ({"type": "gru", "units": 3, **SEQUENCES}, STEPS, steps("gru", sequences=True)),
    ({"type": "gru", "units": 3, "reset_after": False}, STEPS, steps("gru", reset_after=False)),
    (["masking", {"type": "simple_rnn", "units": 3}], STEPS, steps("simple_rnn")),
    (["masking", {"type": "lstm", "units": 3}], STEPS, steps("lstm")),
    (["masking", {"type": "gru", "units": 3}], STEPS, steps("gru")),
    ({"type": "bidirectional", "layer": {"type": "lstm", "units": 3, **SEQUENCES}}, STEPS, bidirectional),
    ({"type": "time_distributed", "layer": {"type": "dense", "units": 3}}, STEPS,
     lambda x, p: dense(x, below(p, "layer/dense"))),
    ({"type": "multi_head_attention", "num_heads": 2}, STEPS, attention),
    ({"type": "multi_head_attention", "num_heads": 2, "causal": True}, STEPS,
     lambda x, p: attention(x, p, causal=True)),
    (["masking", {"type": "multi_head_attention", "num_heads": 2}, "global_average_pooling1d"], STEPS,
     lambda x, p: (attention(x, p) * (live := (x != 0).any(2, keepdim=True))).sum(1) / live.sum(1)),
    ({"type": "transformer_encoder", **BLOCK}, STEPS, transformer(causal=False, norm_first=False)),
    ({"type": "transformer_decoder", **BLOCK, "normalize_first": True}, STEPS,
     transformer(causal=True, norm_first=True)),
    ("position_embedding", STEPS, lambda x, p: x + p["position_embeddings"]),
    ("sine_position_encoding", STEPS, waves),
    ({"type": "residual", "layers": [TANH], "shortcut": [{"type": "dense", "units": WIDTH}]}, STEPS,
     lambda x, p: torch.tanh(dense(x, below(p, "layers/dense"))) + dense(x, below(p, "shortcut/dense"))),
    ({"type": "parallel", "branches": [[TANH], []], "merge": "concatenate"}, STEPS,
     lambda x, p: torch.cat([torch.tanh(dense(x, below(p, "0/dense"))), x], 2)),
    ({"type": "parallel", "branches": [[TANH], ["sigmoid"]], "merge": "add"}, STEPS,
     lambda x, p: torch.tanh(dense(x, below(p, "0/dense"))) + x.sigmoid()),
    ({"type": "repeat", "times": 2, "layer": TANH}, STEPS,
     lambda x, p: dense(dense(x, below(p, "0/dense")).tanh(), below(p, "1/dense")).tanh()),
    ({"type": "sequential", "layers": [TANH, "flatten"]}, STEPS,
     lambda x, p: dense(x, below(p, "dense")).tanh().flatten(1)),
    ({"type": "permute", "dims": [3, 1, 2]}, IMAGE, only(lambda x: x.permute(0, 3, 1, 2))),
    ({"type": "reshape", "shape": [10, -1]}, IMAGE, only(lambda x: x.reshape(N, 10, 12))),
    ("flatten", IMAGE, only(lambda x: x.flatten(1))),
    ({"type": "repeat_vector", "n": 3}, ROW, only(lambda x: x[:, None].expand(N, 3, 6))),
    ({"type": "rescaling", "scale": 0.5, "offset": -1}, ROW, only(lambda x: x * 0.5 - 1)),
    ({"type": "activation", "activation": "tanh"}, ROW, only(torch.tanh)),
    ("linear", ROW, only(lambda x: x * 1)),
    ("relu", ROW, only(F.relu)),
    ("relu6", ROW, only(F.relu6)),
    ({"type": "leaky_relu", "negative_slope": 0.2}, ROW, only(lambda x: F.leaky_relu(x, 0.2))),
    ("prelu", ROW, lambda x, p: torch.where(x > 0, x, p["alpha"] * x)),
    ({"type": "elu", "alpha": 0.7}, ROW, only(lambda x: F.elu(x, 0.7))),
    ("selu", ROW, only(F.selu)),
    ("gelu", ROW, only(F.gelu)),
    ("swish", ROW, only(F.silu)),
    ("mish", ROW, only(F.mish)),
    ("softplus", ROW, only(F.softplus)),
    ("sigmoid", ROW, only(torch.sigmoid)),
    ("tanh", ROW, only(torch.tanh)),
    ("softmax", ROW, only(lambda x: x.softmax(-1))),
    ("hard_sigmoid", ROW, only(lambda x: F.relu6(x + 3) / 6)),
    ("hard_swish", ROW, only(lambda x: x * F.relu6(x + 3) / 6)),
    ("hard_tanh", ROW, only(F.hardtanh)),
    ({"type": "embedding", "input_dim": 7, "output_dim": 3}, (T,), lambda x, p: F.embedding(x, p["embeddings"])),
)
"""YAML of a layer, or of several in a row of which one has parameters; shape of a sample; (x, parameters) -> y."""


def inputs(keys: Any, shape: tuple[int, ...], number: int) -> np.ndarray:
    """x: ids for an embedding; 0 at padding where a mask is made."""
    rng = np.random.default_rng(number)
    if "embedding" in str(keys) and len(shape) == 1:
        return rng.integers(0, 7, (N, *shape))
    x = 2 * rng.standard_normal((N, *shape))
    if isinstance(keys, list):
        x[np.arange(T) >= LENGTHS[:, None]] = 0
    return x


def results(
    function: Callable[[Tensor, Params], Tensor], params: dict[str, np.ndarray], x: np.ndarray, number: int,
) -> dict[str, np.ndarray]:
    """dy, y, dx (but of ids) and the gradients of the parameters, whose names begin with that of their layer."""
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    at = torch.tensor(x, requires_grad=x.dtype.kind == "f")
    y = function(at, {name.partition("/")[2]: leaf for name, leaf in leaves.items()})
    dy = np.random.default_rng(1000 + number).standard_normal(tuple(y.shape)).astype(y.detach().numpy().dtype)
    y.backward(torch.tensor(dy))
    found = {"dy": torch.tensor(dy), "y": y.detach(), **{name: leaf.grad for name, leaf in leaves.items()}}
    if at.grad is not None and not (x == 0).any():  # what comes to padding is nobody's business
        found["dx"] = at.grad
    return {name: tensor.numpy() for name, tensor in found.items() if tensor is not None}
