"""`dlcli list`."""

import click

from dlcli.cli import completions
from dlcli.cli.options import Common, brief


@click.command("list")
@click.argument("kind", shell_complete=completions.kinds)
@click.argument("name", required=False, shell_complete=completions.components)
@brief
def command(common: Common, kind: str, name: str | None) -> None:
    """Show what there is of a KIND, or all about one NAME.

    KIND is layers, losses, optimizers, schedules, metrics, initializers, datasets or transforms.

    \b
    dlcli list layers
    dlcli list layer dense
    """
    from dataclasses import asdict

    from dlcli.app import catalog
    from dlcli.cli.catalog import listing, page
    from dlcli.cli.output import write, write_json

    kind = catalog.kind_of(kind)
    if name is None:
        found = catalog.summaries(kind)
        if common.json:
            write_json({"kind": kind, "components": [{"name": n, "summary": s} for n, s in found.items()]})
        else:
            write(listing(found))
        return
    entry = catalog.entry(kind, name)
    if common.json:
        write_json(asdict(entry))
    else:
        write(page(entry))
