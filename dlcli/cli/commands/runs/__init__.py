"""`dlcli runs`: a command of its own in each file of this folder."""

import sys

import click

from dlcli.cli.group import Commands


@click.group("runs", cls=Commands, folder=sys.modules[__name__], no_args_is_help=True)
def command() -> None:
    """List, show, compare and remove runs."""
