"""What a use case says, on standard error."""

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlcli.app.ui import Ui

if TYPE_CHECKING:
    from rich.console import Console

    from dlcli.core.callback import Callback


_PIPED, _NARROWEST = 100, 20  # columns


class TerminalUi(Ui):
    """Warnings, notes and progress on standard error; results are printed by the commands, on standard output."""

    def __init__(self, *, quiet: bool, verbose: bool, progress: bool) -> None:
        self.quiet, self.verbose = quiet, verbose
        self._progress = progress

    def warn(self, text: str) -> None:
        """A box that nobody overlooks; also with --quiet."""
        from rich.panel import Panel
        from rich.text import Text

        console(stderr=True).print(Panel(Text(text), title="WARNING", border_style="bold yellow", padding=(0, 1)))

    def info(self, text: str) -> None:
        """A plain line, unless --quiet."""
        if not self.quiet:
            sys.stderr.write(f"{text}\n")

    def progress(self) -> Sequence["Callback"]:
        """A moving bar on a terminal, else one line an epoch."""
        if self.quiet:
            return ()
        from dlcli.cli.progress import Bar, Lines

        plain = os.environ.get("TERM") == "dumb" or os.environ.get("CI")
        return (Bar() if self._progress and sys.stderr.isatty() and not plain else Lines(),)


def console(*, stderr: bool = False) -> "Console":
    """A rich console that honours NO_COLOR, FORCE_COLOR, TERM and COLUMNS; 100 wide where nothing tells the width."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    columns = None if stream.isatty() else _columns()
    return Console(stderr=stderr, width=columns, highlight=False, emoji=False, soft_wrap=False)


def width() -> int:
    """Columns of standard output."""
    return shutil.get_terminal_size((_PIPED, 24)).columns if sys.stdout.isatty() else _columns()


def _columns() -> int:
    """What COLUMNS says, where it is a number that something fits into."""
    wanted = os.environ.get("COLUMNS", "")
    return int(wanted) if wanted.isdecimal() and int(wanted) >= _NARROWEST else _PIPED
