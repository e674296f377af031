"""`dlcli datasets show`."""

import click

from dlcli.cli import completions
from dlcli.cli.options import Common, brief


@click.command("show")
@click.argument("name", shell_complete=completions.components)
@click.argument("settings", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("-n", "count", type=click.IntRange(min=1), help="How many samples (default: 4; 40 with -o).")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="PNG", help="Draw images to a file.")
@brief
def command(common: Common, name: str, settings: tuple[str, ...], count: int | None, output: str | None) -> None:
    """Look at a data set: shape, range, classes, the first training samples.

    \b
    dlcli datasets show digits
    dlcli datasets show mnist -n 40 -o grid.png
    dlcli datasets show npz path=arrays.npz
    """
    from pathlib import Path

    from dlcli.app.data_samples import look
    from dlcli.cli import datasets
    from dlcli.cli.output import note, write, write_json
    from dlcli.cli.terminal import width

    picture = Path(output) if output else None
    shown = count or (40 if picture else 4)
    found = look(name, settings, common.surroundings(), common.ui(), count=shown, picture=picture)
    if common.json:
        write_json({**found.as_dict(), **({"picture": output} if output else {})})
        return
    write(datasets.look(found.first(count or 4), width()))
    if output:
        note(f"{output} is written")
