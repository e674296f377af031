"""`dlcli evaluate`."""

from typing import Any

import click

from dlcli.cli.options import Common, checkpoint_option, common, run_argument


@click.command("evaluate")
@run_argument
@click.option("--split", type=click.Choice(["test", "validation", "train"]), default="test", show_default=True)
@checkpoint_option
@common
def command(common: Common, **options: Any) -> None:
    """Measure RUN on one split: figures, confusion matrix, report, plots.

    RUN is a run id, a unique beginning of one, `latest`, a run directory, or a checkpoint file. The files go to
    evaluation/SPLIT in the run.
    """
    from dlcli.app.evaluate import evaluate
    from dlcli.app.threads import settle
    from dlcli.cli.results import publish
    from dlcli.cli.summary import evaluation

    settle(None)
    result = evaluate(options.pop("run"), common.surroundings(), common.ui(), **options)
    publish(common, result.as_dict(), lambda: evaluation(result))
