"""The contract of recurrent layers: layers that walk through time, such as `bidirectional` may hold."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.fields import PositiveInt
from dlcli.core.layer import Layer


@dataclass(frozen=True, kw_only=True)
class Recurrent(Layer):
    """x: (N, T, I) -> y: (N, units), the state after the last step, or (N, T, units) with `return_sequences: true`.

    With `go_backwards: true` it starts at the last step, and `return_sequences` gives the states in the order in
    which they were reached, the state after the last step of x first.
    """

    reads_mask: ClassVar = True

    units: PositiveInt
    return_sequences: bool = False
    go_backwards: bool = False
