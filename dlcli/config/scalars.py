"""What a YAML scalar without quotes stands for: the core schema of YAML 1.2.2, section 10.3.2.

PyYAML's own rules are those of YAML 1.1, where `no` is false, `1e-3` is text and `012` is ten.
"""

import re

MAX_DIGITS = 100

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_BASED_INT = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"[-+]?\.(?:inf|Inf|INF)")
_NAN = frozenset({".nan", ".NaN", ".NAN"})


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar: null, a boolean, an integer, a float, or else the text itself.

    Raises ValueError for an integer of more than 100 digits, which no setting needs and which Python itself
    refuses to print beyond a few thousand.
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    is_decimal = _INT.fullmatch(text)
    if is_decimal or _BASED_INT.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise ValueError(f"expected an integer of at most {MAX_DIGITS} digits; found one of {len(text)}")
        return int(text) if is_decimal else int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _INFINITY.fullmatch(text):
        return float(text.replace(".", ""))
    return float("nan") if text in _NAN else text
