"""scikit-learn's multilayer perceptron, one `partial_fit` a batch."""

import warnings
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from benchmarks.side import Pace, Side
from benchmarks.workload import BITS, CLASSES, Workload


class ScikitLearn(Side):
    """MLPClassifier, with Adam and relu as ours."""

    label = "scikit-learn"
    needs: ClassVar[tuple[str, ...]] = ("sklearn",)

    def __init__(self, workload: Workload, weights: Mapping[str, np.ndarray], *, threads: int) -> None:
        from sklearn.neural_network import MLPClassifier
        from threadpoolctl import threadpool_limits

        super().__init__(workload, weights, threads=threads)
        warnings.simplefilter("ignore")
        units = [layer["units"] for layer in workload.layers if isinstance(layer, dict)]
        self.net = MLPClassifier(tuple(units[:-1]), alpha=0, batch_size=workload.batch, epsilon=1e-7)
        self.classes = np.arange(2 if workload.targets == BITS else workload.classes)
        x = np.zeros((workload.batch, *workload.in_shape), np.float32)
        # The first step makes the weights, which are then set.
        self.net.partial_fit(x, np.resize(self.classes, len(x)), classes=self.classes)
        names = [name.removesuffix("/kernel") for name in weights if name.endswith("/kernel")]
        for i, name in enumerate(names):
            self.net.coefs_[i][...] = weights[f"{name}/kernel"]
            self.net.intercepts_[i][...] = weights[f"{name}/bias"]
        self.net._optimizer = _adam([*self.net.coefs_, *self.net.intercepts_])
        self.limit = threadpool_limits(threads)

    @classmethod
    def takes(cls, workload: Workload) -> bool:
        """Dense layers for classes."""
        dense = all(layer == "flatten" or layer["type"] == "dense" for layer in workload.layers)
        return dense and workload.targets in (CLASSES, BITS)

    def loss(self, x: np.ndarray, y: np.ndarray) -> float:
        """By its own probabilities."""
        p = self.net.predict_proba(x)
        return float(-np.log(p[np.arange(len(y)), y]).mean())

    def train(self, x: np.ndarray, y: np.ndarray, pace: Pace) -> None:
        """One step a call."""
        batches = self.batches(x, y)
        while True:
            for inputs, labels in batches:
                self.net.partial_fit(inputs, labels)
                pace(lambda: float(self.net.loss_))

    def predict(self, x: np.ndarray, pace: Pace) -> None:
        """Probabilities."""
        batches = self.batches(x)
        while True:
            for (inputs,) in batches:
                y = self.net.predict_proba(inputs)
                pace(lambda y=y: float(y[:, 0].sum()))  # type: ignore[misc]


def _adam(params: list[np.ndarray]) -> object:
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    return AdamOptimizer(params, 0.001, 0.9, 0.999, 1e-7)
