"""What a layer sees during one pass: its parameters, its memory, and a place to keep things.

A layer keeps no state of its own; whatever backward needs from forward it keeps here. Two passes have
two sets of contexts, so one model runs in many threads at once.
"""

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from dlcli.core.params import aligned_zeros


class Context:
    """One layer's side of one pass.

    `params`: its parameters by name, views into theta, read only. `grads`: where backward writes their
    gradients, by the same names, views into the pass's gradient vector; backward overwrites, it never
    adds. `buffers`: values that are kept but not trained, such as running means. `children`: contexts of
    a composite layer's own layers, in order. `training`: dropout drops only then. `needs_dx`: False
    where nobody reads the input gradient (the first layer); backward may then return None. `rng`: the
    lane's random stream. `dtype`: the floating-point type of the model.

    Any other attribute is a layer's own: `ctx.x = x` in forward, `ctx.x` in backward.
    """

    def __init__(
        self,
        *,
        params: Mapping[str, np.ndarray],
        grads: Mapping[str, np.ndarray],
        buffers: Mapping[str, np.ndarray],
        children: tuple["Context", ...] = (),
        dtype: np.dtype,
        training: bool,
        needs_dx: bool,
        rng: np.random.Generator | None,
    ) -> None:
        self.params = params
        self.grads = grads
        self.buffers = buffers
        self.children = children
        self.dtype = dtype
        self.training = training
        self.needs_dx = needs_dx
        self.rng = rng
        self._blocks: dict[tuple[str, np.dtype], np.ndarray] = {}
        self._views: dict[tuple[Any, ...], np.ndarray] = {}

    if TYPE_CHECKING:
        def __getattr__(self, name: str) -> Any: ...
        def __setattr__(self, name: str, value: Any) -> None: ...

    def empty(self, name: str, shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
        """Memory of `shape` with unspecified contents, the model's dtype unless another is given.

        The same name gives the same memory at every step, so the step loop allocates nothing once
        the largest batch has been seen; what it holds is overwritten by the next pass.
        """
        key = (name, shape, dtype)
        view = self._views.get(key)
        return view if view is not None else self._take(key)

    def _take(self, key: tuple[Any, ...]) -> np.ndarray:
        name, shape, wanted = key
        dtype = np.dtype(self.dtype if wanted is None else wanted)
        size = prod(shape)
        block = self._blocks.get((name, dtype))
        if block is None or block.size < size:
            block = self._blocks[name, dtype] = aligned_zeros(size, dtype)
            for stale in [k for k in self._views if k[0] == name and self._views[k].dtype == dtype]:
                del self._views[stale]
        view = self._views[key] = block[:size].reshape(shape)
        return view

    @property
    def nbytes(self) -> int:
        """Bytes of working memory held by this layer and its children."""
        return sum(b.nbytes for b in self._blocks.values()) + sum(c.nbytes for c in self.children)
