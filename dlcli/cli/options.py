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

    runs_dir: str | None
    quiet: bool
    verbose: bool
    progress: bool
    json: bool

    def surroundings(self) -> "Surroundings":
        """Folders from the command line and the environment."""
        from dlcli.app.surroundings import Surroundings

        return Surroundings.of(os.environ, runs_dir=self.runs_dir)

    def ui(self) -> "TerminalUi":
        """What writes to standard error."""
        from dlcli.cli.terminal import TerminalUi

        return TerminalUi(quiet=self.quiet, verbose=self.verbose, progress=self.progress)


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --runs-dir, -q, -v, --no-progress, --json, --debug; the command gets them as `common`."""

    def called(
        *args: Any, runs_dir: str | None, quiet: bool, verbose: bool, no_progress: bool, json: bool, **kwargs: Any,
    ) -> Any:
        kwargs.pop("debug")  # `main` looks for it
        shared = Common(runs_dir=runs_dir, quiet=quiet, verbose=verbose, progress=not no_progress, json=json)
        return function(*args, common=shared, **kwargs)

    called.__name__, called.__doc__ = function.__name__, function.__doc__
    called.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    for option in reversed((
        click.option("--runs-dir", metavar="DIR", help="Where runs are kept (DLCLI_RUNS_DIR; default ./runs)."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing but warnings and errors."),
        click.option("-v", "--verbose", is_flag=True, help="Say more."),
        click.option("--no-progress", is_flag=True, help="No moving progress bar: one plain line an epoch."),
        click.option("--json", is_flag=True, help="One JSON document on standard output."),
        click.option("--debug", is_flag=True, help="Show where in dlcli an error was raised."),
    )):
        called = option(called)
    return called


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
checkpoint_option = click.option(
    "--checkpoint", metavar="best|last|PATH", help="Which weights (default: best, where there is one).",
)
