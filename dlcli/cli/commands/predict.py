"""`dlcli predict`."""

from typing import Any

import click

from dlcli.cli.options import Common, checkpoint_option, common, run_argument


@click.command("predict")
@run_argument
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...", type=click.Path(allow_dash=True))
@checkpoint_option
@click.option("--top-k", type=click.IntRange(min=1), default=1, metavar="K", help="The K likeliest classes.")
@click.option("--proba", is_flag=True, help="The probabilities of all classes.")
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="Write there, not to standard output.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "jsonl"]),
    help="Default: a table, or what the name of -o says.",
)
@common
def command(common: Common, **options: Any) -> None:
    """Answer for raw INPUTs with the model of RUN.

    An INPUT is an image, a directory of images, a .npy or .npz file, a CSV or JSONL file, or - for standard
    input. The preprocessing that is stored with the run is applied.
    """
    from dlcli.cli.predicting import run

    run(common, **options)
