"""Texts for language models: characters as ids, and windows over them."""

from dataclasses import replace

import numpy as np

from dlcli.core.dataset import Split, Splits
from dlcli.core.target import DataSpec, Target, Tokens
from dlcli.data.windows import windows
from dlcli.errors import DataError

SHAKESPEARE = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""All characters of tinyshakespeare."""


def spec(vocabulary: str, context: int) -> DataSpec:
    """Samples of `context` characters, the target the next character at each place."""
    labels = tuple(vocabulary)
    return DataSpec(
        input_shape=(context,), dtype=_dtype(len(labels)).name,
        target=Target(kind="classes", labels=labels, shape=(context,)),
        tokens=Tokens(level="char", vocabulary=labels, length=context),
    )


def splits(text: str, context: int, stride: int, where: str, *, vocabulary: str = "") -> Splits:
    """Windows that begin every `stride` characters, with ids of the `vocabulary` (default: the text's own characters).

    Raises DataError for a text that is too short.
    """
    if len(text) <= context:
        raise DataError(
            f"a window of {context} characters and the one after it need a text of {context + 1} characters at least; "
            f"found {len(text)}", where=where, hint="give a longer text, or a smaller dataset.context",
        )
    vocabulary = vocabulary or characters(text)
    if len(vocabulary) < 2:
        raise DataError(
            f"the text is one character, {text[0]!r}, all over; there is nothing to learn", where=where,
            hint="give a text of several characters",
        )
    ids = np.searchsorted(_codes(vocabulary), _codes(text)).astype(_dtype(len(vocabulary)))
    count = len(ids) - context
    rows = np.arange(0, count, stride, dtype=np.intp)
    train = Split(x=windows(ids, context, count), y=windows(ids, context, count, start=1), rows=rows)
    return Splits(spec=spec(vocabulary, context), train=train)


def read_once(splits: Splits, context: int) -> Splits:
    """The same, with windows of validation and test that follow one another."""
    def thinned(split: Split | None) -> Split | None:
        if split is None:
            return None
        return replace(split, rows=np.arange(split.rows[0], split.rows[-1] + 1, context, dtype=np.intp))

    return replace(splits, validation=thinned(splits.validation), test=thinned(splits.test))


def characters(text: str) -> str:
    """The characters of a text, each once, in the order of their code points."""
    return "".join(sorted(set(text)))


def _codes(text: str) -> np.ndarray:
    """The code point of each character."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _dtype(classes: int) -> np.dtype:
    """The smallest that holds the ids."""
    return np.min_scalar_type(classes - 1)
