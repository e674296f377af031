"""Figures of each class, averaged: precision, recall, f1."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from dlcli.core.target import Target
from dlcli.errors import ShapeError
from dlcli.metrics._counts import Counts

Average = Literal["auto", "binary", "macro", "micro", "weighted"]


@dataclass(frozen=True, kw_only=True)
class Averaged(Counts):
    """Base of the metrics that are a figure of each class, and an average over the classes."""

    is_share: ClassVar[bool] = True

    average: Average = "auto"

    @abstractmethod
    def score(self, right: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
        """The figure of each class: how often it was rightly found, how often predicted, how often true."""
        raise NotImplementedError

    def check(self, target: Target) -> None:
        """Classes only; two of them where the average is binary."""
        super().check(target)
        if self.average == "binary" and target.classes != 2:
            raise ShapeError(
                f"{self.type_name()} with average: binary tells class 1 from class 0; the data has {target.classes}",
                hint="use average: macro, micro or weighted",
            )

    def of_counts(self, right: np.ndarray, predicted: np.ndarray, true: np.ndarray) -> np.ndarray:
        """The average over the classes."""
        average = self.average if self.average != "auto" else "binary" if true.shape[-1] == 2 else "macro"
        if average == "micro":
            right, predicted, true = (count.sum(axis=-1, keepdims=True) for count in (right, predicted, true))
            return self.score(right, predicted, true)[..., 0]
        scores = self.score(right, predicted, true)
        if average == "binary":
            return np.asarray(scores[..., 1])
        weights = true if average == "weighted" else (predicted + true > 0).astype(np.float64)
        return np.asarray((scores * weights).sum(axis=-1) / weights.sum(axis=-1))
