"""`dlcli datasets fetch`."""

import click

from dlcli.cli import completions
from dlcli.cli.options import Common, brief


@click.command("fetch")
@click.argument("name", shell_complete=completions.components)
@brief
def command(common: Common, name: str) -> None:
    """Fetch a data set now, and check its content."""
    from dlcli.app import data_catalog
    from dlcli.cli.datasets import places
    from dlcli.cli.output import note, write, write_json

    env = common.surroundings().data_env(config_dir=None, seed=0, warn=common.ui().warn)
    found = data_catalog.fetch(name, env)
    if common.json:
        write_json(found.as_dict())
    elif found.files:
        write(places(found))
        note(f"{found.name} is complete; its content is right")
    else:
        why = {"shipped": "it ships with dlcli", "made": "it is made when asked for"}
        note(f"{found.name}: nothing to fetch, {why.get(found.origin, 'it reads a file of yours')}")
