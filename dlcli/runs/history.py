"""history.csv: one row an epoch, also across resumes."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dlcli import files
from dlcli.core.callback import Callback, Progress


class HistoryWriter(Callback):
    """Appends a row after every epoch. At the start it takes out rows that the run is about to make again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._within: int | None = None

    def on_train_begin(self, loop: Progress) -> None:
        """A checkpoint may be older than the last row: keeps the rows of the steps that are done."""
        if not self._path.exists():
            return
        kept = [row for row in read_rows(self._path) if int(row["step"]) <= loop.step]
        text = _text(kept)
        if text != self._path.read_text(encoding="utf-8"):  # also where a row was cut off in the middle
            files.write_bytes(self._path, text.encode(), sync=False)
        # The last row of a run that ended within an epoch; it gives way when the epoch is whole.
        self._within = int(kept[-1]["epoch"]) if kept and int(kept[-1]["epoch"]) > loop.epoch else None

    def on_epoch_end(self, loop: Progress, row: Mapping[str, Any]) -> None:
        """Appends one row, after a header where the file is new."""
        if self._within == row["epoch"]:
            files.write_bytes(self._path, _text(read_rows(self._path)[:-1]).encode(), sync=False)
        self._within = None
        lines = _text([row]).splitlines(keepends=True)
        new = not self._path.exists() or not self._path.stat().st_size
        with self._path.open("a", encoding="utf-8", newline="") as file:
            file.write("".join(lines if new else lines[1:]))  # at once: a kill leaves a whole row or none


def _text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Header and rows; nothing where there are none."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return text.getvalue()


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a history file, as text; empty where there is no file. A row that was cut off is left out."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    rows = list(csv.DictReader(text[:text.rfind("\n") + 1].splitlines()))
    return [row for row in rows if None not in row and None not in row.values()]


def read_columns(path: Path) -> dict[str, list[float]]:
    """The columns of a history file as numbers."""
    rows = read_rows(path)
    return {name: [float(row[name] or "nan") for row in rows] for name in (rows[0] if rows else {})}
