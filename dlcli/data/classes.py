"""The classes of samples, however their labels are written."""

import numpy as np

from dlcli.core.dataset import Split
from dlcli.core.target import DataSpec


def classes_of(split: Split, spec: DataSpec) -> np.ndarray:
    """Class numbers of a split's samples: (N, *target.shape), of labels or of one-hot rows."""
    y = np.asarray(split.y[split.rows])
    return y if y.ndim == 1 + len(spec.target.shape) else np.argmax(y, axis=-1)


def one_class_each(spec: DataSpec) -> bool:
    """Whether every sample has just one class: the targets are neither numbers nor a class for each place."""
    return spec.target.kind == "classes" and not spec.target.shape
