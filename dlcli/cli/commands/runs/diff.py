"""`dlcli runs diff`."""

import click

from dlcli.cli.options import Common, brief_of_runs, two_runs_argument


@click.command("diff")
@two_runs_argument
@brief_of_runs
def command(common: Common, runs: tuple[str, str]) -> None:
    """Say in what two RUNs differ.

    Weights, settings, data, versions.
    """
    from dlcli.app.run_comparison import compare
    from dlcli.cli.output import write, write_json
    from dlcli.cli.run_comparison import difference
    from dlcli.runs.lookup import find

    folder = common.surroundings().runs_dir
    found = compare([find(folder, name).run for name in runs])
    if common.json:
        write_json(found.as_dict())
    else:
        write(difference(found))
