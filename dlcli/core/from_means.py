"""Figures that follow from means over samples, which can be computed for many drawn splits at once."""

from abc import ABC, abstractmethod

import numpy as np


class FromMeans(ABC):
    """What a metric adds whose figure is a function of the means of some terms of each sample.

    Such a figure is had for a thousand splits drawn from one (bootstrap) by one matrix product. It is the figure of
    `StreamingMetric.result` but for rounding.
    """

    @abstractmethod
    def terms(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        """Terms: (N, C) in float64 of y_true as `Target` says and y_pred: (N, ...)."""
        raise NotImplementedError

    @abstractmethod
    def of_means(self, means: np.ndarray) -> np.ndarray:
        """The figure: (B,) of the means of the terms in B splits, (B, C)."""
        raise NotImplementedError
