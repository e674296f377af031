"""The entry point: finds the command, and turns what it raises into text and an exit code.

Nothing heavy is imported here or at the top of a command's file, so that `--help` answers at once.
"""

import gc
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from dlcli.cli import commands
from dlcli.cli.group import Commands
from dlcli.cli.streams import Output, ReaderGoneError
from dlcli.errors import DlcliError, InterruptedRunError, UsageError
from dlcli.version import __version__


@click.group(
    cls=Commands, folder=commands, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True,
)
@click.version_option(__version__, prog_name="dlcli")
def cli() -> None:
    """Deep learning from the command line: a YAML file in, a trained model out."""


def script() -> int:
    """The process `dlcli`: as `main`, with less time for the garbage collector, a fifth of that of a short command.

    What is loaded is no garbage, and need not be looked through time and again, nor once more on the way out.
    """
    gc.set_threshold(100_000, 10, 10)
    code = main()
    gc.freeze()
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    # One BLAS thread a lane: a product split over threads would not give the same bits on every machine.
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # looking for plugins costs more than validating
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show is no reason to fail
    args = list(sys.argv[1:] if argv is None else argv)
    if "_DLCLI_COMPLETE" in os.environ:
        importlib.import_module("dlcli.cli.bash_completion")
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) != signal.SIG_IGN}  # as `nohup` has it
    out, err = sys.stdout, sys.stderr
    try:
        for number in before:
            signal.signal(number, _terminated)
        sys.stdout, sys.stderr = Output(out, results=True), Output(err, results=False)
        return _run(args)
    finally:
        sys.stdout, sys.stderr = out, err
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(args: Sequence[str]) -> int:
    try:
        result = cli.main(args=list(args), prog_name="dlcli", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(f"{error.format_message()}\n")
        return 2
    except click.ClickException as error:
        return _fail(UsageError(error.format_message(), hint=_help_of(error)), args)
    except DlcliError as error:
        return _fail(error, args)
    except (KeyboardInterrupt, click.Abort) as error:
        return _fail(_stopped(error), args)
    except ReaderGoneError:
        return 0
    except (OSError, MemoryError) as error:
        return _fail(_refused(error), args)
    except Exception as error:
        if "--debug" in args:
            raise
        return _fail(DlcliError(
            f"{type(error).__name__}: {error}",
            where="a fault of dlcli itself", hint="please report it, with what --debug shows",
        ), args)


def _terminated(number: int, _frame: object) -> None:
    raise InterruptedRunError("stopped", signal=number)


def _refused(error: OSError | MemoryError) -> DlcliError:
    """What the machine refused: not a mistake of the user, and no fault of dlcli."""
    if isinstance(error, MemoryError):
        return DlcliError(f"not enough memory: {error}", hint="a smaller batch_size or model takes less")
    return DlcliError(
        error.strerror or str(error), where=str(error.filename or ""),
        hint="check the path, its permissions, and the free space",
    )


def _stopped(error: BaseException) -> DlcliError:
    return error if isinstance(error, DlcliError) else InterruptedRunError("stopped", signal=2)


def _help_of(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"`{context.command_path} --help` shows how it is used" if context else ""


def _fail(error: DlcliError, args: Sequence[str]) -> int:
    if "--debug" in args:
        import traceback

        traceback.print_exception(error)
    from dlcli.cli.errors import show

    with suppress(ReaderGoneError):
        show(error, as_json="--json" in args)
        sys.stdout.flush()
    return error.exit_code
