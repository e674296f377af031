"""history.csv: one row an epoch, also across resumes."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlcli import files
from dlcli.core.callback import Callback, Progress


class HistoryWriter(Callback):
    """Appends a row after every epoch. At the start it takes out rows that the run is about to make again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def on_train_begin(self, loop: Progress) -> None:
        """A checkpoint may be older than the last row: keeps the rows up to the epoch of the checkpoint."""
        rows = read_rows(self._path)
        kept = [row for row in rows if int(row["epoch"]) <= loop.epoch]
        if len(kept) < len(rows):
            with files.replacing(self._path) as temporary, temporary.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
                writer.writeheader()
                writer.writerows(kept)

    def on_epoch_end(self, loop: Progress, row: Mapping[str, Any]) -> None:
        """Appends one row, after a header where the file is new."""
        new = not self._path.exists()
        with self._path.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row), lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a history file, as text; empty where there is no file. A row that was cut off is left out."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if None not in row.values() and row["seconds"]]


def read_columns(path: Path) -> dict[str, list[float]]:
    """The columns of a history file as numbers."""
    rows = read_rows(path)
    return {name: [float(row[name] or "nan") for row in rows] for name in (rows[0] if rows else {})}
