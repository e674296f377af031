"""Layers in a row: run one after the other, or fused, where some can be worked as one with the same result."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from dlcli.core.context import Context, Flow
from dlcli.core.layer import Layer
from dlcli.core.loss import Loss
from dlcli.core.plan import Planned

Forth = Callable[[np.ndarray], np.ndarray]
Back = Callable[[np.ndarray], np.ndarray | None]
Weight = float | np.ndarray
Learn = Callable[[np.ndarray, np.ndarray, Weight], np.ndarray]
"""Of x, y_true and the weight of each loss: the losses; all gradients are written."""
LearnEnd = Callable[[np.ndarray, np.ndarray, Weight], tuple[np.ndarray, np.ndarray | None] | None]
"""The same of the last layers: the losses and dx, if that is wanted; None where this batch is none for it."""


class Fusion(ABC):
    """Does the work of some layers in a row: fewer calls, and fewer ways through memory, than one after the other.

    Numbers and gradients are those of the layers themselves; sums may be taken in another order. Memory is taken from
    the layers' contexts, which hold the parameters too; nothing else that layers keep there is kept.
    """

    @classmethod
    @abstractmethod
    def takes(cls, nodes: Sequence[Planned]) -> int:
        """How many of these layers, from the first on, it can work as one; 0 where it is no use."""
        raise NotImplementedError

    @abstractmethod
    def __init__(
        self, nodes: Sequence[Planned], contexts: Sequence[Context], theta: np.ndarray, grad: np.ndarray,
    ) -> None:
        """`nodes`: as many as it takes; `theta` and `grad`: what their parameters and gradients are views of."""

    @abstractmethod
    def forward(self, x: np.ndarray) -> np.ndarray:
        """y of the last layer."""
        raise NotImplementedError

    @abstractmethod
    def backward(self, dy: np.ndarray) -> np.ndarray | None:
        """dx of the first layer; None where it, or a layer behind it, needs none. Once after a forward, and no more."""
        raise NotImplementedError

    def with_loss(self, loss: Loss, ctx: Context) -> LearnEnd | None:
        """Forward, `loss` and backward in one call, for what comes last in a model; None: there is no such way.

        `ctx` is the context of the loss, which the call leaves as `loss.forward` does. Nothing is masked.
        """
        return None

    def with_link(self, link: Layer) -> Forth | None:
        """Forward and `link`, the activation behind, in one call; None: there is no such way."""
        return None


class Passage:
    """The way through layers in a row and back.

    `fusions` are tried at every layer, and the one that takes most layers does their work.
    """

    def __init__(
        self, nodes: Sequence[Planned], contexts: Sequence[Context], *, fusions: Sequence[type[Fusion]] = (),
        theta: np.ndarray, grad: np.ndarray,
    ) -> None:
        self._forth: list[Forth] = []
        self._back: list[Back] = []
        self._parts: list[Fusion | None] = []
        self._flow = contexts[0].flow if contexts else Flow()
        self._drops = False  # whether the last part takes the steps away, and their mask with them
        # Nobody asks for what is before the last layer that needs no input gradient.
        end = max((place for place, ctx in enumerate(contexts) if not ctx.needs_dx), default=-1)
        self._to_the_start = end < 0
        place = 0
        while place < len(nodes):
            count, forth, back = 1, *_alone(nodes[place], contexts[place])
            found = max(((f.takes(nodes[place:]), f) for f in fusions), key=lambda pair: pair[0], default=None)
            if found is not None and found[0]:
                count, those = found[0], slice(place, place + found[0])
                fused = found[1](nodes[those], contexts[those], theta, grad)
                forth, back = fused.forward, fused.backward
                self._parts.append(fused)
            else:
                self._parts.append(None)
            self._drops = any(node.plan.steps != "kept" for node in nodes[place:place + count])
            if self._drops:
                forth = partial(_without_mask, forth, self._flow)
            self._forth.append(forth)
            place += count
            if place > end:
                self._back.insert(0, back)

    def __len__(self) -> int:
        """Layers and fusions."""
        return len(self._forth)

    def with_loss(self, loss: Loss, ctx: Context) -> Learn:
        """`forward`, `loss` (its context is `ctx`) and `backward`; the last layers and the loss as one, if they can."""
        last = self._parts[-1] if self._parts else None
        end = None if last is None else last.with_loss(loss, ctx)
        before, behind = self._forth[:-1], self._back[1:]

        def learn(x: np.ndarray, y_true: np.ndarray, weight: Weight) -> np.ndarray:
            x = _through(before, x)
            if end is not None and self._drops:
                ctx.flow.mask = None
            ended = None if end is None or ctx.flow.mask is not None else end(x, y_true, weight)
            if ended is None:
                losses = loss.forward(ctx, _through(self._forth[len(before):], x), y_true)
                self.backward(loss.backward(ctx, weight))
                return losses
            losses, dx = ended
            for way in behind:
                dx = way(dx)  # type: ignore[arg-type]  # only the last one may give None
            return losses

        return learn

    def with_link(self, link: Layer) -> Forth | None:
        """`forward` and then `link`, where the last layers and the link can be worked as one."""
        last = self._parts[-1] if self._parts else None
        both = None if last is None else last.with_link(link)
        if both is None:
            return None
        return partial(_through, (*self._forth[:-1], partial(_without_mask, both, self._flow) if self._drops else both))

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Runs x through all layers."""
        return _through(self._forth, x)

    def backward(self, dy: np.ndarray) -> np.ndarray | None:
        """Runs dy back through all layers, as far as any gradient is wanted."""
        dx: np.ndarray | None = dy
        for way in self._back:
            dx = way(dx)  # type: ignore[arg-type]  # only the last one may give None
        return dx if self._to_the_start else None


def _alone(node: Planned, ctx: Context) -> tuple[Forth, Back]:
    return partial(node.layer.forward, ctx), partial(node.layer.backward, ctx)


def _through(ways: Sequence[Forth], x: np.ndarray) -> np.ndarray:
    for way in ways:
        x = way(x)
    return x


def _without_mask(forth: Forth, flow: Flow, x: np.ndarray) -> np.ndarray:
    """A layer that takes the steps away takes their mask along."""
    y = forth(x)
    flow.mask = None
    return y
