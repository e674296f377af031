"""Whether inputs look as if somebody had scaled them already."""

import numpy as np

from dlcli.core.target import DataSpec


def looks_scaled(x: np.ndarray, spec: DataSpec) -> bool:
    """Whether x: (n, ...) are small numbers, where the model was trained on bytes, 0 to 255; zeros alone are both."""
    return spec.dtype == "uint8" and x.dtype.kind == "f" and bool(x.any()) and float(x.max()) <= 1


def remark(x: np.ndarray, name: str) -> str:
    """What to say of inputs that look scaled."""
    return (
        f"{name}: the numbers go from {x.min():g} to {x.max():g}, but the model was trained on bytes, 0 to 255.\n"
        "  If somebody has scaled these, the answers mean nothing: give them as they were; the preprocessing that is "
        "stored with the run scales them."
    )
