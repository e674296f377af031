"""metrics.jsonl: the course of training within the epochs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dlcli import files
from dlcli.core.callback import Callback, Progress


class StepLog(Callback):
    """Writes a line some hundred times an epoch, at batches that depend on nothing but their number."""

    lines_per_epoch = 100

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[str] = []

    def on_train_begin(self, loop: Progress) -> None:
        """Takes out the lines that the run is about to write again."""
        if not self._path.exists():
            return
        lines = self._path.read_text().splitlines()
        kept = [line for line in lines if line.endswith("}") and _done(json.loads(line), loop)]
        if len(kept) < len(lines):
            files.write_bytes(self._path, "".join(f"{line}\n" for line in kept).encode(), sync=False)

    def on_batch_end(self, loop: Progress) -> None:
        """Notes the figures of the epoch so far."""
        stride = max(1, loop.batches // self.lines_per_epoch)
        if loop.batch % stride == 0 or loop.batch == loop.batches:
            figures = files.finite(dict(loop.figures()))
            self._lines.append(json.dumps({"epoch": loop.epoch + 1, "step": loop.step, "batch": loop.batch, **figures}))
            if len(self._lines) >= self.lines_per_epoch:
                self._flush()

    def on_epoch_end(self, loop: Progress, row: Mapping[str, Any]) -> None:
        """Writes what is held back, before a checkpoint says that it is done."""
        self._flush()

    def on_train_end(self, loop: Progress) -> None:
        """Writes what is still held back."""
        self._flush()

    def on_failure(self, loop: Progress) -> None:
        """Writes what was seen before training failed: it may tell why."""
        self._flush()

    def _flush(self) -> None:
        with self._path.open("a") as file:
            file.writelines(f"{line}\n" for line in self._lines)
        self._lines.clear()


def _done(line: Mapping[str, Any], loop: Progress) -> bool:
    """Whether a line tells of a batch that the loop has behind it."""
    return (line["epoch"], line["batch"]) <= (loop.epoch + 1, loop.batch)
