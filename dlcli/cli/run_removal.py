"""Removes runs once the user agrees."""

from collections.abc import Sequence

from dlcli.app.run_removal import Removable, remove, size, state
from dlcli.cli import amounts
from dlcli.cli.confirm import confirm
from dlcli.cli.output import note, write_json
from dlcli.runs.fold_series import FoldSeries


def remove_all(runs: Sequence[Removable], *, yes: bool, as_json: bool, dry_run: bool = False) -> None:
    """Names the runs, asks, removes them, and says what was done."""
    sizes = {run.id: size(run) for run in runs}
    for run in runs:
        note(f"{run.id}  {state(run)}  {amounts.size(sizes[run.id])}")
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


def _count(runs: Sequence[Removable]) -> str:
    series = sum(isinstance(run, FoldSeries) for run in runs)
    counts = {"run": len(runs) - series, "cross-validation": series}
    return " and ".join(f"{count} {what}{'' if count == 1 else 's'}" for what, count in counts.items() if count)
