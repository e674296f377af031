"""multi_head_attention: every step looks at all steps and takes from each what it needs."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.context import Context
from dlcli.core.encoder_aware import EncoderAware
from dlcli.core.fields import PositiveInt, Rate
from dlcli.core.flow_plan import FlowPlan, need_mask
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Plan
from dlcli.core.params import Param, Regularizer
from dlcli.errors import ShapeError
from dlcli.initializers.glorot_uniform import GlorotUniform
from dlcli.initializers.zeros import Zeros
from dlcli.kernels.attention import attention_backward, attention_forward, attention_size
from dlcli.layers._attention import Beside, ahead, heads, kept_weights, padding, project, project_back


@dataclass(frozen=True, kw_only=True)
class MultiHeadAttention(EncoderAware):
    """Attention: y = concat_h(softmax(q_h k_h^T / sqrt(key_dim)) v_h) W_o + b_o with [q k v] = x W + b.

    x: (N, T, I) -> y: (N, T, I). `key_dim` is the width of a head's q, k and v, by default I / num_heads, which must
    then be whole (Keras wants it written). With `causal: true` a step sees itself and those before it, as Keras'
    `use_causal_mask`. Steps that are masked are not seen; the mask goes on. `dropout` silences weights of the softmax
    in training. Parameters: `qkv_kernel` W (I, 3 num_heads key_dim) and `qkv_bias`, columns q k v, in each the heads
    side by side; `output_kernel` W_o (num_heads key_dim, I) and `output_bias`. The initializer draws q, k and v as
    three matrices.

    With `cross: true`, in the decoder of an `encoder_decoder`, the steps of x look at e: (N, S, F), what the encoder
    gave, and not at each other: q = x W_q + b_q, [k v] = e W_kv + b_kv. Steps that are masked in e are not seen.
    Parameters: `query_kernel` W_q (I, num_heads key_dim), `key_value_kernel` W_kv (F, 2 num_heads key_dim),
    `query_bias`, `key_value_bias`, `output_kernel` and `output_bias`. The gradient goes to x and to the encoder.

    Raises ShapeError where there is no time axis, where I is no multiple of num_heads, and where there is no encoder
    to look at. Source: Vaswani et al., "Attention is all you need", 2017.
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
    cross: bool = False
    dropout: Rate = 0.0
    use_bias: bool = True
    kernel_initializer: Initializer = GlorotUniform()
    bias_initializer: Initializer = Zeros()
    kernel_regularizer: Regularizer | None = None
    bias_regularizer: Regularizer | None = None

    def plan_beside(self, in_shape: tuple[int, ...], flow: FlowPlan) -> Plan:
        """The same shape."""
        if len(in_shape) != 2:
            raise ShapeError(
                f"multi_head_attention needs samples of shape (T, I), I numbers at each of T steps; got {in_shape}",
                hint="put an embedding before it, or a reshape to two axes",
            )
        T, features = in_shape
        S, seen = self._seen(in_shape, flow.encoded)
        width = self.num_heads * self._key_dim(features)
        parts = {"query": (features, 1), "key_value": (seen, 2)} if self.cross else {"qkv": (features, 3)}
        params = {}
        for name, (inputs, count) in {**parts, "output": (width, 1)}.items():
            shape = (inputs, features if name == "output" else count * width)
            drawn = Beside(each=self.kernel_initializer, parts=count) if count > 1 else self.kernel_initializer
            params[f"{name}_kernel"] = Param(shape=shape, initializer=drawn, regularizer=self.kernel_regularizer)
            if self.use_bias:
                params[f"{name}_bias"] = Param(
                    shape=shape[1:], initializer=self.bias_initializer, regularizer=self.bias_regularizer, decay=False,
                )
        flops = 4 * width * (T * features + S * seen + T * S) + 5 * self.num_heads * T * S
        need_mask(flow.encoded_mask if self.cross else flow.mask, self.name or self.type_name())
        plan = Plan(out_shape=in_shape, params=params, flops=flops, looks_at_encoder=self.cross)
        return self.with_mask(plan, flow)

    def _seen(self, in_shape: tuple[int, ...], encoded: tuple[int, ...] | None) -> tuple[int, int]:
        """(S, F): how many steps are looked at, and how wide they are."""
        if not self.cross:
            return in_shape[0], in_shape[1]
        if self.causal:
            raise ShapeError(
                "causal and cross exclude each other: the steps of the encoder are no earlier or later ones of x",
                hint="set one of them; a causal attention before this one keeps steps from looking ahead",
                path=("causal",),
            )
        if encoded is None:
            raise ShapeError(
                "cross: true looks at what an encoder gave, but this layer is not in the decoder of an encoder_decoder",
                hint="put it into `decoder` of {type: encoder_decoder, encoder: [...], decoder: [...], ...}, "
                     "or take cross out", path=("cross",),
            )
        if len(encoded) != 2:
            raise ShapeError(
                f"cross: true looks at samples of shape (S, F), F numbers at each of S steps; the encoder gives "
                f"{encoded}",
                hint="end the encoder with a layer that keeps its steps, such as a transformer_encoder, or a recurrent "
                     "layer with return_sequences: true", path=("cross",),
            )
        return encoded[0], encoded[1]

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
        """Products for q, k and v, attention head by head, one product for the output."""
        N, T, _ = x.shape
        H, width = self.num_heads, len(ctx.params["output_kernel"])
        D = width // H
        ctx.x, mask = x, ctx.flow.mask
        if self.cross:
            encoded = ctx.encoded = ctx.flow.encoded
            assert encoded is not None, "planned where there is an encoder"
            S, mask = encoded.values.shape[1], encoded.mask
            (ctx.q,) = heads(project(ctx, "query", x), (N, T, 1, H, D))
            ctx.k, ctx.v = heads(project(ctx, "key_value", encoded.values), (N, S, 2, H, D))
        else:
            S = T
            ctx.q, ctx.k, ctx.v = heads(project(ctx, "qkv", x), (N, T, 3, H, D))
        ctx.seen = ctx.empty("seen", (N * T, width))
        (ctx.y,) = heads(ctx.seen, (N, T, 1, H, D))
        ctx.weights, hidden = ctx.empty("weights", (N, H, T, S)), padding(ctx, mask, N, S)
        ctx.keep = kept_weights(ctx, (N, H, T, S), self.dropout) if ctx.training and self.dropout else None
        ctx.only_before = self.causal and hidden is None
        attention_forward(
            ctx.q, ctx.k, ctx.v, scale=D ** -0.5, out=ctx.y, weights=ctx.weights,
            work=ctx.empty("work", (attention_size(ctx.q.shape, S),)), ahead=ahead(ctx, T) if self.causal else None,
            padding=hidden, keep=ctx.keep,
        )
        return project(ctx, "output", ctx.seen).reshape(x.shape)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """The same products back; what the encoder gave gets its share of the gradient on the way."""
        N, T, features = dy.shape
        (_, H, S, D), width = ctx.k.shape, len(ctx.params["output_kernel"])
        d_seen = project_back(ctx, "output", ctx.seen, dy.reshape(N * T, features))
        assert d_seen is not None
        if self.cross:
            d_query, d_key_value = ctx.empty("d_query", (N * T, width)), ctx.empty("d_key_value", (N * S, 2 * width))
            (dq,), (dk, dv) = heads(d_query, (N, T, 1, H, D)), heads(d_key_value, (N, S, 2, H, D))
        else:
            d_qkv = ctx.empty("d_qkv", (N * T, 3 * width))
            dq, dk, dv = heads(d_qkv, (N, T, 3, H, D))
        attention_backward(
            heads(d_seen, (N, T, 1, H, D))[0], ctx.q, ctx.k, ctx.v, scale=D ** -0.5, y=ctx.y, weights=ctx.weights,
            dq=dq, dk=dk, dv=dv, work=ctx.empty("work", (attention_size(ctx.q.shape, S),)), causal=ctx.only_before,
            keep=ctx.keep,
        )
        if not self.cross:
            return project_back(ctx, "qkv", ctx.x, d_qkv, needs_dx=ctx.needs_dx)
        values, gradient = ctx.encoded.values, ctx.encoded.gradient
        share = project_back(ctx, "key_value", values, d_key_value, needs_dx=gradient is not None)
        if share is not None:
            np.add(gradient, share, out=gradient)
        return project_back(ctx, "query", ctx.x, d_query, needs_dx=ctx.needs_dx)
