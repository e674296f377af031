"""`dlcli runs rm`."""

import click

from dlcli.cli.options import Common, brief_of_runs, runs_argument, yes_option


@click.command("rm")
@runs_argument
@yes_option
@brief_of_runs
def command(common: Common, runs: tuple[str, ...], yes: bool) -> None:
    """Remove RUNs with all their files; the id of a cross-validation removes it with all its folds."""
    from dlcli.app.run_removal import named
    from dlcli.cli.run_removal import remove_all

    remove_all(named(common.surroundings().runs_dir, runs), yes=yes, as_json=common.json)
