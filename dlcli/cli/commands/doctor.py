"""`dlcli doctor`."""

import click

from dlcli.cli.options import Common, brief_of_runs


@click.command("doctor")
@brief_of_runs
def command(common: Common) -> int:
    """Look whether all is in order: versions, folders, data, extras.

    Trains a tiny model, too. Exit code 1 where something is broken.
    """
    from dlcli.app.doctor import as_dict, examine
    from dlcli.app.threads import settle
    from dlcli.cli.doctor import report
    from dlcli.cli.output import write, write_json

    settle(1)
    findings = examine(common.surroundings())
    if common.json:
        write_json(as_dict(findings))
    else:
        write(report(findings))
    return 1 if any(one.state == "broken" for one in findings) else 0
