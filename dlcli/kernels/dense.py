"""Dense layers one after the other, each with its bias and maybe a relu, as one piece of work."""

from collections.abc import Sequence
from functools import cached_property
from math import prod
from typing import NamedTuple

import numpy as np

from dlcli.kernels.choice import kernel
from dlcli.kernels.crew import SEATS
from dlcli.kernels.linear import PANEL
from dlcli.kernels.relu import relu, relu_gradient, zeros_shape
from dlcli.kernels.softmax import FEW

HIGH, DEEP = 96, 128
"""Rows of dW and samples whose products compiled loops take before they turn to others: they fit the second cache."""


class Dense(NamedTuple):
    """One layer of a chain: W (inputs, units) and maybe b (units,) at these places of theta; whether a relu follows."""

    inputs: int
    units: int
    W_at: int
    b_at: int | None
    relu: bool


class Chain:
    """Dense layers in a row over M rows: what they are, and where all their numbers lie.

    `space` begins with room for one dz in strips, as compiled loops want it. `rest` is where in it nothing of theirs
    lies any more, `panel` how many numbers are there for each thread,
    `largest` the most weights that a layer has, `products` how often two numbers are multiplied on the way forward.
    `theta` and `grad`: the vectors of all parameters and their gradients. `space`: working memory of at least
    `space_size` numbers; what forward leaves there backward reads. `learned`: how many of the layers, from the end,
    write gradients; `dx`: whether the first of those gives an input gradient.
    """

    def __init__(
        self, layers: Sequence[Dense], rows: int, *, theta: np.ndarray, grad: np.ndarray, space: np.ndarray,
        learned: int, dx: bool,
    ) -> None:
        self.layers, self.rows, self.theta, self.grad, self.space = tuple(layers), rows, theta, grad, space
        self.first, self.dx, self.inputs, self.units = len(layers) - learned, dx, layers[0].inputs, layers[-1].units
        at, table = _strips_size(layers, rows), []
        for layer in layers:  # y, dz and dx of one layer after the other
            numbers = rows * layer.units
            table.append((
                layer.inputs, layer.units, layer.W_at, -1 if layer.b_at is None else layer.b_at, layer.relu,
                at, at + numbers, at + 2 * numbers,
            ))
            at += 2 * numbers + rows * layer.inputs
        self.table = np.array(table, np.int64)
        self._judged_at = at
        self.rest = at + _judged_size(layers, rows)
        self.panel = _panel(layers, rows)
        self.products = rows * sum(layer.inputs * layer.units for layer in layers)
        self.largest = max(layer.inputs * layer.units for layer in layers)

    @cached_property
    def y(self) -> np.ndarray:
        """Of the last layer, (M, units)."""
        return self.space[self.table[-1, 5]:self.table[-1, 6]].reshape(self.rows, self.layers[-1].units)

    @cached_property
    def first_dx(self) -> np.ndarray:
        """Of the first layer, (M, inputs)."""
        at, inputs = self.table[0, 7], self.layers[0].inputs
        return self.space[at:at + self.rows * inputs].reshape(self.rows, inputs)

    @cached_property
    def judged(self) -> "Judged":
        """Memory for what stands behind y; dy has a place of its own, since a relu before it writes to its dz."""
        M, K = self.rows, self.units
        p, dy, work, columns = np.split(self.space[self._judged_at:self.rest], (M * K, 2 * M * K, M * (2 * K + 4)))
        return Judged(
            p=p.reshape(M, K), losses=work[:M], dy=dy.reshape(M, K),
            at=np.empty(M, np.intp), starts=np.arange(0, M * K, K), work=work[M:].reshape(3, M),
            columns=columns.reshape(K, M) if K <= FEW else None,
        )

    @cached_property
    def links(self) -> "tuple[Link, ...]":
        """The layers as NumPy sees them."""
        return tuple(self._link(layer, row) for layer, row in zip(self.layers, self.table.tolist(), strict=True))

    def _link(self, layer: Dense, row: Sequence[int]) -> "Link":
        def part(vector: np.ndarray, at: int, *shape: int) -> np.ndarray:
            return vector[at:at + prod(shape)].reshape(shape)

        weights, before, after = (layer.inputs, layer.units), (self.rows, layer.inputs), (self.rows, layer.units)
        y_at, dz_at, dx_at = row[5:]
        W, b_at = part(self.theta, layer.W_at, *weights), layer.b_at
        return Link(
            W=W, back=W.T, b=None if b_at is None else part(self.theta, b_at, layer.units),
            dW=part(self.grad, layer.W_at, *weights), db=None if b_at is None else part(self.grad, b_at, layer.units),
            y=part(self.space, y_at, *after), dz=part(self.space, dz_at, *after), dx=part(self.space, dx_at, *before),
            relu=layer.relu, alive=np.empty(after if layer.relu else 0, bool),
            zeros=np.zeros(zeros_shape(after, prod(after)) if layer.relu else 0, W.dtype),
        )


class Judged(NamedTuple):
    """What a softmax or a loss finds: predictions p, the losses, and dy, all by rows; `starts`: of rows, in a flat y.

    The rest is working memory: `at`: (M,), `work`: (3, M), `columns`: (K, M) as `softmax` wants them.
    """

    p: np.ndarray
    losses: np.ndarray
    dy: np.ndarray
    at: np.ndarray
    starts: np.ndarray
    work: np.ndarray
    columns: np.ndarray | None


class Link(NamedTuple):
    """Views of the arrays of one layer; `back`: W transposed."""

    W: np.ndarray
    back: np.ndarray
    b: np.ndarray | None
    dW: np.ndarray  # noqa: N815  # the name of the field
    db: np.ndarray | None
    y: np.ndarray
    dz: np.ndarray
    dx: np.ndarray
    relu: bool
    alive: np.ndarray
    zeros: np.ndarray


def space_size(layers: Sequence[Dense], rows: int) -> int:
    """Numbers of working memory for a chain over so many rows."""
    numbers = _strips_size(layers, rows) + sum(rows * (2 * layer.units + layer.inputs) for layer in layers)
    return numbers + _judged_size(layers, rows) + SEATS * _panel(layers, rows)


def _judged_size(layers: Sequence[Dense], rows: int) -> int:
    K = layers[-1].units
    return rows * (2 * K + 4 + (K if K <= FEW else 0))


def _strips_size(layers: Sequence[Dense], rows: int) -> int:
    return rows * max(layer.units for layer in layers)


def _panel(layers: Sequence[Dense], rows: int) -> int:
    return max(HIGH * min(DEEP, rows), PANEL * max(max(layer.inputs, layer.units) for layer in layers))


@kernel
def chain_forward(x: np.ndarray, chain: Chain) -> None:
    """y = relu(x W + b), layer by layer, of x: (M, inputs); each y: (M, units) is left in the space of the chain."""
    for link in chain.links:
        y = np.matmul(x, link.W, link.y)
        if link.b is not None:
            np.add(y, link.b, y)
        if link.relu:
            relu(y, out=y, zeros=link.zeros)
        x = y


@kernel
def chain_backward(x: np.ndarray, dy: np.ndarray, chain: Chain) -> None:
    """Writes all gradients that are learned, given dy: (M, units) of the last layer, and dx where it is wanted."""
    links, first = chain.links, chain.first
    for place in range(len(links) - 1, first - 1, -1):
        link = links[place]
        if link.relu:
            dy = relu_gradient(dy, link.y, out=link.dz, alive=link.alive)
        np.matmul((links[place - 1].y if place else x).T, dy, link.dW)
        if link.db is not None:
            np.add.reduce(dy, axis=0, out=link.db)
        if place > first or chain.dx:
            dy = np.matmul(dy, link.back, link.dx)
