"""resize: images of another size, so that a model for large ones takes small ones too."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from dlcli.core.component import Example
from dlcli.core.fields import PositiveInt
from dlcli.core.transform import Samples, State, Transform
from dlcli.errors import ShapeError


@dataclass(frozen=True, kw_only=True)
class Resize(Transform):
    """Images of another size, rows and columns each for itself; images of the right size stay as they are.

    x: (N, H, W) -> y: (N, height, width), and with channels x: (N, H, W, C) -> y: (N, height, width, C). Pixel p of a
    row lies at (p + 0.5) W / width - 0.5 between the pixels of x. `interpolation` says what it is: `bilinear` (default)
    what lies on the line between the two next to it, beyond the middles of the outer ones their own value; `nearest`
    the one that is nearest; `area` the average of all that it covers, which leaves nothing out where images become much
    smaller. Learns nothing but the sizes. As Keras' `Resizing`.
    """

    examples: ClassVar = (
        Example({"height": 6, "width": 4}, (3, 4)),
        Example({"height": 2, "width": 5}, (4, 3, 2)),
        Example({"height": 3, "width": 4}, (3, 4)),
        Example({"height": 2, "width": 7, "interpolation": "area"}, (5, 3)),
        Example({"height": 5, "width": 2, "interpolation": "nearest"}, (3, 4, 1)),
    )

    height: PositiveInt
    width: PositiveInt
    interpolation: Literal["nearest", "bilinear", "area"] = "bilinear"

    def plan(self, in_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Height and width change, channels stay."""
        if len(in_shape) not in (2, 3):
            raise ShapeError(
                f"resize needs images (H, W) or (H, W, C); got samples of shape {in_shape}",
                hint="take resize out, or use a data set of images",
            )
        return (self.height, self.width, *in_shape[2:])

    def fit(self, x: Samples, rows: np.ndarray) -> State:
        """How much of each pixel goes into each new one: `rows` (height, H), `columns` (width, W)."""
        H, W = x.shape[1:3]
        weights = {"nearest": _nearest, "bilinear": _between, "area": _covered}[self.interpolation]
        return {"rows": weights(H, self.height), "columns": weights(W, self.width)}

    def apply(self, x: np.ndarray, out: np.ndarray, state: State) -> None:
        """Writes rows x columns^T to out, image by image and channel by channel."""
        if x.shape == out.shape:
            if x is not out:
                np.copyto(out, x, casting="same_kind")
            return
        rows, columns = state["rows"], state["columns"]
        for image, made in zip(x, out, strict=True):  # one image at a time: what lies between stays small
            made[...] = np.einsum("pi,ij...,qj->pq...", rows, image, columns, optimize=_ORDER)


_ORDER = ["einsum_path", (0, 1), (0, 1)]


def _nearest(size: int, wanted: int) -> np.ndarray:
    """(wanted, size): row p has a one at the pixel whose part of the whole the middle of p lies in."""
    weights = np.zeros((wanted, size))
    weights[np.arange(wanted), ((np.arange(wanted) + 0.5) * size / wanted).astype(np.intp)] = 1
    return weights


def _covered(size: int, wanted: int) -> np.ndarray:
    """(wanted, size): row p has the share of p that lies over each pixel."""
    edges = np.arange(wanted + 1) * size / wanted
    pixels = np.arange(size)
    over = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.maximum(over, 0) * wanted / size


def _between(size: int, wanted: int) -> np.ndarray:
    """(wanted, size): row p has what the pixels at both sides of p give to it."""
    place = np.clip((np.arange(wanted) + 0.5) * size / wanted - 0.5, 0, size - 1)
    low = np.minimum(place.astype(np.intp), max(size - 2, 0))
    share = place - low
    weights = np.zeros((wanted, size))
    weights[np.arange(wanted), low] = 1 - share
    weights[np.arange(wanted), np.minimum(low + 1, size - 1)] += share
    return weights
