"""The exceptions of dlcli, one tree.

Every error has four parts: where it happened, what is wrong (with what was expected and what was
found), and what to do next. `cli/` alone turns an error into text and an exit code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class DlcliError(Exception):
    """Something failed at run time.

    Parameters: `message` says what is wrong: what was expected, what was found; `where` the file,
    line, layer or row; `hint` what to do next.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "failed"

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  {self.hint}" if self.hint else text

    def as_dict(self) -> dict[str, object]:
        """The error as plain data, for `--json`."""
        parts = {"type": self.code, "message": self.message, "where": self.where, "hint": self.hint}
        return {key: value for key, value in parts.items() if value}


class DataError(DlcliError):
    """The data is missing, damaged, or not what the configuration says."""

    code = "data"


class DataUnavailableError(DataError):
    """The data can neither be found nor fetched. The only error that a `fallback` answers."""

    code = "data_unavailable"


class DataKeyError(DataError):
    """A key of a data set does not fit the data, such as the name of a column that is not there.

    `path` leads from the data set to the key, so that whoever knows the YAML can name the line.
    """

    exit_code = 2

    def __init__(self, message: str, *, path: tuple[str | int, ...], where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.path = path


class CheckFailedError(DlcliError):
    """A check ran to its end and found a difference (`gradcheck`, a failed verification)."""

    code = "check_failed"


class MissingExtraError(DlcliError):
    """A feature needs an optional dependency that is not installed."""

    code = "missing_extra"


class UsageError(DlcliError):
    """The command line asks for something that does not exist or does not fit."""

    exit_code = 2
    code = "usage"


class ShapeError(DlcliError):
    """A layer or a loss cannot work on the shape that reaches it. Found before memory is taken.

    `path` leads from the list of layers to the one at fault, as keys and numbers of the YAML.
    """

    exit_code = 2
    code = "shape"

    def __init__(
        self, message: str, *, where: str = "", hint: str = "", path: tuple[str | int, ...] = (),
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.path = path


class DivergedError(DlcliError):
    """The loss became NaN or infinite."""

    exit_code = 3
    code = "diverged"


class InterruptedRunError(DlcliError):
    """A signal stopped the run; a checkpoint was written. `exit_code` is 128 plus the signal."""

    code = "interrupted"

    def __init__(self, message: str, *, signal: int, where: str = "", hint: str = "") -> None:
        super().__init__(message, where=where, hint=hint)
        self.signal = signal
        self.exit_code = 128 + signal  # type: ignore[misc]  # one value per signal


@dataclass(frozen=True)
class Problem:
    """One mistake in a configuration.

    `file`, `line` and `column` (from 1; 0 where there is no line, as for a key given on the command line),
    `path` the dotted key, `message` what is wrong and what was expected, `hint` what to do.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}  {self.path + ': ' if self.path else ''}{self.message}{hint}"


class ConfigError(DlcliError):
    """One or more mistakes in a configuration, all of those that were found."""

    exit_code = 2
    code = "config"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def as_dict(self) -> dict[str, object]:
        """The error as plain data, one entry a problem."""
        return {
            "type": self.code,
            "message": self.message,
            "problems": [
                {
                    "file": p.file, "line": p.line, "column": p.column,
                    "path": p.path, "message": p.message, "hint": p.hint,
                }
                for p in self.problems
            ],
        }
