"""encoder_decoder: one sequence is read, another one is written, step by step, with an eye on the first."""

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np

from dlcli.core import sequence
from dlcli.core.component import Example
from dlcli.core.context import Context, Encoded
from dlcli.core.encoder_aware import EncoderAware
from dlcli.core.fields import AsTuple, PositiveInt
from dlcli.core.flow_plan import FlowPlan
from dlcli.core.layer import Layer, Plan, Planned
from dlcli.errors import ShapeError
from dlcli.layers._composite import planned

_BLOCK = {"intermediate_dim": 3, "num_heads": 2, "activation": "tanh"}


@dataclass(frozen=True, kw_only=True)
class EncoderDecoder(EncoderAware):
    """e = encoder(x[:, :S]), y = decoder(x[:, S:]; e), where S is `source_length`.

    x: (N, S + T, ...), a source of S steps and after it the T steps that the decoder reads -> y: (N, *out of the
    decoder), usually (N, T, ...). Steps are ids, x: (N, S + T), or vectors, x: (N, S + T, I). Each part goes through
    its own list of layers with its piece of the mask. In `decoder`, at any depth, `multi_head_attention` and
    `transformer_decoder` with `cross: true` look at e, and at no step that is masked there; at least one must. The
    mask that the decoder leaves goes on. An `embedding` before this layer is shared by both parts, one inside is not.

    Trained by teacher forcing: the T steps are the target moved by one, that is a sign for the beginning and then the
    target without its last step, and the target of step t is what comes next there. A decoder that is causal (as
    `transformer_decoder` and recurrent layers are) then learns to write one step after the other.
    Parameters: those of its layers, as `encoder/dense/kernel` and `decoder/dense/kernel`. Raises ShapeError where the
    source leaves no step for the decoder, and where no layer of the decoder looks at the encoder.
    Source: Sutskever et al., "Sequence to sequence learning with neural networks", 2014; Vaswani et al., 2017.
    """

    examples: ClassVar = (
        Example({
            "source_length": 3,
            "encoder": [{"type": "dense", "units": 3, "activation": "tanh"}],
            "decoder": [{"type": "multi_head_attention", "num_heads": 2, "cross": True}],
        }, (5, 4)),
        Example({
            "source_length": 3,
            "encoder": [{"type": "embedding", "input_dim": 6, "output_dim": 3, "mask_zero": True},
                        {"type": "dense", "units": 3, "activation": "tanh"}],
            "decoder": [{"type": "embedding", "input_dim": 6, "output_dim": 4},
                        {"type": "transformer_decoder", "cross": True, "dropout": 0.25, **_BLOCK}],
        }, (7,), integers=6),
        Example({
            "source_length": 2,
            "encoder": [{"type": "transformer_encoder", **_BLOCK}],
            "decoder": [
                {"type": "repeat", "times": 2, "layer": {
                    "type": "transformer_decoder", "cross": True, "normalize_first": True, **_BLOCK,
                }},
                {"type": "residual", "layers": [
                    {"type": "multi_head_attention", "num_heads": 1, "key_dim": 3, "cross": True, "use_bias": False},
                ]},
            ],
        }, (5, 4)),
    )

    source_length: PositiveInt
    encoder: Annotated[tuple[Layer, ...], AsTuple]
    decoder: Annotated[tuple[Layer, ...], AsTuple]

    def plan_beside(self, in_shape: tuple[int, ...], flow: FlowPlan) -> Plan:
        """The decoder's shape; an encoder inside another decoder looks at what is encoded there."""
        if not in_shape or self.source_length >= in_shape[0]:
            raise ShapeError(
                f"encoder_decoder takes samples of shape (S + T, ...): source_length S = {self.source_length} steps "
                f"for the encoder, and T, one at least, for the decoder; got {in_shape}",
                hint=f"set source_length to {in_shape[0] - 1} or less" if in_shape and in_shape[0] > 1 else
                     "give it sequences", path=("source_length",),
            )
        source, target = (self.source_length, *in_shape[1:]), (in_shape[0] - self.source_length, *in_shape[1:])
        # What is known of the ids is known of both parts together: a source need not have the one for the beginning.
        reading = replace(flow, ids=None)
        encoder = planned("encoder", self.encoder, source, path=("encoder",), where="encoder", flow=reading)
        decoder = planned(
            "decoder", self.decoder, target, path=("decoder",), where="decoder",
            flow=replace(flow, encoded=encoder.plan.out_shape, encoded_mask=encoder.plan.mask),
        )
        if not _looks(decoder):
            raise ShapeError(
                "no layer of the decoder looks at what the encoder gives, which would be lost",
                hint="set cross: true at a transformer_decoder or a multi_head_attention of the decoder",
                path=("decoder",),
            )
        return Plan(
            out_shape=decoder.plan.out_shape, children=(encoder, decoder),
            flops=encoder.plan.flops + decoder.plan.flops, mask=decoder.plan.mask,
        )

    def without_end(self, kind: str) -> tuple[tuple[Layer, ...], Layer] | None:
        """Without the end of its decoder."""
        found = sequence.without_end(self.decoder, kind)
        return None if found is None else ((replace(self, decoder=found[0]),), found[1])

    def forward(self, ctx: Context, x: np.ndarray) -> np.ndarray:
        """The encoder, then the decoder with what the encoder gave beside it."""
        flow, came_in, around = ctx.flow, ctx.flow.mask, ctx.flow.encoded
        encoder, decoder = (child.layer for child in ctx.plan.children)
        source, target = self._cut(ctx, "x", x)
        masks = (None, None) if came_in is None else self._cut(ctx, "mask", came_in)
        flow.mask = masks[0]
        e = encoder.forward(ctx.children[0], source)
        ctx.encoded = flow.encoded = Encoded(e, flow.mask)
        flow.mask = masks[1]
        y: np.ndarray = decoder.forward(ctx.children[1], target)
        flow.encoded = around
        return y

    def backward(self, ctx: Context, dy: np.ndarray) -> np.ndarray | None:
        """Back through the decoder, whose layers gather the gradient of e, and with that through the encoder."""
        encoder, decoder = (child.layer for child in ctx.plan.children)
        encoded: Encoded = ctx.encoded
        if ctx.children[1].needs_dx:  # something learns in the encoder, or before this layer
            encoded.gradient = ctx.empty("gradient", encoded.values.shape)
            encoded.gradient.fill(0)
        d_target = decoder.backward(ctx.children[1], dy)
        if encoded.gradient is None:
            return None
        d_source = encoder.backward(ctx.children[0], encoded.gradient)
        if not ctx.needs_dx or d_source is None or d_target is None:
            return None
        S, T = d_source.shape[1], d_target.shape[1]
        dx = ctx.empty("dx", (len(dy), S + T, *d_source.shape[2:]))
        dx[:, :S], dx[:, S:] = d_source, d_target
        return dx

    def _cut(self, ctx: Context, name: str, array: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The source's and the target's steps, each in memory of its own: layers want whole rows."""
        S, (N, steps, *rest) = self.source_length, array.shape
        source = ctx.empty(f"source {name}", (N, S, *rest), array.dtype)
        target = ctx.empty(f"target {name}", (N, steps - S, *rest), array.dtype)
        source[...], target[...] = array[:, :S], array[:, S:]
        return source, target


def _looks(node: Planned) -> bool:
    """Whether a layer looks at the encoder, or one in it; those of a decoder in it look at the encoder there."""
    children = node.plan.children[:1] if isinstance(node.layer, EncoderDecoder) else node.plan.children
    return node.plan.looks_at_encoder or any(_looks(child) for child in children)
