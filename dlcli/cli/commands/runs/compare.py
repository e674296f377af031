"""`dlcli runs compare`."""

import click

from dlcli.cli.options import Common, brief_of_runs, runs_argument


@click.command("compare")
@runs_argument
@brief_of_runs
def command(common: Common, runs: tuple[str, ...]) -> None:
    """Put RUNs side by side: figures, and settings that differ."""
    from dlcli.app.run_comparison import compare
    from dlcli.cli.output import write, write_json
    from dlcli.cli.run_comparison import comparison
    from dlcli.runs.lookup import find

    folder = common.surroundings().runs_dir
    found = compare([find(folder, name).run for name in runs])
    if common.json:
        write_json(found.as_dict())
    else:
        write(comparison(found))
