"""Removes runs once the user agrees."""

from collections.abc import Sequence

from dlcli.app.run_removal import remove, size
from dlcli.cli import amounts
from dlcli.cli.confirm import confirm
from dlcli.cli.output import note, write_json
from dlcli.runs.directory import RunDirectory


def remove_all(runs: Sequence[RunDirectory], *, yes: bool, as_json: bool, dry_run: bool = False) -> None:
    """Names the runs, asks, removes them, and says what was done."""
    sizes = {run.id: size(run) for run in runs}
    for run in runs:
        note(f"{run.id}  {run.status()['status']}  {amounts.size(sizes[run.id])}")
    removed: list[str] = []
    total = amounts.size(sum(sizes.values()))
    if not runs:
        note("nothing to remove")
    elif dry_run:
        note(f"would remove {_count(runs)}, {total}")
    elif confirm(f"Remove {_count(runs)} ({total})?", yes=yes):
        for run in runs:
            remove(run)
            removed.append(run.id)
        note(f"removed {_count(runs)}, {total}")
    if as_json:
        write_json({"removed": removed, "found": list(sizes), "bytes": sum(sizes.values())})


def _count(runs: Sequence[RunDirectory]) -> str:
    return "1 run" if len(runs) == 1 else f"{len(runs)} runs"
