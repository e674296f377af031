"""What `dlcli init` does with its options."""

import sys
from pathlib import Path

from dlcli.app import init
from dlcli.cli.options import Common
from dlcli.cli.output import note, write_json
from dlcli.errors import UsageError


def run(
    common: Common, *, data: str | None, target: str | None, example: str | None, output: str | None, yes: bool,
) -> None:
    """Writes the configuration and names the next step."""
    if example is not None and (data is not None or target is not None):
        raise UsageError("expected DATA or --example; found both", hint="give one of them")
    if target is not None and data is None:
        raise UsageError("--target names a column of DATA, and there is none", hint="dlcli init DATA --target COLUMN")
    if example is not None:
        name = Path(example).name.removesuffix(".yaml")
        path, text = Path(output or f"{name}.yaml"), init.example(example)
    elif data is not None:
        path = Path(output or f"{Path(data).stem}.yaml")
        text = init.for_data(Path(data), path, target, common.surroundings(), common.ui())
    else:
        path = Path(output or "starter.yaml")
        text = init.starter(path)
    if output == "-":
        sys.stdout.write(text)
        return
    init.write(path, text, yes=yes)
    if common.json:
        write_json({"path": str(path)})
    else:
        sys.stdout.write(f"{path}\n")
        note(f"next: dlcli train {path}")
