"""Dense layers in a row, with nothing but relu between them, as one piece of work; maybe the loss behind them too."""

from collections.abc import Sequence

import numpy as np

from dlcli.core.context import Context
from dlcli.core.fusion import Forth, Fusion, LearnEnd
from dlcli.core.layer import Layer
from dlcli.core.loss import Loss
from dlcli.core.plan import Planned
from dlcli.fusions.chain_and_loss import learner
from dlcli.kernels.chain_end import chain_softmax
from dlcli.kernels.dense import Chain, Dense, chain_backward, chain_forward, space_size
from dlcli.layers.dense import Dense as DenseLayer
from dlcli.layers.flatten import Flatten
from dlcli.layers.relu import Relu
from dlcli.layers.softmax import Softmax

MANY = 16
"""Chains for so many different numbers of rows are kept: training has two or three, whoever predicts may have any."""


class DenseChain(Fusion):
    """x -> relu(x W + b) -> ... in one call forward and one back: in small models most time goes into calls."""

    @classmethod
    def takes(cls, nodes: Sequence[Planned]) -> int:
        """Any number of dense layers, each with or without a relu behind it; one alone where a sample is one row.

        A flatten may come first: to the chain a batch is rows, however it is given.
        """
        first = count = int(len(nodes) > 1 and type(nodes[0].layer) is Flatten)
        for place, node in enumerate(nodes[first:], first):
            bends = type(node.layer) is Relu and place and type(nodes[place - 1].layer) is DenseLayer
            if not bends and type(node.layer) is not DenseLayer:
                break
            count += 1
        return count if count > 1 + first or (count > first and len(nodes[first].in_shape) == 1) else 0

    def __init__(
        self, nodes: Sequence[Planned], contexts: Sequence[Context], theta: np.ndarray, grad: np.ndarray,
    ) -> None:
        self._theta, self._grad, self._memory = theta, grad, contexts[0]
        self._layers: list[Dense] = []
        self._flat, self._in_row = isinstance(nodes[0].layer, Flatten), len(nodes[0].in_shape) == 1
        places = []
        for place, (node, ctx) in enumerate(zip(nodes, contexts, strict=True)):
            if isinstance(node.layer, DenseLayer):
                places.append(place)
                inputs, units = ctx.params["kernel"].shape
                at = {name: _place(param, theta) for name, param in ctx.params.items()}
                relu = place + 1 < len(nodes) and isinstance(nodes[place + 1].layer, Relu)
                self._layers.append(Dense(inputs, units, at["kernel"], at.get("bias"), relu))
        # As far back as anybody asks: to the last layer that needs no input gradient.
        last = max((n for n, place in enumerate(places) if not contexts[place].needs_dx), default=-1)
        self._learned, self._needs_dx = len(places) - max(last, 0), last < 0
        self._chains: dict[int, Chain] = {}

    def forward(self, x: np.ndarray) -> np.ndarray:
        """y of the last layer."""
        chain = self.chain(x)
        self._x, self._shape = x if x.ndim == 2 else x.reshape(chain.rows, chain.inputs), x.shape
        chain_forward(self._x, chain)
        self._chain_at_work = chain
        return self._shaped(chain.y, x)

    def backward(self, dy: np.ndarray) -> np.ndarray | None:
        """dx of the first layer."""
        chain = self._chain_at_work
        chain_backward(self._x, dy if dy.ndim == 2 else dy.reshape(chain.rows, dy.shape[-1]), chain)
        return chain.first_dx.reshape(self._shape) if self._needs_dx else None

    def with_loss(self, loss: Loss, ctx: Context) -> LearnEnd | None:
        """For some losses, of samples that are one row each."""
        return learner(self.chain, loss, ctx) if self._flat or self._in_row else None

    def with_link(self, link: Layer) -> Forth | None:
        """For a softmax."""
        return self._softmax if isinstance(link, Softmax) else None

    def _softmax(self, x: np.ndarray) -> np.ndarray:
        chain = self.chain(x)
        chain_softmax(x if x.ndim == 2 else x.reshape(chain.rows, chain.inputs), chain)
        return self._shaped(chain.judged.p, x)

    def _shaped(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """y by rows in the shape that outputs of x have."""
        return y if x.ndim == 2 or self._flat else y.reshape(*x.shape[:-1], y.shape[-1])

    def chain(self, x: np.ndarray) -> Chain:
        """The chain for so many rows as x has."""
        return self._chains.get(x.size) or self._new_chain(x)

    def _new_chain(self, x: np.ndarray) -> Chain:
        """All of them work in the same memory."""
        rows = x.size // self._layers[0].inputs
        space = self._memory.empty("chain", (space_size(self._layers, rows),))
        replaced = any(chain.space.ctypes.data != space.ctypes.data for chain in self._chains.values())
        if replaced or len(self._chains) == MANY:
            self._chains.clear()
        chain = self._chains[x.size] = Chain(
            self._layers, rows, theta=self._theta, grad=self._grad, space=space, learned=self._learned,
            dx=self._needs_dx,
        )
        return chain


def _place(param: np.ndarray, vector: np.ndarray) -> int:
    """Where in a vector a view of it begins."""
    return (param.ctypes.data - vector.ctypes.data) // vector.itemsize
