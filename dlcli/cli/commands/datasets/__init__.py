"""`dlcli datasets`: a command of its own in each file of this folder."""

import sys

import click

from dlcli.cli.group import Commands


@click.group("datasets", cls=Commands, folder=sys.modules[__name__], no_args_is_help=True)
def command() -> None:
    """List data sets, fetch one, look at samples."""
