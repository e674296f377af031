"""`dlcli schema`."""

import click

from dlcli.cli.options import Common, brief


@click.command("schema")
@click.option("-o", "--output", type=click.Path(dir_okay=False), metavar="FILE", help="Write to FILE.")
@brief
def command(common: Common, output: str | None) -> None:
    """Print the JSON Schema of the YAML, for editors.

    \b
    dlcli schema -o dlcli.schema.json

    With yaml-language-server, the first line of a YAML then says
    "# yaml-language-server: $schema=dlcli.schema.json".
    """
    from pathlib import Path

    from dlcli import files
    from dlcli.cli.output import write_json
    from dlcli.config.json_schema import document

    if output is None:
        write_json(document())
        return
    files.write_json(Path(output), document(), sync=False)
    if common.json:
        write_json({"path": output})
