"""`dlcli train`."""

from typing import Any

import click

from dlcli.cli import completions
from dlcli.cli.options import Common, common, overrides_argument, threads


@click.command("train")
@click.argument("config", type=click.Path(), required=False, shell_complete=completions.configs)
@overrides_argument
@click.option("--resume", metavar="RUN", shell_complete=completions.runs, help="Go on exactly where RUN stopped.")
@click.option("--folds", type=click.IntRange(min=2), metavar="N", help="Cross-validate: one run for each of N parts.")
@click.option("--name", help="Name of the run (default: the configuration's).")
@click.option("--tag", "tags", multiple=True, help="A word to find the run by; may be given several times.")
@click.option("--seed", type=click.IntRange(min=0), help="Same as seed=N.")
@threads
@click.option("--print-config", is_flag=True, help="Print the configuration with every default, and stop.")
@click.option("--dry-run", is_flag=True, help="Validate and check all shapes, and stop.")
@click.option("--fast-dev-run", is_flag=True, help="Two batches of everything, to see that all works.")
@click.option("-y", "--yes", is_flag=True, help="Ask nothing.")
@common
def command(common: Common, **options: Any) -> None:
    """Train the model that CONFIG describes; KEY=VALUE changes single keys of it.

    \b
    dlcli train configs/mnist_mlp.yaml
    dlcli train configs/mnist_mlp.yaml optimizer.learning_rate=1e-3 model.layers.1.units=64
    dlcli train --resume latest training.epochs=20
    dlcli train configs/sms_spam_lstm.yaml --folds 5
    """
    from dlcli.cli.training import run

    run(common, **options)


