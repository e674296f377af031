"""samples/epoch-0005.png: what a generator makes of the same latents, epoch after epoch."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from dlcli.core.callback import Callback, Progress
from dlcli.report import picture_sheet


class SampleSheets(Callback):
    """Draws a sheet after every `every` epochs, and after the last one; `make` gives the samples as they are now.

    Since the latents never change and the weights do not depend on interruptions, neither do the files.
    """

    def __init__(
        self, folder: Path, make: Callable[[], np.ndarray], bounds: picture_sheet.Bounds, *, every: int,
    ) -> None:
        self._folder = folder
        self._make = make
        self._bounds = bounds
        self._every = every

    def on_epoch_end(self, loop: Progress, row: Mapping[str, Any]) -> None:
        """Draws where it is time."""
        if loop.epoch % self._every == 0 or loop.epoch == loop.epochs:
            pictures = picture_sheet.as_bytes(self._make(), self._bounds)
            picture_sheet.draw(self._folder / f"epoch-{loop.epoch:04d}.png", pictures)
