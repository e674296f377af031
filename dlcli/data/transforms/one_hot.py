"""one_hot: whole numbers that are names and not amounts, each as a place of its own."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from dlcli.core.component import Example
from dlcli.core.transform import Samples, State, Transform
from dlcli.data.pieces import pieces
from dlcli.errors import DataError


@dataclass(frozen=True, kw_only=True)
class OneHot(Transform):
    """y_k = 1 where x = k, else 0, for k from 0 to num_classes - 1. Learns nothing from the data.

    x: (N, ...) -> y: (N, ..., num_classes). For ids of characters or words in front of layers that want numbers, and
    for arrays of categories; an `embedding` as the first layer does the same with far less memory where there are many.
    Any other number is refused: in the training samples before training begins. Labels need no such thing, since losses
    take class numbers as they are. Keras' `CategoryEncoding` with `output_mode: one_hot`.
    """

    examples: ClassVar = (
        Example({"num_classes": 5}, (4,), integers=5),
        Example({"num_classes": 300}, (2, 3), integers=200),
        Example({"num_classes": 2}, (), integers=2),
    )

    num_classes: Annotated[int, Field(ge=2)]

    def plan(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        """One axis more, of the classes."""
        return (*in_shape, self.num_classes)

    def fit(self, x: Samples, rows: np.ndarray) -> State:
        """Nothing to learn; raises DataError where a training sample holds another number."""
        for piece in pieces(x, rows):
            self._check(piece)
        return {}

    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """Writes 0 and 1 to out. Raises DataError where x holds another number."""
        np.equal(x[..., None], _numbers(self.num_classes, x.dtype), out=out)
        if np.count_nonzero(out) != x.size:
            self._check(x)

    def _check(self, x: np.ndarray) -> None:
        wrong = ~((x >= 0) & (x < self.num_classes) & (x == np.floor(x)))
        if wrong.any():
            raise DataError(
                f"expected whole numbers from 0 to {self.num_classes - 1}; found {x[wrong][0]:g} "
                f"({np.count_nonzero(wrong):,} such of {x.size:,} numbers)", where="dataset.preprocessing (one_hot)",
                hint="num_classes is one more than the largest number; amounts want standardize in its place",
            )


@lru_cache
def _numbers(count: int, dtype: np.dtype) -> np.ndarray:
    """0 to count - 1 in a dtype that holds them and what they are compared with, made once."""
    return np.arange(count, dtype=np.result_type(dtype, np.min_scalar_type(count)))
