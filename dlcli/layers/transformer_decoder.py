"""transformer_decoder: attention and a feed-forward net, each beside a shortcut; no step sees those after it."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.layers._transformer import Block
from dlcli.layers.multi_head_attention import MultiHeadAttention


@dataclass(frozen=True, kw_only=True)
class TransformerDecoder(Block):
    """u = norm(x + drop(attention(x))); y = norm(u + drop(activation(u W + b) W' + b')).

    A step sees itself and those before it. With `normalize_first: true` u = x + drop(attention(norm(x))), y = u +
    drop(net(norm(u))): trains more readily when many are stacked, and wants a `layer_normalization` after the last.
    x: (N, T, I) -> y: (N, T, I). A mask is heeded and goes on. This is the block of a language model such as GPT.

    With `cross: true` it is the block of a translator: in the decoder of an `encoder_decoder`, between the two,
    every step also looks at what the encoder gave, v = norm(u + drop(cross_attention(u, encoded))), and y is made of v;
    with norms first v = u + drop(cross_attention(norm(u), encoded)). Keras does so wherever it is given an encoder's
    sequence.

    `dropout` also silences attention weights. Parameters: those of `multi_head_attention` as
    `attention/layers/attention/qkv_kernel` and so on, with `cross` also `cross_attention/layers/cross_attention/...`,
    of the two dense layers as `feedforward/layers/wide/kernel` W (I, intermediate_dim) and
    `feedforward/layers/narrow/kernel` W', and the gammas and betas of the layer normalizations. Raises ShapeError where
    there is no time axis, where I is no multiple of num_heads, and where there is no encoder to look at.
    Source: Vaswani et al., "Attention is all you need", 2017; norms first: Xiong et al., 2020.
    """

    causal: ClassVar = True
    examples: ClassVar = (
        Example({"intermediate_dim": 5, "num_heads": 2, "activation": "tanh"}, (3, 4)),
        Example({"intermediate_dim": 3, "num_heads": 1, "dropout": 0.25, "activation": "tanh"}, (2, 3)),
        Example({"intermediate_dim": 4, "num_heads": 2, "normalize_first": True, "activation": "gelu"}, (3, 4)),
    )

    cross: bool = False

    def attentions(self) -> tuple[MultiHeadAttention, ...]:
        """To the steps before, and with `cross` then to the encoder's."""
        return (*super().attentions(), *((self.attention("cross_attention", cross=True),) if self.cross else ()))
