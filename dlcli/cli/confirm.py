"""Asks before something is lost."""

import sys

import click

from dlcli.errors import UsageError


def confirm(question: str, *, yes: bool) -> bool:
    """What the user says; True with --yes. Raises UsageError where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Nobody can be asked: standard input is no terminal", hint="-y says yes")
    return click.confirm(question, err=True)
