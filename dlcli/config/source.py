"""A configuration as plain data that still knows where each of its keys and values was written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from dlcli.errors import Problem

KeyPath = tuple[str | int, ...]

COMMAND_LINE = "command line"


class Mark(NamedTuple):
    """Where something was written: line and column, from 1; or the text of the `override` that set it."""

    line: int
    column: int
    override: str = ""


class Place(NamedTuple):
    """Where a key and its value were written. The two are one for a list item and for the whole file."""

    key: Mark
    value: Mark


@dataclass(frozen=True)
class Source:
    """A configuration and where it was written.

    `data` is made of dict, list, str, int, float, bool and None; `name` is the file as the user named it;
    `positions` has the place of every key path, `()` being the whole file; `text` is the file's own text.
    What an override set has one place, for all that lies below it.
    """

    data: dict[str, Any]
    name: str
    positions: Mapping[KeyPath, Place]
    text: str = ""

    def problem(self, path: KeyPath, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """A mistake at `path`, placed where the user can mend it.

        The place is that of the value, or with `key` that of the key. For a path that was never written (a
        missing key) it is that of the nearest block around it. What came from the command line is placed
        there, with the override quoted.
        """
        mark = self._mark(path, key=key)
        dotted = ".".join(map(str, path))
        if mark.override:
            return Problem(COMMAND_LINE, 0, 0, dotted, f"{message} (set by '{mark.override}')", hint)
        return Problem(self.name, mark.line, mark.column, dotted, message, hint)

    def _mark(self, path: KeyPath, *, key: bool) -> Mark:
        if place := self.positions.get(path):
            return place.key if key else place.value
        for length in range(len(path) - 1, -1, -1):
            if place := self.positions.get(path[:length]):
                # The line of `training:` says more than that of the first key below it.
                return place.value if place.value.override else place.key
        return Mark(0, 0)


def found(value: object) -> str:
    """A value in an error message: `the text 'x'`, `a list of 3`."""
    match value:
        case None:
            return "nothing (null)"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text '{value}'" if len(value) <= 60 else f"the text '{value[:57]}...'"
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "a mapping"
        case _:
            return f"a Python {type(value).__name__}"
