"""`dlcli datasets list`."""

import click

from dlcli.cli.options import Common, brief


@click.command("list")
@brief
def command(common: Common) -> None:
    """Show what can be loaded, and where it is found."""
    from dlcli.app.data_catalog import origins
    from dlcli.cli.datasets import listing
    from dlcli.cli.output import write, write_json

    env = common.surroundings().data_env(config_dir=None, seed=0, warn=common.ui().warn)
    found = origins(env)
    if common.json:
        write_json([one.as_dict() for one in found])
    else:
        write(listing(found))
