"""An error as the user sees it."""

import sys

from dlcli.cli.output import write_json
from dlcli.errors import ConfigError, DlcliError


def show(error: DlcliError, *, as_json: bool) -> None:
    """Text on standard error, or one JSON document on standard output."""
    if as_json:
        write_json({"error": error.as_dict()})
    if isinstance(error, ConfigError):
        count = len(error.problems)
        sys.stderr.write(f"{error}\n")
        if count > 1:
            sys.stderr.write(f"{count} mistakes; nothing was read or made\n")
    else:
        sys.stderr.write(f"dlcli: {error}\n")
