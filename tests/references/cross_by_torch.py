"""An encoder_decoder as PyTorch computes it; imported only where PyTorch is there.

Its modules get our parameters, turned and put together as they want them, so that autograd gives the gradients of ours.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

Tensors = dict[str, torch.Tensor]
S, T, WIDTH, FEATURES, HEADS, WIDE = 5, 4, 6, 3, 3, 8
"""Steps of the source and of the target, numbers a step of x and of what the encoder gives, heads, inner width."""
LENGTHS = np.array([5, 2, 3, 1])
"""How many steps each source has; the rest is padding."""


def attention_of(p: Tensors, name: str) -> Tensors:
    """Weights of torch.nn.MultiheadAttention out of ours at `name`."""
    weights = {"out_proj.weight": p[f"{name}/output_kernel"].T, "out_proj.bias": p[f"{name}/output_bias"]}
    if f"{name}/qkv_kernel" in p:
        return {**weights, "in_proj_weight": p[f"{name}/qkv_kernel"].T, "in_proj_bias": p[f"{name}/qkv_bias"]}
    k, v = p[f"{name}/key_value_kernel"].chunk(2, dim=1)
    q = p[f"{name}/query_kernel"]
    bias = torch.cat([p[f"{name}/query_bias"], p[f"{name}/key_value_bias"]])
    if k.shape == q.shape:  # torch has one matrix where all are as wide
        return {**weights, "in_proj_weight": torch.cat([q, k, v], dim=1).T, "in_proj_bias": bias}
    return {
        **weights, "q_proj_weight": q.T, "k_proj_weight": k.T, "v_proj_weight": v.T, "in_proj_bias": bias,
    }


def cross_attention(p: Tensors, target: torch.Tensor, e: torch.Tensor, padded: torch.Tensor) -> torch.Tensor:
    net = torch.nn.MultiheadAttention(
        WIDTH, HEADS, kdim=e.shape[2], vdim=e.shape[2], batch_first=True, dtype=target.dtype,
    )
    found: torch.Tensor = torch.func.functional_call(
        net, attention_of(p, "multi_head_attention"), (target, e, e),
        {"key_padding_mask": padded, "need_weights": False},
    )[0]
    return found


def decoder_block(*, norm_first: bool) -> Callable[..., torch.Tensor]:
    def block(p: Tensors, target: torch.Tensor, e: torch.Tensor, padded: torch.Tensor) -> torch.Tensor:
        net = torch.nn.TransformerDecoderLayer(
            WIDTH, HEADS, WIDE, dropout=0.0, activation="gelu", batch_first=True, norm_first=norm_first,
            dtype=target.dtype,
        )
        name = "transformer_decoder"
        weights = {}
        for ours, theirs in (("attention", "self_attn"), ("cross_attention", "multihead_attn")):
            own = attention_of(p, f"{name}/{ours}/layers/{ours}")
            weights |= {f"{theirs}.{key}": value for key, value in own.items()}
        for i, part in enumerate(("attention", "cross_attention", "feedforward"), 1):
            norm = f"{name}/{part}/layers/{part}_norm" if norm_first else f"{name}/{part}_norm"
            weights |= {f"norm{i}.weight": p[f"{norm}/gamma"], f"norm{i}.bias": p[f"{norm}/beta"]}
        for i, part in enumerate(("wide", "narrow"), 1):
            dense = f"{name}/feedforward/layers/{part}"
            weights |= {f"linear{i}.weight": p[f"{dense}/kernel"].T, f"linear{i}.bias": p[f"{dense}/bias"]}
        ahead = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
        found: torch.Tensor = torch.func.functional_call(
            net, weights, (target, e), {"tgt_mask": ahead, "memory_key_padding_mask": padded},
        )
        return found

    return block


def encoder_decoder(features: int, *decoder: Any) -> dict[str, Any]:
    encoder = ["masking", {"type": "dense", "units": features, "activation": "tanh"}]
    return {"type": "encoder_decoder", "source_length": S, "encoder": encoder, "decoder": list(decoder)}


BLOCK = {"type": "transformer_decoder", "cross": True, "num_heads": HEADS, "intermediate_dim": WIDE,
         "activation": "gelu"}
CASES: dict[str, tuple[dict[str, Any], Callable[..., torch.Tensor]]] = {
    "attention": (encoder_decoder(FEATURES, {"type": "multi_head_attention", "num_heads": HEADS, "cross": True}),
                  cross_attention),
    "attention of one width": (
        encoder_decoder(WIDTH, {"type": "multi_head_attention", "num_heads": HEADS, "cross": True}), cross_attention),
    "decoder, norm after": (encoder_decoder(WIDTH, BLOCK), decoder_block(norm_first=False)),
    "decoder, norm first": (
        encoder_decoder(WIDTH, {**BLOCK, "normalize_first": True}), decoder_block(norm_first=True)),
}
"""YAML, and torch's decoder for our parameters: (parameters, target, e, which steps of e are padding) -> y."""


def inputs(dtype: str, *, padded: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """x and dy; where a source is padded, x is 0."""
    rng = np.random.default_rng(0)
    x, dy = (rng.standard_normal((len(LENGTHS), steps, WIDTH)).astype(dtype) for steps in (S + T, T))
    if padded:
        x[:, :S][np.arange(S) >= LENGTHS[:, None]] = 0
    return x, dy


def results(
    decoder: Callable[..., torch.Tensor], params: dict[str, np.ndarray], x: np.ndarray, dy: np.ndarray,
) -> dict[str, np.ndarray]:
    """y, dx and the gradients of all parameters of `encoder_decoder(...)`, whose names begin with it."""
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    at = torch.tensor(x, requires_grad=True)
    own = {name.partition("/")[2]: leaf for name, leaf in leaves.items()}
    source = at[:, :S]
    e = torch.tanh(source @ own["encoder/dense/kernel"] + own["encoder/dense/bias"])
    inner = {name.removeprefix("decoder/"): leaf for name, leaf in own.items() if name.startswith("decoder/")}
    y = decoder(inner, at[:, S:], e, (source == 0).all(dim=2))
    y.backward(torch.tensor(dy))
    assert at.grad is not None
    found = {"y": y.detach(), "dx": at.grad, **{name: leaf.grad for name, leaf in leaves.items()}}
    return {name: tensor.numpy() for name, tensor in found.items() if tensor is not None}
