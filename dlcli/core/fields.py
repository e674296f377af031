"""Types of component fields: what a YAML value may be.

A component field is annotated with one of these; validation, the JSON schema and `dlcli list` read
the annotation. Validation is strict: a string is no number, a boolean is no integer. Where a number
is wanted, a fraction such as `1/255` is one, because that is how people write a scale.
"""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

_FRACTION = re.compile(r"\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*/\s*(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*")


def _fraction(value: Any) -> Any:
    match = _FRACTION.fullmatch(value) if isinstance(value, str) else None
    if match and float(match[2]):
        return float(match[1]) / float(match[2])
    return value


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


_Written = float | Annotated[str, Field(pattern=f"^{_FRACTION.pattern}$")]  # what a JSON schema says of a number
Float = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_fraction, json_schema_input_type=_Written)]
PositiveFloat = Annotated[Float, Field(gt=0)]
NonNegativeFloat = Annotated[Float, Field(ge=0)]
Rate = Annotated[Float, Field(ge=0, lt=1)]  # a share that must leave something over: dropout, splits, momentum
Int = Annotated[int, Field()]
PositiveInt = Annotated[int, Field(ge=1)]
NonNegativeInt = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
Shape = Annotated[tuple[PositiveInt, ...], BeforeValidator(_as_tuple, json_schema_input_type=list[PositiveInt])]
AsTuple = BeforeValidator(_as_tuple)  # Annotated[tuple[X, ...], AsTuple]: a YAML list
