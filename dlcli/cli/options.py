"""Options that several commands share."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from dlcli.cli import completions

if TYPE_CHECKING:
    from dlcli.app.surroundings import Surroundings
    from dlcli.cli.terminal import TerminalUi


@dataclass(frozen=True)
class Common:
    """What the shared options say."""

    runs_dir: str | None = None
    quiet: bool = False
    verbose: bool = False
    no_progress: bool = False
    json: bool = False

    def surroundings(self) -> "Surroundings":
        """Folders from the command line and the environment."""
        from dlcli.app.surroundings import Surroundings

        return Surroundings.of(os.environ, runs_dir=self.runs_dir)

    def ui(self) -> "TerminalUi":
        """What writes to standard error."""
        from dlcli.cli.terminal import TerminalUi

        return TerminalUi(quiet=self.quiet, verbose=self.verbose, progress=not self.no_progress)


_SHARED = {
    "runs_dir": click.option("--runs-dir", metavar="DIR", help="Where runs are kept (DLCLI_RUNS_DIR; default ./runs)."),
    "quiet": click.option("-q", "--quiet", is_flag=True, help="Say nothing but warnings and errors."),
    "verbose": click.option("-v", "--verbose", is_flag=True, help="Say more."),
    "no_progress": click.option("--no-progress", is_flag=True, help="No moving bar: one plain line an epoch."),
    "json": click.option("--json", is_flag=True, help="One JSON document on standard output."),
    "debug": click.option("--debug", is_flag=True, help="Show where in dlcli an error was raised."),
}


def sharing(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Adds these of the shared options; the command gets what they say as `common`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            given = {name: kwargs.pop(name) for name in names}
            given.pop("debug", None)  # `main` looks for it
            return function(*args, common=Common(**given), **kwargs)

        called.__name__, called.__doc__ = function.__name__, function.__doc__
        called.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
        for name in reversed(names):
            called = _SHARED[name](called)
        return called

    return decorate


common = sharing(*_SHARED)
"""For commands that run long: all shared options."""
brief = sharing("json", "debug")
"""For commands that answer at once."""
brief_of_runs = sharing("runs_dir", "json", "debug")
"""For commands that answer at once from the runs directory."""


def threads(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --threads."""
    return click.option(
        "--threads", type=click.IntRange(min=1), metavar="N",
        help="Threads that work on lanes (default: all cores). Changes no result.",
    )(function)


config_argument = click.argument("config", type=click.Path(), shell_complete=completions.configs)
overrides_argument = click.argument(
    "overrides", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=completions.overrides,
)
run_argument = click.argument("run", metavar="RUN", shell_complete=completions.runs)
runs_argument = click.argument("runs", metavar="RUN...", nargs=-1, required=True, shell_complete=completions.runs)
two_runs_argument = click.argument("runs", metavar="RUN RUN", nargs=2, shell_complete=completions.runs)
checkpoint_option = click.option(
    "--checkpoint", metavar="best|last|PATH", help="Which weights (default: best, where there is one).",
)
yes_option = click.option("-y", "--yes", is_flag=True, help="Ask nothing.")
