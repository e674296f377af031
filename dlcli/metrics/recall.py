"""recall: how many of those that belong to a class were found."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.metrics._averaged import Averaged
from dlcli.metrics._counts import ratio


@dataclass(frozen=True, kw_only=True)
class Recall(Averaged):
    """Recall of a class: right / true, the share of what is so that was called so.

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
        return ratio(right, true)
