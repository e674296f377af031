"""Sizes and ages as people say them."""

from datetime import datetime

_AGES = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B"))


def age(then: datetime, now: datetime) -> str:
    """`12 s`, `5 min`, `3 h`, `40 d`."""
    seconds = max(0, int((now - then).total_seconds()))
    amount, unit = next((seconds // step, unit) for step, unit in _AGES if seconds >= step or step == 1)
    return f"{amount} {unit}"


def size(count: float) -> str:
    """`812 B`, `1.2 MB`."""
    power, unit = next((power, unit) for power, unit in _SIZES if count >= power or power == 1)
    amount = count / power
    return f"{amount:.0f} {unit}" if power == 1 or amount >= 100 else f"{amount:.1f} {unit}"
