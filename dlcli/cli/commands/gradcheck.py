"""`dlcli gradcheck`."""

from pathlib import Path
from typing import Any

import click

from dlcli.cli.options import Common, common, config_argument, overrides_argument


@click.command("gradcheck")
@config_argument
@overrides_argument
@common
def command(common: Common, config: str, overrides: tuple[str, ...], **_: Any) -> int:
    """Compare analytic with numeric gradients of CONFIG's model, layer by layer, in float64.

    Exit code 1 where they differ.
    """
    from dlcli.app import configure
    from dlcli.app.gradcheck import gradcheck
    from dlcli.cli.gradient_table import as_dict, gradient_table
    from dlcli.cli.results import publish

    ui = common.ui()
    built, differences = gradcheck(configure.read(Path(config), overrides), common.surroundings(), ui)
    publish(common, as_dict(built, differences), lambda: gradient_table(built, differences))
    return 0 if all(difference.ok for difference in differences) else 1
