"""A dense layer and the gelu behind it, in the same memory."""

from collections.abc import Sequence

import numpy as np

from dlcli.core.context import Context
from dlcli.core.fusion import Fusion
from dlcli.core.plan import Planned
from dlcli.layers.dense import Dense
from dlcli.layers.gelu import Gelu


class DenseGelu(Fusion):
    """gelu(z) of z = x W + b: where z was lies the slope of gelu, and on the way back dz.

    Nobody reads z any more once gelu has, and a transformer's widest arrays are these: two fewer of them go through
    memory in every step.
    """

    @classmethod
    def takes(cls, nodes: Sequence[Planned]) -> int:
        """One of each, where samples have many rows; of one row a chain does them better, with threads that help."""
        if len(nodes[0].in_shape) == 1:
            return 0
        return 2 if [type(node.layer) for node in nodes[:2]] == [Dense, Gelu] else 0

    def __init__(
        self, nodes: Sequence[Planned], contexts: Sequence[Context], theta: np.ndarray, grad: np.ndarray,
    ) -> None:
        dense, gelu = (node.layer for node in nodes)
        assert isinstance(dense, Dense) and isinstance(gelu, Gelu)
        self._dense, self._gelu = dense, gelu
        self._before, self._behind = contexts

    def forward(self, x: np.ndarray) -> np.ndarray:
        """y of gelu."""
        self._z = z = self._dense.forward(self._before, x)
        return self._gelu.bend(self._behind, z, slope=z if self._behind.training else None)

    def backward(self, dy: np.ndarray) -> np.ndarray | None:
        """dx of the dense layer."""
        z = self._z
        if not self._behind.training:  # nobody expected this
            self._gelu.bend(self._behind, z, slope=z)
        return self._dense.backward(self._before, np.multiply(dy, z, out=z))
