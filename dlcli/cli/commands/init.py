"""`dlcli init`."""

import click

from dlcli.cli import completions
from dlcli.cli.options import Common, brief, yes_option


@click.command("init")
@click.argument("data", required=False, type=click.Path())
@click.option("--target", metavar="COLUMN", help="The column to be predicted, for tables.")
@click.option("--example", metavar="NAME", shell_complete=completions.examples, help="Copy a config that ships.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Where to write it.")
@yes_option
@brief
def command(
    common: Common, data: str | None, target: str | None, example: str | None, output: str | None, yes: bool,
) -> None:
    """Write a first configuration, by default a starter.

    \b
    dlcli init                             starter.yaml, which trains at once
    dlcli init houses.csv --target price   houses.yaml, made for this table: CSV, TSV, Parquet
    dlcli init pets                        for a folder of images, in one folder a class
    dlcli init plays.txt                   a model that learns to write on
    dlcli init arrays.npz                  made for these arrays
    dlcli init --example mnist_mlp         a copy of a configuration that ships
    """
    from dlcli.cli.init import run

    run(common, data=data, target=target, example=example, output=output, yes=yes)
