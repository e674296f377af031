"""amsgrad: adam that divides by the largest second moment so far."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.optimizers.adam import Adam


@dataclass(frozen=True, kw_only=True)
class Amsgrad(Adam):
    """theta -= alpha m / (sqrt(max of all v so far) + epsilon): `adam` with `amsgrad: true`.

    No parameter's pace ever grows, so that rare large gradients are not forgotten. The rest as `adam`.
    Source: Reddi, Kale and Kumar, "On the convergence of Adam and beyond", 2018, algorithm 2.
    """

    examples: ClassVar = (Example(), Example({"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9}))

    amsgrad: bool = True
