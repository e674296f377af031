"""The entry point: finds the command, and turns what it raises into text and an exit code.

Nothing heavy is imported here or at the top of a command's file, so that `--help` answers at once.
"""

import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence

import click

from dlcli.cli import commands
from dlcli.errors import DlcliError, UsageError
from dlcli.registry import did_you_mean
from dlcli.version import __version__

_ORDER = ("train", "evaluate", "predict", "check", "gradcheck", "init", "list", "schema", "datasets", "runs")


class _Commands(click.Group):
    """Commands are the files of `cli/commands/`; a file is imported when its command is called or described."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = [module.name for module in pkgutil.iter_modules(commands.__path__)]
        return sorted(names, key=lambda name: (_ORDER.index(name) if name in _ORDER else len(_ORDER), name))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{commands.__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str],
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            near = did_you_mean(args[0], self.list_commands(ctx))
            raise UsageError(f"there is no command '{args[0]}'", hint=near or "`dlcli --help` lists the commands")
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(__version__, prog_name="dlcli")
def cli() -> None:
    """Deep learning from the command line: a YAML file in, a trained model out."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    # One BLAS thread a lane: a product split over threads would not give the same bits on every machine.
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # looking for plugins costs more than validating
    args = list(sys.argv[1:] if argv is None else argv)
    try:
        result = cli.main(args=args, prog_name="dlcli", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        return _fail(UsageError(error.format_message(), hint=_help_of(error)), args)
    except DlcliError as error:
        return _fail(error, args)
    except (KeyboardInterrupt, click.Abort) as error:
        return _fail(_stopped(error), args)
    except BrokenPipeError:  # the reader of a pipe has seen enough, as with `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if "--debug" in args:
            raise
        return _fail(DlcliError(
            f"{type(error).__name__}: {error}",
            where="a fault of dlcli itself", hint="please report it, with what --debug shows",
        ), args)


def _stopped(error: BaseException) -> DlcliError:
    from dlcli.errors import InterruptedRunError

    return error if isinstance(error, DlcliError) else InterruptedRunError("stopped", signal=2)


def _help_of(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"`{context.command_path} --help` shows how it is used" if context else ""


def _fail(error: DlcliError, args: Sequence[str]) -> int:
    if "--debug" in args:
        import traceback

        traceback.print_exception(error)
    from dlcli.cli.errors import show

    show(error, as_json="--json" in args)
    return error.exit_code
