"""The contract of callbacks: what the training loop tells, and to whom."""

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Progress(Protocol):
    """What a callback may read of the loop, and the two things that it may ask."""

    epoch: int
    """Epochs finished."""
    epochs: int
    step: int
    """Optimizer steps finished."""
    batch: int
    """Batches of this epoch finished."""
    batches: int
    """Batches of a whole epoch."""
    samples: int
    """Samples of this epoch seen."""
    stop_reason: str | None
    """Set it to end training after this epoch."""
    rate_factor: float
    """Multiplies the learning rate of every step from now on; 1 at first. Who sets it must keep it in `state`."""

    def figures(self) -> "Mapping[str, float]":
        """Loss and metrics over the epoch so far."""
        ...


class Callback:
    """Does nothing; override what you need. Called in the order in which callbacks are listed.

    Batch-wise methods are called only where overridden, so that the loop pays for none that does nothing.
    """

    def on_train_begin(self, loop: Progress) -> None:
        """Before the first batch, after a resume too."""

    def on_epoch_begin(self, loop: Progress) -> None:
        """Before the first batch of an epoch, or the first after a resume."""

    def on_batch_end(self, loop: Progress) -> None:
        """After every batch."""

    def on_epoch_end(self, loop: Progress, row: "Mapping[str, Any]") -> None:
        """After an epoch and its validation; `row` is a row of history.csv."""

    def on_train_end(self, loop: Progress) -> None:
        """After the last epoch, and after an interruption."""

    def on_failure(self, loop: Progress) -> None:
        """Where training ends with an error: the state of the loop may be that of a step half done."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint must keep of this callback, as plain data."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes back what `state` returned."""
