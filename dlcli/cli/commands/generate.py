"""`dlcli generate`."""

from typing import Any

import click

from dlcli.cli.options import Common, checkpoint_option, common, run_argument


@click.command("generate")
@run_argument
@click.option("--prompt", metavar="TEXT", help="Text to go on from (default: a new line).")
@click.option("--length", type=click.IntRange(min=1), metavar="N", help="Characters to write (default: 200).")
@click.option(
    "--temperature", type=click.FloatRange(min=0), metavar="T",
    help="0: always the likeliest character; 1: as the model says (default); more: bolder.",
)
@click.option("--top-k", type=click.IntRange(min=1), metavar="K", help="Choose among the K likeliest characters.")
@click.option("-n", "count", type=click.IntRange(min=1), metavar="N", help="Samples of a GAN (default: 64).")
@click.option("--class", "label", metavar="NAME", help="Samples of one class, of a conditional GAN (default: of all).")
@click.option(
    "--best-of", type=click.IntRange(min=1), metavar="N",
    help="Of N samples of a GAN keep the one that its discriminator takes for the most real (default: 1).",
)
@click.option("--npy", type=click.Path(dir_okay=False), metavar="FILE", help="Write the samples of a GAN as an array.")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write text, or a PNG, there.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="The same makes the same (default: new).")
@checkpoint_option
@common
def command(common: Common, **options: Any) -> None:
    """Make something new with RUN: text with a language model, pictures with a GAN.

    \b
    dlcli generate latest --prompt 'ROMEO:' --length 500 --temperature 0.8
    dlcli generate latest -o digits.png -n 64
    dlcli generate latest -o sevens.png --class 7 --best-of 2
    """
    from dlcli.cli.generating import run

    run(common, **options)
