"""What a use case may say to whoever runs it; the command line shows it on a terminal, tests collect it."""

from collections.abc import Sequence

from dlcli.core.callback import Callback


class Ui:
    """Says nothing. `cli/` has one that writes to standard error."""

    def warn(self, text: str) -> None:
        """Something the user must not miss."""

    def info(self, text: str) -> None:
        """Something good to know."""

    def progress(self) -> Sequence[Callback]:
        """Callbacks that show the course of training."""
        return ()
