"""Texts for language models: characters as ids, and windows over them."""

import numpy as np

from dlcli.core.dataset import Split, Splits
from dlcli.core.target import DataSpec, Target, Tokens
from dlcli.data.windows import windows
from dlcli.errors import DataError


def spec(vocabulary: str, context: int) -> DataSpec:
    """Samples of `context` characters, the target the next character at each place."""
    labels = tuple(vocabulary)
    return DataSpec(
        input_shape=(context,), dtype=_dtype(len(labels)).name,
        target=Target(kind="classes", labels=labels, shape=(context,)),
        tokens=Tokens(level="char", vocabulary=labels, length=context),
    )


def splits(text: str, context: int, stride: int, where: str) -> Splits:
    """Windows that begin every `stride` characters. Raises DataError for a text that is too short."""
    if len(text) <= context:
        raise DataError(
            f"a window of {context} characters and the one after it need a text of {context + 1} characters at least; "
            f"found {len(text)}", where=where, hint="give a longer text, or a smaller dataset.context",
        )
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    vocabulary, ids = np.unique(codes, return_inverse=True)
    if len(vocabulary) < 2:
        raise DataError(
            f"the text is one character, {text[0]!r}, all over; there is nothing to learn", where=where,
            hint="give a text of several characters",
        )
    ids = ids.astype(_dtype(len(vocabulary)))
    count = len(ids) - context
    rows = np.arange(0, count, stride, dtype=np.intp)
    train = Split(x=windows(ids, context, count), y=windows(ids, context, count, start=1), rows=rows)
    return Splits(spec=spec("".join(map(chr, vocabulary.tolist())), context), train=train)


def characters(text: str) -> str:
    """The characters of a text, each once, in the order of their code points."""
    return "".join(sorted(set(text)))


def _dtype(classes: int) -> np.dtype:
    """The smallest that holds the ids."""
    return np.min_scalar_type(classes - 1)
