"""expected_calibration_error: whether the model is right as often as it says."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveInt
from dlcli.core.memory import Memory
from dlcli.core.metric import StreamingMetric, check_classes, predicted_classes
from dlcli.core.target import Target
from dlcli.metrics._probabilities import Probabilities, improper, probabilities, taken, true_index


@dataclass(frozen=True, kw_only=True)
class ExpectedCalibrationError(StreamingMetric):
    """Mean over samples of |accuracy - confidence| of the bin of equal confidence that a sample is in.

        ECE = sum_b n_b / N |right_b / n_b - mean confidence_b|

    The confidence is the probability of the predicted class; bin b of `bins` is (b / bins, (b + 1) / bins]. 0: of what
    the model is 80 % sure, 80 % is right. It says nothing of how good the predictions are.
    Source: Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural networks", ICML 2017.
    """

    examples: ClassVar = (Example(), Example({"bins": 4}))
    is_share: ClassVar[bool] = True
    mode: ClassVar[str] = "min"
    undefined: ClassVar[str] = Probabilities.undefined

    bins: PositiveInt = 15

    def check(self, target: Target) -> None:
        """Classes only."""
        check_classes(self, target)

    def start(self, target: Target) -> np.ndarray:
        """Rows samples, right ones, sums of confidence, a column a bin; samples without probabilities in the last."""
        return np.zeros((3, self.bins + 1))

    def update(
        self, state: np.ndarray, memory: Memory, *, y_true: np.ndarray, y_pred: np.ndarray, losses: np.ndarray,
    ) -> None:
        """Adds one batch."""
        p, true = probabilities(y_pred, memory), true_index(y_true, y_pred, memory)
        state[0, -1] += improper(p, memory)
        predicted = predicted_classes(y_pred, memory).reshape(-1)
        confidence = taken(p, predicted, memory)
        np.copyto(confidence, 0, where=np.isnan(confidence, out=memory.empty("nan", confidence.shape, bool)))
        scaled = np.multiply(confidence, self.bins, out=memory.empty("scaled", confidence.shape, np.float64))
        np.ceil(scaled, out=scaled)
        np.clip(scaled, 1, self.bins, out=scaled)
        scaled -= 1
        place = memory.empty("place", confidence.shape, np.intp)
        place[...] = scaled
        right = memory.empty("right", confidence.shape, np.float64)
        np.equal(predicted, true, out=right, casting="unsafe")
        np.add.at(state[0], place, 1.0)
        np.add.at(state[1], place, right)
        np.add.at(state[2], place, confidence)

    def result(self, state: np.ndarray) -> float:
        """sum |right - confidence| / samples."""
        samples, right, confidence = state[:, :-1]
        if not samples.any() or state[0, -1]:
            return float("nan")
        return float(np.abs(right - confidence).sum() / samples.sum())
