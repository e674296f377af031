"""`dlcli runs show`."""

import click

from dlcli.cli.options import Common, brief_of_runs, run_argument


@click.command("show")
@run_argument
@brief_of_runs
def command(common: Common, run: str) -> None:
    """Show all about one RUN.

    Figures, last epochs, checkpoints, data, and the surroundings in which it was trained.
    """
    from datetime import UTC, datetime

    from dlcli.app.run_details import details
    from dlcli.cli.output import write, write_json
    from dlcli.cli.run_page import page
    from dlcli.runs.lookup import find

    found = details(find(common.surroundings().runs_dir, run).run)
    if common.json:
        write_json(found.as_dict())
    else:
        write(page(found, datetime.now(UTC)))
