"""precision: how many of those called a class belong to it."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._averaged import Averaged
from dlcli.metrics._counts import ratio


@dataclass(frozen=True, kw_only=True)
class Precision(Averaged):
    """Precision of a class: right / predicted, the share of what was called so that is so.

    `average`: `binary` is the figure of class 1, `macro` the plain mean over the classes that occur,
    `weighted` the mean weighted by how often each is true, `micro` counts all classes together; `auto` is
    binary for two classes and macro for more. A class that cannot be judged scores 0. Equal to scikit-learn's with
    `zero_division=0`. Keras' metric of this name counts outputs over a threshold instead, which for several
    classes is another figure.
    """

    examples: ClassVar = (
        Example(), Example({"average": "macro"}), Example({"average": "micro"}), Example({"average": "weighted"}),
    )

    def score(self, right: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
        """The figure of each class."""
        return ratio(right, predicted)
