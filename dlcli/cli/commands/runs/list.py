"""`dlcli runs list`."""

import click

from dlcli.cli.options import Common, brief_of_runs


@click.command("list")
@click.option("--where", multiple=True, metavar="KEY>VALUE", help="Only runs for which this holds; > >= < <= = !=.")
@click.option("--tag", "tags", multiple=True, help="Only runs with this tag.")
@click.option("--sort", metavar="[-]KEY", help="By this key, with - the largest first (default: the newest first).")
@brief_of_runs
def command(common: Common, where: tuple[str, ...], tags: tuple[str, ...], sort: str | None) -> None:
    """List runs, the newest first.

    A KEY is a figure (val_accuracy, test_loss), epoch, step, seconds, status, name, created, tag, or a key of the
    configuration.

    \b
    dlcli runs list --where 'val_accuracy>0.97' --where status=completed --sort -test_accuracy
    dlcli runs list --where 'optimizer.learning_rate<0.01'
    """
    from datetime import UTC, datetime

    from dlcli.app.run_overview import overviews
    from dlcli.app.run_query import Condition, choose, ordered
    from dlcli.cli.output import note, write, write_json
    from dlcli.cli.run_listing import listing
    from dlcli.cli.terminal import width

    folder = common.surroundings().runs_dir
    every = overviews(folder)
    runs = ordered(choose(every, where, tags), sort)
    if common.json:
        write_json([run.as_dict() for run in runs])
    elif runs:
        wanted = [*(Condition.parse(text).key for text in where), *([sort.removeprefix("-")] if sort else [])]
        write(listing(runs, now=datetime.now(UTC), width=width(), wanted=wanted))
    else:
        note(f"none of the {len(every)} runs fits" if every else f"no runs in {folder}; `dlcli train CONFIG` makes one")
