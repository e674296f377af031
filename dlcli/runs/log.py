"""train.log: what a run had to say, with the time of each line."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dlcli.core.callback import Callback, Progress
from dlcli.report.epoch_line import epoch_line


class RunLog(Callback):
    """Appends lines to a file; as a callback, one line an epoch."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def info(self, text: str) -> None:
        """Notes `text`."""
        self._write("INFO", text)

    def warning(self, text: str) -> None:
        """Notes `text` as a warning."""
        self._write("WARNING", text)

    def on_train_begin(self, loop: Progress) -> None:
        """Notes where training begins or goes on."""
        self.info(f"training from epoch {loop.epoch + 1} of {loop.epochs}, step {loop.step}")

    def on_epoch_end(self, loop: Progress, row: Mapping[str, Any]) -> None:
        """Notes the figures of the epoch."""
        self.info(epoch_line(row, loop.epochs))

    def _write(self, level: str, text: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(f"{now} {level} {line}\n" for line in text.splitlines())
