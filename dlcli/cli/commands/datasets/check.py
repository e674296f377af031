"""`dlcli datasets check`."""

import click

from dlcli.cli.options import Common, brief, config_argument, overrides_argument


@click.command("check")
@config_argument
@overrides_argument
@brief
def command(common: Common, config: str, overrides: tuple[str, ...]) -> int:
    """Look for what is wrong with the data of CONFIG. Exit code 1 where there is an error.

    \b
    Samples that are in two splits, classes that training never sees, NaN, pictures that cannot be read;
    uneven classes, columns that are constant or copies, equal inputs with different labels, small splits.
    """
    from pathlib import Path

    from dlcli.app import configure
    from dlcli.app.data_check import check_data
    from dlcli.cli.data_findings import findings_table
    from dlcli.cli.results import publish

    report = check_data(configure.read(Path(config), overrides), common.surroundings(), common.ui())
    publish(common, report.as_dict(), lambda: findings_table(report))
    return 0 if report.ok else 1
