"""Results on standard output: one JSON document, or what people read."""

import json
import sys
from typing import TYPE_CHECKING, Any

from dlcli.files import finite

if TYPE_CHECKING:
    from rich.console import RenderableType


def write_json(data: Any) -> None:
    """One JSON document; NaN is null."""
    sys.stdout.write(json.dumps(finite(data), indent=2, ensure_ascii=False) + "\n")


def note(text: str) -> None:
    """One line on standard error, for what is not the result."""
    sys.stderr.write(f"{text}\n")


def write(renderable: "RenderableType") -> None:
    """What people read, without blanks at the ends of lines where no terminal shows them."""
    from dlcli.cli.terminal import console

    target = console()
    with target.capture() as captured:
        target.print(renderable)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
