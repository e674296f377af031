"""multi_head_attention: every step looks at all steps and takes from each what it needs."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.fields import PositiveInt, Rate
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Layer, Plan
from dlcli.core.params import Param, Regularizer
from dlcli.errors import ShapeError
from dlcli.initializers.glorot_uniform import GlorotUniform
from dlcli.initializers.zeros import Zeros
from dlcli.kernels.attention import BLOCK, FAR, attention_backward, attention_forward


@dataclass(frozen=True, kw_only=True)
class MultiHeadAttention(Layer):
    """Self attention: y = concat_h(softmax(q_h k_h^T / sqrt(key_dim)) v_h) W_o + b_o with [q k v] = x W + b.

    x: (N, T, I) -> y: (N, T, I). `key_dim` is the width of a head's q, k and v, by default I / num_heads, which must
    then be whole (Keras wants it written). With `causal: true` a step sees itself and those before it, as Keras'
    `use_causal_mask`. Steps that are masked are not seen; the mask goes on. `dropout` silences weights of the softmax
    in training. Parameters: `qkv_kernel` W (I, 3 num_heads key_dim) and `qkv_bias`, columns q k v, in each the heads
    side by side; `output_kernel` W_o (num_heads key_dim, I) and `output_bias`. The initializer draws q, k and v as
    three matrices. Raises ShapeError where there is no time axis, or where I is no multiple of num_heads.
    Source: Vaswani et al., "Attention is all you need", 2017.
    """

    examples: ClassVar = (
        Example({"num_heads": 2}, (3, 4)),
        Example({"num_heads": 2, "key_dim": 3, "causal": True, "use_bias": False}, (4, 5)),
        Example({"num_heads": 1, "dropout": 0.25, "kernel_initializer": "he_normal"}, (3, 2)),
        Example({"num_heads": 3, "kernel_regularizer": {"l2": 0.01}, "bias_initializer": "random_normal"}, (2, 6)),
    )

    num_heads: PositiveInt
    key_dim: PositiveInt | None = None
    causal: bool = False
    dropout: Rate = 0.0
    use_bias: bool = True
    kernel_initializer: Initializer = GlorotUniform()
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        if len(in_shape) != 2:
            raise ShapeError(
                f"multi_head_attention needs samples of shape (T, I), I numbers at each of T steps; got {in_shape}",
                hint="put an embedding before it, or a reshape to two axes",
            )
        T, features = in_shape
        width = self.num_heads * self._key_dim(features)
        shapes = {"qkv": (features, 3 * width), "output": (width, features)}
        params = {}
        for name, shape in shapes.items():
            drawn = _Beside(each=self.kernel_initializer, parts=3) if name == "qkv" else self.kernel_initializer
            params[f"{name}_kernel"] = Param(shape=shape, initializer=drawn, regularizer=self.kernel_regularizer)
            if self.use_bias:
                params[f"{name}_bias"] = Param(
                    shape=shape[1:], initializer=self.bias_initializer, regularizer=self.bias_regularizer, decay=False,
                )
        flops = T * width * (8 * features + 4 * T) + 5 * self.num_heads * T * T
        return Plan(out_shape=in_shape, params=params, flops=flops)

    def _key_dim(self, width: int) -> int:
        if self.key_dim is not None:
            return self.key_dim
        if width % self.num_heads:
            fitting = [n for n in range(1, width + 1) if width % n == 0]
            raise ShapeError(
                f"{width} numbers a step do not divide into {self.num_heads} heads",
                hint=f"set num_heads to one of {', '.join(map(str, fitting))}, or write key_dim", path=("num_heads",),
            )
        return width // self.num_heads

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """One product for q, k and v, attention head by head, one product for the output."""
        N, T, features = x.shape
        H, W, Wo = self.num_heads, ctx.params["qkv_kernel"], ctx.params["output_kernel"]
        width = len(Wo)
        D = width // H
        qkv = np.matmul(x.reshape(N * T, features), W, out=ctx.empty("qkv", (N * T, 3 * width)))
        if self.use_bias:
            qkv += ctx.params["qkv_bias"]
        qkv[:, :width] *= D ** -0.5
        ctx.x, ctx.q, ctx.k, ctx.v = x, *_heads(qkv.reshape(N, T, 3, H, D))
        ctx.seen = ctx.empty("seen", (N * T, width))
        ctx.y = ctx.seen.reshape(N, T, H, D).swapaxes(1, 2)
        ctx.weights, ctx.keep, dropped = ctx.empty("weights", (N, H, T, T)), None, None
        B = min(N, max(1, BLOCK // (H * T * T)))
        if ctx.training and self.dropout:
            ctx.keep, dropped = self._keep(ctx, (N, H, T, T)), ctx.empty("scores", (B, H, T, T))
        attention_forward(
            ctx.q, ctx.k, ctx.v, out=ctx.y, weights=ctx.weights, row=ctx.empty("row", (B, H, T, 1)),
            ahead=self._ahead(ctx, T), padding=_padding(ctx, N, T), keep=ctx.keep, dropped=dropped,
        )
        y: np.ndarray = np.matmul(ctx.seen, Wo, out=ctx.empty("y", (N * T, features)))
        if self.use_bias:
            y += ctx.params["output_bias"]
        return y.reshape(N, T, features)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """The same products back."""
        N, T, features = dy.shape
        H, W, Wo, grads = self.num_heads, ctx.params["qkv_kernel"], ctx.params["output_kernel"], ctx.grads
        width = len(Wo)
        D = width // H
        rows = dy.reshape(N * T, features)
        np.matmul(ctx.seen.T, rows, out=grads["output_kernel"])
        d_seen = np.matmul(rows, Wo.T, out=ctx.empty("d_seen", (N * T, width)))
        d_qkv = ctx.empty("d_qkv", (N * T, 3 * width))
        dq, dk, dv = _heads(d_qkv.reshape(N, T, 3, H, D))
        B = min(N, max(1, BLOCK // (H * T * T)))
        attention_backward(
            d_seen.reshape(N, T, H, D).swapaxes(1, 2), ctx.q, ctx.k, ctx.v, y=ctx.y, weights=ctx.weights,
            dq=dq, dk=dk, dv=dv, scores=ctx.empty("scores", (B, H, T, T)), row=ctx.empty("row", (B, H, T, 1)),
            work=ctx.empty("work", (B, H, T, D)), keep=ctx.keep,
        )
        d_qkv[:, :width] *= D ** -0.5
        np.matmul(ctx.x.reshape(N * T, features).T, d_qkv, out=grads["qkv_kernel"])
        if self.use_bias:
            np.add.reduce(d_qkv, axis=0, out=grads["qkv_bias"])
            np.add.reduce(rows, axis=0, out=grads["output_bias"])
        if not ctx.needs_dx:
            return None
        dx: np.ndarray = np.matmul(d_qkv, W.T, out=ctx.empty("dx", (N * T, features)))
        return dx.reshape(N, T, features)

    def _ahead(self, ctx: Context, T: int) -> np.ndarray | None:
        """(T, T): FAR where a step would look ahead."""
        if not self.causal:
            return None
        ahead = ctx.empty("ahead", (T, T))
        if T > 1 and ahead[0, 1] == 0:  # new memory is zero; filled once, then kept
            ahead[np.triu_indices(T, 1)] = FAR
        return ahead

    def _keep(self, ctx: Context, shape: tuple[int, ...]) -> np.ndarray:
        """1 / (1 - dropout) for the weights that stay, 0 for the others."""
        assert ctx.rng is not None
        keep = ctx.empty("keep", shape)
        ctx.rng.random(out=keep, dtype=keep.dtype)
        keep += 1 - self.dropout
        np.floor(keep, out=keep)
        keep *= 1 / (1 - self.dropout)
        return keep


def _heads(qkv: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """q, k, v: (N, H, T, D) as views into (N, T, 3, H, D)."""
    q, k, v = qkv.transpose(2, 0, 3, 1, 4)
    return q, k, v


def _padding(ctx: Context, N: int, T: int) -> np.ndarray | None:
    """(N, 1, 1, T): FAR where the mask says that there is nothing to see."""
    mask = ctx.flow.mask
    if mask is None or mask.all():
        return None
    if mask.shape != (N, T):
        raise ShapeError(
            f"multi_head_attention got a mask for {mask.shape[1]} steps, and sequences of {T}",
            hint="keep the number of steps between the layer that makes the mask and this one",
        )
    padding = ctx.empty("padding", (N, 1, 1, T))
    padding.fill(FAR)
    np.copyto(padding, 0, where=mask[:, None, None])
    return padding


@dataclass(frozen=True, kw_only=True)
class _Beside(Initializer):
    """`parts` matrices side by side, each drawn as if it were alone."""

    each: Initializer
    parts: int

    def check(self, shape: tuple[int, ...]) -> None:
        """As each part."""
        self.each.check((*shape[:-1], shape[-1] // self.parts))

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Values of `shape`, whose last axis has all parts."""
        one = (*shape[:-1], shape[-1] // self.parts)
        return np.concatenate([self.each.draw(one, rng) for _ in range(self.parts)], axis=-1)
