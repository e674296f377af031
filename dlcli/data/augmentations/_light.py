"""What changes of brightness and contrast share: the range of values, which they keep to."""

from typing import Annotated

import numpy as np

from dlcli.core.augmentation import Augmentation
from dlcli.core.fields import AsTuple, Float
from dlcli.errors import DataError

ValueRange = Annotated[tuple[Float, Float], AsTuple]


def check_range(value_range: tuple[float, float] | None) -> None:
    """Raises ValueError unless the first value is below the second."""
    if value_range is not None and value_range[0] >= value_range[1]:
        raise ValueError(f"value_range: expected the least value, then a larger one; found {list(value_range)}")


def check_within(augmentation: Augmentation, x: np.ndarray, value_range: tuple[float, float] | None) -> None:
    """Raises DataError where x leaves the range: what is clipped to it would be lost."""
    if value_range is None:
        return
    low, high = value_range
    least, most = float(x.min()), float(x.max())
    if least < low - 1e-3 * (high - low) or most > high + 1e-3 * (high - low):
        raise DataError(
            f"values should go from {low:g} to {high:g}; found {least:g} to {most:g}",
            where=f"dataset.augmentation ({augmentation.type_name()})",
            hint="set its value_range to what preprocessing gives, bring the values there "
            "(dataset.preprocessing: [{type: rescale, scale: 1/255}]), or say value_range: null to clip nothing",
        )


def keep_within(x: np.ndarray, value_range: tuple[float, float] | None) -> None:
    """Clips x in place."""
    if value_range is not None:
        np.clip(x, *value_range, out=x)
