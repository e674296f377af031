"""What layers with a window share: how keys are written, where windows lie, and what is said when none fits."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticKnownError

from dlcli.core.fields import NonNegativeInt, PositiveInt
from dlcli.errors import ShapeError
from dlcli.kernels.im2col import Window

Padding = Literal["valid", "same"]
KINDS = {2: "(steps, channels)", 3: "(height, width, channels)"}
"""Samples by their number of axes."""


def pair_of(least: int) -> Any:
    """For an annotation: two numbers of at least `least`, for which one number may stand."""
    def as_pair(value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            if value < least:
                raise PydanticKnownError("greater_than_equal", {"ge": least})  # once, not for rows and for columns
            return (value, value)
        return tuple(value) if isinstance(value, list) else value

    number = Annotated[int, Field(ge=least)]
    return BeforeValidator(as_pair, json_schema_input_type=number | list[number])


def _four_sides(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return pair_of(0).func(value)


def _single(value: Any) -> Any:
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value


Pair = Annotated[tuple[PositiveInt, PositiveInt], pair_of(1)]
"""Two numbers for rows and columns; one number stands for both."""
Sides = Annotated[tuple[NonNegativeInt, NonNegativeInt], pair_of(0)]
Borders = Annotated[tuple[Sides, Sides], BeforeValidator(
    _four_sides, json_schema_input_type=NonNegativeInt | list[NonNegativeInt | list[NonNegativeInt]],
)]
"""Numbers for the sides of an image: one for all, [rows, columns], or [[top, bottom], [left, right]]."""
Single = Annotated[PositiveInt, BeforeValidator(_single, json_schema_input_type=PositiveInt | list[PositiveInt])]
"""One number, or a list of one as Keras has it."""


def need_axes(layer: str, in_shape: tuple[int, ...], axes: int) -> None:
    """Raises ShapeError unless samples have so many axes."""
    if len(in_shape) == axes:
        return
    if len(in_shape) == axes - 1 and in_shape:
        hint = f"put {{type: reshape, shape: {[*in_shape, 1]}}} before it"
    elif len(in_shape) == 1 or not in_shape:
        hint = "take out the flatten, dense or global pooling before it, or put a reshape in between"
    else:
        hint = f"put a reshape before it, or use the layer {layer[:-2]}{'2d' if axes == 2 else '1d'}"
    raise ShapeError(
        f"{layer} needs samples of {axes} axes, {KINDS[axes]}; got {in_shape}", hint=hint,
    )


def slide(
    layer: str,
    extents: Sequence[int],
    *,
    size: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
    dilation: tuple[int, int] = (1, 1),
    key: str = "kernel_size",
) -> Window:
    """The window over an image of `extents` (H, W), with the border that `padding` asks for.

    `same` gives ceil(extent / stride) positions; an odd border has the larger half after the image. `causal` puts
    the whole border before it. Raises ShapeError where the window does not fit in.
    """
    reached = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    if padding == "valid":
        if any(n < r for n, r in zip(extents, reached, strict=True)):
            _too_large(layer, tuple(extents), tuple(reached), key, spread=max(dilation) > 1)
        borders = [0, 0]
    else:
        borders = [max((-(-n // s) - 1) * s + r - n, 0) for n, s, r in zip(extents, strides, reached, strict=True)]
    if padding == "causal":
        borders = [r - 1 for r in reached]
    before = [b if padding == "causal" else b // 2 for b in borders]
    return Window(
        size, strides, dilation, (before[0], before[1]), (borders[0] - before[0], borders[1] - before[1]),
    )


def _too_large(layer: str, extents: tuple[int, ...], reached: tuple[int, ...], key: str, *, spread: bool) -> None:
    if layer.endswith("1d"):
        found, needed = f"{extents[1]} steps", f"{reached[1]}"
    else:
        found, needed = f"{extents[0]} x {extents[1]}", f"{reached[0]} x {reached[1]}"
    raise ShapeError(
        f"{layer} with a window of {needed}{', its dilation counted,' if spread else ''} needs samples at least that "
        f"large; got {found}",
        hint=f"use a smaller {key}, padding: same, or fewer pooling layers and strides before it", path=(key,),
    )
