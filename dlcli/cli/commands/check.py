"""`dlcli check`."""

from pathlib import Path
from typing import Any

import click

from dlcli.cli.options import Common, common, config_argument, overrides_argument


@click.command("check")
@config_argument
@overrides_argument
@common
def command(common: Common, config: str, overrides: tuple[str, ...], **_: Any) -> None:
    """Validate CONFIG and show each layer: output shape, parameters, memory. Needs no data."""
    from dlcli.app import configure
    from dlcli.app.check import check
    from dlcli.cli.model_table import model_table
    from dlcli.cli.results import publish

    ui, surroundings = common.ui(), common.surroundings()
    checked = check(configure.read(Path(config), overrides), surroundings, ui)
    publish(common, checked.as_dict(), lambda: model_table(checked))
