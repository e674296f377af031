"""Which column of a table has which part to play, as the keys of a data set say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dlcli.errors import DataError, DataKeyError
from dlcli.registry import did_you_mean


@dataclass(frozen=True)
class Roles:
    """Columns by name. `features` come in the order in which they are to stand in a sample."""

    features: tuple[str, ...]
    target: str | None
    group: str | None
    time: str | None
    sample_weight: str | None

    @property
    def others(self) -> tuple[str, ...]:
        """All that are more than features, each once."""
        found = (self.target, self.group, self.time, self.sample_weight)
        return tuple(dict.fromkeys(name for name in found if name is not None))


def roles(
    names: Sequence[str], where: str, *, target: str | int | None, features: Sequence[str | int],
    group: str | int | None, time: str | int | None, sample_weight: str | int | None, ignored: Sequence[str],
) -> Roles:
    """The columns that these keys name; without `features`, all that are left.

    Raises DataKeyError for one that is not there, DataError where no feature is left.
    """
    found = {
        key: None if value is None else find(names, value, where, (key,))
        for key, value in (("target", target), ("group", group), ("time", time), ("sample_weight", sample_weight))
    }
    chosen = [find(names, value, where, ("features", place)) for place, value in enumerate(features)]
    for place, name in enumerate(chosen):
        if name in chosen[:place]:
            raise DataKeyError(f"column '{name}' is listed twice", path=("features", place), where=where,
                               hint="take one of them out")
        if name == found["target"]:
            raise DataKeyError(
                f"column '{name}' is the target: it cannot be predicted from itself", path=("features", place),
                where=where, hint="take it out of features",
            )
    chosen = chosen or [name for name in names if name not in found.values()]
    chosen = [name for name in chosen if name not in ignored]
    if not chosen:
        raise DataError(
            f"there is no column to predict from; there are {shown(names)}", where=where,
            hint="give a table with at least one more column",
        )
    return Roles(tuple(chosen), **found)


def find(names: Sequence[str], column: str | int, where: str, path: tuple[str | int, ...]) -> str:
    """The name of a column; capitals count as small letters where that leaves no doubt. Raises DataKeyError."""
    if isinstance(column, int):
        if not 0 <= column < len(names):
            raise DataKeyError(
                f"there is no column {column}; positions go from 0 to {len(names) - 1}", path=path, where=where,
            )
        return names[column]
    if column in names:
        return column
    alike = [name for name in names if name.lower() == column.lower()]
    if len(alike) == 1:
        return alike[0]
    raise DataKeyError(
        f"there is no column '{column}'; there are {shown(names)}", path=path, where=where,
        hint=did_you_mean(column, names),
    )


def named(names: Sequence[str], values: Mapping[str, Any] | None, where: str, key: str) -> dict[str, Any]:
    """A mapping from columns, each by its own name. Raises DataKeyError for one that is not there."""
    return {find(names, column, where, (key, column)): value for column, value in (values or {}).items()}


def shown(names: Sequence[str]) -> str:
    """Some names, for people."""
    return f"{', '.join(names[:20])}{', ...' if len(names) > 20 else ''}"
