"""Parameters: what a layer declares, and where each one lies in the model's one vector `theta`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from dlcli.core.component import Keys
from dlcli.core.fields import NonNegativeFloat
from dlcli.core.initializer import Initializer
from dlcli.core.memory import aligned_zeros


@dataclass(frozen=True, kw_only=True)
class Regularizer(Keys):
    """Penalty `l1 * sum|w| + l2 * sum w**2` on a parameter; both default to 0."""

    l1: NonNegativeFloat = 0.0
    l2: NonNegativeFloat = 0.0


@dataclass(frozen=True, kw_only=True)
class Param:
    """One parameter of a layer, as `plan` declares it.

    `decay` says whether weight decay and the model-wide regularization apply: yes for kernels, no
    for biases and for the scales of normalisations.
    """

    shape: tuple[int, ...]
    initializer: Initializer
    regularizer: Regularizer | None = None
    decay: bool = True
    trainable: bool = True
    learning_rate_multiplier: float = 1.0


@dataclass(frozen=True)
class Slot:
    """Where one parameter lies: `theta[start:stop].reshape(shape)`."""

    name: str
    param: Param
    start: int
    stop: int


@dataclass(frozen=True)
class Span:
    """A piece `theta[start:stop]` whose learning rate has the same multiplier; its first `decayed` numbers decay."""

    start: int
    stop: int
    decayed: int
    multiplier: float


class Layout:
    """The order of all parameters in one vector.

    Parameters that decay come first, then the trainable rest, then the frozen ones, each group in
    the order of the layers. So the optimizer works on `[:trainable]` and weight decay on `[:decayed]`:
    two slices, no masks. Where learning rates differ, parameters of equal multiplier lie together within a group, the
    largest multiplier in the middle of both groups.
    """

    def __init__(self, params: Mapping[str, Param]) -> None:
        def group(param: Param) -> int:
            return 2 if not param.trainable else 0 if param.decay else 1

        slots: dict[str, Slot] = {}
        ends = []
        stop = 0
        for wanted in (0, 1, 2):
            members = [item for item in params.items() if group(item[1]) == wanted]
            members.sort(key=lambda item: item[1].learning_rate_multiplier, reverse=wanted == 1)
            for name, param in members:
                start, stop = stop, stop + prod(param.shape)
                slots[name] = Slot(name, param, start, stop)
            ends.append(stop)
        self.decayed, self.trainable, self.size = ends
        self.slots = {name: slots[name] for name in params}

    def __iter__(self) -> Iterator[Slot]:
        return iter(self.slots.values())

    def spans(self, *, by_parameter: bool = False, longest: int | None = None) -> tuple[Span, ...]:
        """The pieces of the trainable part that an optimizer steps one by one, each with at most `longest` numbers.

        Beyond that they are as few as can be; with `by_parameter` every parameter is one, however long.
        """
        spans: list[Span] = []
        for slot in sorted(self, key=lambda slot: slot.start):
            multiplier = slot.param.learning_rate_multiplier
            if slot.stop > self.trainable or slot.start == slot.stop:
                continue
            start = slot.start
            if spans and spans[-1].multiplier == multiplier and not by_parameter:
                start = spans.pop().start
            decayed = max(0, min(self.decayed, slot.stop) - start)
            spans.append(Span(start, slot.stop, decayed, multiplier))
        if longest is None or by_parameter:
            return tuple(spans)
        return tuple(
            Span(start, min(start + longest, span.stop),
                 max(0, min(span.start + span.decayed, start + longest) - start), span.multiplier)
            for span in spans for start in range(span.start, span.stop, longest)
        )

    def zeros(self, dtype: str | np.dtype) -> np.ndarray:
        """A new zero vector of this layout, aligned to a cache line."""
        return aligned_zeros(self.size, dtype)

    def views(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        """Every parameter by name, as a view into `vector`."""
        return {s.name: vector[s.start:s.stop].reshape(s.param.shape) for s in self}
