"""Standard streams of which the other end may go away: a pipe whose reader has ended, a terminal that was closed."""

import errno
import os
from collections.abc import Iterable
from typing import Any, TextIO

_GONE = (errno.EPIPE, errno.EIO)


class ReaderGoneError(Exception):
    """Nobody reads the results any more: no failure, as with `| head`, but no reason to go on either."""


class Output:
    """A text stream that ends where nobody reads it any more: what is written later goes nowhere.

    Whoever writes to it then goes on, or learns of it by a ReaderGoneError where results are what it was for.
    """

    def __init__(self, stream: TextIO, *, results: bool) -> None:
        self._stream = stream
        self._results = results

    def write(self, text: str) -> int:
        """As the stream itself."""
        try:
            return self._stream.write(text)
        except OSError as error:
            self._end(error)
            return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """As the stream itself."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """As the stream itself."""
        try:
            self._stream.flush()
        except OSError as error:
            self._end(error)

    def _end(self, error: OSError) -> None:
        if error.errno not in _GONE:
            raise error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())  # what the stream holds back would fail again
        os.close(nowhere)
        if self._results:
            raise ReaderGoneError from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
