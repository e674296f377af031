"""Results on standard output: a table for people, or one JSON document."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dlcli.cli.options import Common
from dlcli.cli.output import write, write_json

if TYPE_CHECKING:
    from rich.console import RenderableType


def publish(common: Common, data: Any, table: "Callable[[], RenderableType]") -> None:
    """Prints `data` as JSON where --json asks for it, nothing with --quiet, else the table."""
    if common.json:
        write_json(data)
    elif not common.quiet:
        write(table())
