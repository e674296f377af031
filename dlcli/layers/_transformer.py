"""What transformer_encoder and transformer_decoder share: attention and a feed-forward net, each beside a shortcut."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core import sequence
from dlcli.core.activation import Activation
from dlcli.core.context import Context
from dlcli.core.encoder_aware import EncoderAware
from dlcli.core.fields import PositiveFloat, PositiveInt, Rate
from dlcli.core.flow_plan import FlowPlan
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Layer, Plan
from dlcli.errors import ShapeError
from dlcli.initializers.glorot_uniform import GlorotUniform
from dlcli.initializers.zeros import Zeros
from dlcli.layers.dense import Dense
from dlcli.layers.dropout import Dropout
from dlcli.layers.layer_normalization import LayerNormalization
from dlcli.layers.multi_head_attention import MultiHeadAttention
from dlcli.layers.relu import Relu
from dlcli.layers.residual import Residual


@dataclass(frozen=True, kw_only=True)
class Block(EncoderAware):
    """A transformer block; what it does is written in terms of other layers, and those do the work."""

    causal: ClassVar[bool]

    intermediate_dim: PositiveInt
    num_heads: PositiveInt
    dropout: Rate = 0.0
    activation: Activation = Relu()
    layer_norm_epsilon: PositiveFloat = 1e-5
    normalize_first: bool = False
    kernel_initializer: Initializer = GlorotUniform()
    bias_initializer: Initializer = Zeros()

    def plan_beside(self, in_shape: tuple[int, ...], flow: FlowPlan) -> Plan:
        """The same shape."""
        if len(in_shape) != 2:
            raise ShapeError(
                f"{self.type_name()} needs samples of shape (T, I), I numbers at each of T steps; got {in_shape}",
                hint="put an embedding before it, or a reshape to two axes",
            )
        try:
            children = sequence.plan_sequence(self._parts(in_shape[1]), in_shape, flow)
        except ShapeError as error:  # the layers inside are in no YAML: lead to the key of this one
            path = tuple(key for key in error.path[-1:] if key in ("num_heads", "cross"))
            raise ShapeError(error.message, hint=error.hint.partition(", or write key_dim")[0], path=path) from None
        return Plan(
            out_shape=in_shape, children=children, flops=sum(child.plan.flops for child in children),
            mask=sequence.mask_after(children, flow),
        )

    def _parts(self, width: int) -> tuple[Layer, ...]:
        drawn, shifted = self.kernel_initializer, self.bias_initializer
        feedforward: tuple[Layer, ...] = tuple(
            Dense(units=units, activation=a, kernel_initializer=drawn, bias_initializer=shifted, name=name)
            for name, units, a in (("wide", self.intermediate_dim, self.activation), ("narrow", width, None))
        )
        parts: list[Layer] = []
        for name, layers in (*((str(a.name), (a,)) for a in self.attentions()), ("feedforward", feedforward)):
            norm = LayerNormalization(epsilon=self.layer_norm_epsilon, name=f"{name}_norm")
            dropout = (Dropout(rate=self.dropout),) if self.dropout else ()
            first, then = ((norm,), ()) if self.normalize_first else ((), (norm,))
            parts += [Residual(layers=(*first, *layers, *dropout), name=name), *then]
        return tuple(parts)

    def attentions(self) -> tuple[MultiHeadAttention, ...]:
        """The attentions that come before the feed-forward net, in order, with their names."""
        return (self.attention("attention", causal=self.causal),)

    def attention(self, name: str, *, causal: bool = False, cross: bool = False) -> MultiHeadAttention:
        """An attention with the keys of this block."""
        return MultiHeadAttention(
            name=name, num_heads=self.num_heads, causal=causal, cross=cross, dropout=self.dropout,
            kernel_initializer=self.kernel_initializer, bias_initializer=self.bias_initializer,
        )

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """Through all parts."""
        return ctx.passage.forward(x)

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """Back through all parts."""
        return ctx.passage.backward(dy)
