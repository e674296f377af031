"""rescale: brings inputs to another range by a fixed factor."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import Float
from dlcli.core.transform import State, Transform


@dataclass(frozen=True, kw_only=True)
class Rescale(Transform):
    """y = scale x + offset, the same for every number. Learns nothing from the data.

    x: (N, ...) -> y: (N, ...). `scale` is the factor, a fraction such as `1/255` is allowed; `offset`
    (default 0) is added after it. `scale: 1/255` takes pixels from 0..255 to 0..1. Keras' `Rescaling`.
    """

    examples: ClassVar = (
        Example({"scale": "1/255"}, (4, 3)),
        Example({"scale": "1/127.5", "offset": -1.0}, (5,)),
        Example({"scale": -2.0}, ()),
    )

    scale: Float
    offset: Float = 0.0

    @property
    def factor(self) -> float | None:
        """The scale, where nothing is added."""
        return None if self.offset else self.scale

    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """Writes scale x + offset to out."""
        if x is not out:
            np.copyto(out, x, casting="same_kind")  # faster than a product that casts as it goes
        np.multiply(out, self.scale, out=out)
        if self.offset:
            np.add(out, self.offset, out=out)
