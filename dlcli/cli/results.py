"""Results on standard output: a table for people, or one JSON document."""

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dlcli.cli.options import Common
from dlcli.files import finite

if TYPE_CHECKING:
    from rich.console import RenderableType


def publish(common: Common, data: Any, table: "Callable[[], RenderableType]") -> None:
    """Prints `data` as JSON where --json asks for it, nothing with --quiet, else the table."""
    if common.json:
        sys.stdout.write(json.dumps(finite(data), indent=2) + "\n")
    elif not common.quiet:
        from dlcli.cli.terminal import show

        show(table())
