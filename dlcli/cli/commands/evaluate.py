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
    """Measure RUN on one split: figures with 95 % intervals, confusion matrix, worst samples, report, plots.

    RUN is a run id, a unique beginning of one, `latest`, a run directory, or a checkpoint file. The files go to
    evaluation/SPLIT in the run.
    """
    from dlcli.app.evaluate import evaluate
    from dlcli.app.threads import settle
    from dlcli.cli.evaluation import evaluation
    from dlcli.cli.results import publish

    workers = settle(None)
    result = evaluate(options.pop("run"), common.surroundings(), common.ui(), threads=workers, **options)
    publish(common, result.as_dict(), lambda: evaluation(result))
