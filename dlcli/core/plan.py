"""What a layer does to a sample, known before any memory is taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dlcli.core.flow_plan import Mask, Steps
from dlcli.core.params import Param

if TYPE_CHECKING:
    from dlcli.core.layer import Layer


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The plan of one layer for samples of one shape.

    `out_shape` is the shape of one output sample. `params` are the parameters the layer needs and
    `buffers` the values it keeps but does not train, by name. `children` are the planned layers of a composite,
    in the order of `ctx.children`. `flops` counts the multiplications and additions of the forward
    pass of one sample. `looks_at_encoder`: whether the layer itself reads `Flow.encoded`.

    `steps` says what becomes of the steps of a sequence; where they are not `kept`, no mask goes on. `makes_mask`:
    whether the layer itself sets `Flow.mask`, in place of one that comes in. `mask` is the mask that goes on, as far as
    it is known, which `Layer.plan_beside` fills in. `ids`: inputs that are ids are whole numbers below this.

    `contention`: what two lanes lose by waiting for each other's calls, there and back, with NumPy's kernels: about so
    many multiplications and additions could be done in that time, by `python -m benchmarks.lanes`. It goes with the
    calls and hardly with the batch.
    """

    out_shape: tuple[int, ...]
    params: Mapping[str, Param] = field(default_factory=dict)
    buffers: Mapping[str, Param] = field(default_factory=dict)
    children: tuple["Planned", ...] = ()
    flops: int = 0
    contention: int = 25_000_000
    looks_at_encoder: bool = False
    steps: Steps = "kept"
    makes_mask: bool = False
    mask: Mask | None = None
    ids: int | None = None


@dataclass(frozen=True)
class Planned:
    """A layer with its place in a model: a unique `name`, the shape it gets, and its plan."""

    name: str
    layer: "Layer"
    in_shape: tuple[int, ...]
    plan: Plan
