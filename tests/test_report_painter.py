"""Pictures drawn in processes of their own: the same files, the same errors."""

from pathlib import Path

import numpy as np
import pytest

from dlcli.errors import DataError
from dlcli.report import confusion_matrix, history_plot, samples
from dlcli.report.painter import Painter

MATRIX = np.array([[5, 1], [0, 4]])
HISTORY = {"epoch": [1, 2], "step": [3, 6], "loss": [0.5, 0.25], "val_loss": [float("nan"), None]}


def paint_all(painter: Painter, folder: Path) -> dict[str, bytes]:
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 30)
    chosen = samples.choose(rng.integers(0, 256, (30, 6, 5), dtype=np.uint8), y, rng.permutation(y), rng.random(30))
    with painter:
        painter.paint(history_plot.draw, folder / "history.png", history=HISTORY, best=1)
        painter.paint(confusion_matrix.draw, folder / "matrix.png", matrix=MATRIX, labels=("no", "yes"))
        painter.paint(samples.draw_chosen, folder / "samples.png", labels=("no", "yes"), **chosen)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_process_of_its_own_draws_the_same_bytes(tmp_path: Path) -> None:
    beside = Painter()
    beside.start()
    here = paint_all(Painter(), tmp_path / "here")
    assert len(here) == 3
    assert paint_all(beside, tmp_path / "beside") == here


@pytest.mark.parametrize("died", [1, 2])
def test_pictures_are_there_although_a_process_died(tmp_path: Path, died: int) -> None:
    painter = Painter()
    painter.start()
    for hand in painter._hands[:died]:
        hand._process.kill()
        hand._process.wait()
    assert len(paint_all(painter, tmp_path / "pictures")) == 3


def test_what_cannot_be_drawn_raises_as_if_it_were_drawn_here(tmp_path: Path) -> None:
    painter = Painter()
    painter.start()
    painter.paint(confusion_matrix.draw, tmp_path / "matrix.png", matrix=MATRIX, labels=("one label",))
    painter.paint(history_plot.draw, tmp_path / "history.png", history=HISTORY, best=1)
    with pytest.raises(DataError):
        painter.finish()


def test_a_failure_ends_the_processes(tmp_path: Path) -> None:
    painter = Painter()
    painter.start()
    processes = [hand._process for hand in painter._hands]
    with pytest.raises(KeyboardInterrupt), painter:
        raise KeyboardInterrupt
    assert processes and all(process.poll() is not None for process in processes)
    assert not list(tmp_path.iterdir())


def test_an_interrupted_wait_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    painter = Painter()
    painter.start()
    processes = [hand._process for hand in painter._hands]

    def interrupted() -> list[object]:
        raise KeyboardInterrupt

    monkeypatch.setattr(painter._hands[0], "close", interrupted)
    with pytest.raises(KeyboardInterrupt), painter:
        painter.paint(history_plot.draw, tmp_path / "history.png", history=HISTORY, best=1)
    assert processes and all(process.poll() is not None for process in processes)
