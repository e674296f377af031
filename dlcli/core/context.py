"""What a layer sees during one pass: its parameters, its memory, and a place to keep things.

A layer keeps no state of its own; whatever backward needs from forward it keeps here. Two passes have
two sets of contexts, so one model runs in many threads at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcli.core.memory import Memory
from dlcli.core.plan import Plan

if TYPE_CHECKING:
    from dlcli.core.fusion import Passage


@dataclass
class Encoded:
    """What the encoder of an `encoder_decoder` gave, for those layers of its decoder that look at it.

    `values`: (N, S, F); `mask`: (N, S) bool as in `Flow`, or None. `gradient`: (N, S, F) is there in the backward pass,
    where anybody reads it: every layer that looked adds its share to it, always in the same order.
    """

    values: np.ndarray
    mask: np.ndarray | None
    gradient: np.ndarray | None = None


class Flow:
    """What travels through a pass beside x, shared by all its contexts.

    `mask`: (N, T) bool, True where a sequence has something to say, or None: all of it has. A layer that makes
    padding visible sets it, one that takes the time axis away sets None. `encoded` is there in a decoder alone.
    `lane` is the number of the lane, and `all_reduce` sums an array over the lanes of the batch in place, in the order
    of the lanes: after it every lane holds the same bits.
    """

    def __init__(self, *, lane: int = 0, all_reduce: Callable[[np.ndarray], None] | None = None) -> None:
        self.mask: np.ndarray | None = None
        self.encoded: Encoded | None = None
        self.lane = lane
        self.all_reduce = all_reduce or _alone

    def begin(self) -> None:
        """Before another batch: nothing is masked, and nothing encoded."""
        self.mask = self.encoded = None


def _alone(array: np.ndarray) -> None:
    """The sum over one lane."""


class Context(Memory):
    """One layer's side of one pass.

    `plan`: what the layer planned, its own layers (`plan.children`) among it. `params`: its parameters by
    name, views into theta, read only. `grads`: where backward writes their gradients, by the same names, views
    into the pass's gradient vector; backward overwrites, it never adds. `buffers`: values that are kept but not
    trained, such as running means. `children`: contexts of a composite layer's own layers, in order,
    and `passage` the way through them. `training`:
    dropout drops only then. `needs_dx`: False where nobody reads the input gradient (the first layer);
    backward may then return None. `rng`: the lane's random stream. `dtype`: the floating-point type of the
    model. `flow`: what travels through the pass beside x. `trainable`: False where the layer, or one around it,
    is frozen.

    Any other attribute is a layer's own: `ctx.x = x` in forward, `ctx.x` in backward.
    """

    def __init__(
        self,
        *,
        plan: Plan,
        params: Mapping[str, np.ndarray],
        grads: Mapping[str, np.ndarray],
        buffers: Mapping[str, np.ndarray],
        children: tuple["Context", ...] = (),
        passage: "Passage | None" = None,
        dtype: np.dtype,
        training: bool,
        needs_dx: bool,
        rng: "np.random.Generator | None",
        flow: Flow,
        trainable: bool = True,
    ) -> None:
        self.plan = plan
        self.trainable = trainable
        self.flow = flow
        self.params = params
        self.grads = grads
        self.buffers = buffers
        self.children = children
        if passage is not None:
            self.passage = passage
        super().__init__(dtype)
        self.training = training
        self.needs_dx = needs_dx
        self.rng = rng

    if TYPE_CHECKING:
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    @property
    def nbytes(self) -> int:
        """Bytes of working memory held by this layer and its children."""
        return super().nbytes + sum(c.nbytes for c in self.children)
