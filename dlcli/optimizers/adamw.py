"""adamw: adam whose weight decay does not pass through the moments."""

from dataclasses import dataclass
from typing import ClassVar

from dlcli.core.component import Example
from dlcli.core.fields import NonNegativeFloat
from dlcli.optimizers.adam import Adam


@dataclass(frozen=True, kw_only=True)
class Adamw(Adam):
    """theta -= lr * weight_decay * theta, then adam's update: `adam` with another default for `weight_decay`.

    The decay applies to kernels alone, not to biases and to the scales of normalisations; Keras decays all
    unless told to leave some out, but shrinking a bias towards 0 has no reason. The rest as `adam`.
    Source: Loshchilov and Hutter, "Decoupled weight decay regularization", 2019, algorithm 2.
    """

    examples: ClassVar = (
        Example(),
        Example({"learning_rate": 0.01, "weight_decay": 0.1, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5}),
    )

    weight_decay: NonNegativeFloat = 0.004
