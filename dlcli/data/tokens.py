"""Texts as ids: words or characters with a vocabulary of the commonest ones, or the characters of a language model."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from dlcli.core.target import Tokens
from dlcli.errors import DataError

PADDING, UNKNOWN = "", "[UNK]"  # ids 0 and 1, as Keras has them; a language model has neither
_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")


def words(text: str, tokens: Tokens) -> list[str]:
    """The first tokens of a text: characters, or words, apostrophes within them included, and other signs."""
    text = text.lower() if tokens.lowercase else text
    if tokens.level == "char":
        return list(text[:tokens.length])
    found = _WORD.finditer(text)
    return [match[0] for match, _ in zip(found, range(tokens.length), strict=False)]


def encode(texts: Sequence[str], tokens: Tokens) -> np.ndarray:
    """Ids: (N, length) of texts. Raises DataError for characters that a language model does not know."""
    known = {token: number for number, token in enumerate(tokens.vocabulary)}
    if tokens.vocabulary[:2] != (PADDING, UNKNOWN):
        return np.array([_characters(text, tokens, known) for text in texts])
    return padded(([known.get(word, 1) for word in words(text, tokens)] for text in texts), len(texts), tokens)


def padded(rows: Iterable[Sequence[int]], count: int, tokens: Tokens) -> np.ndarray:
    """Ids: (count, length) int32, filled up with 0."""
    x = np.zeros((count, tokens.length), np.int32)
    for target, row in zip(x, rows, strict=True):
        if row and tokens.padding == "pre":
            target[-len(row):] = row
        else:
            target[:len(row)] = row
    return x


def encode_all(texts: Sequence[str], tokens: Tokens) -> tuple[np.ndarray, Tokens]:
    """(ids, tokens): with a vocabulary of all words of these texts, before it is known which ones are for training."""
    known = {PADDING: 0, UNKNOWN: 1}
    rows = ([known.setdefault(word, len(known)) for word in words(text, tokens)] for text in texts)
    x = padded(rows, len(texts), tokens)
    return x, replace(tokens, vocabulary=tuple(known))


def commonest(x: np.ndarray, rows: np.ndarray, tokens: Tokens, size: int) -> tuple[np.ndarray, Tokens]:
    """(ids, tokens): the same with the `size` - 2 commonest words of the training samples `x[rows]` alone.

    Equally common words come in the order of the alphabet; all others become id 1.
    """
    counts = np.bincount(x[rows].ravel(), minlength=len(tokens.vocabulary))
    seen = [number for number in range(2, len(counts)) if counts[number]]
    chosen = sorted(seen, key=lambda number: (-counts[number], tokens.vocabulary[number]))[:max(size - 2, 0)]
    new = np.ones(len(counts), np.int32)
    new[0] = 0
    new[chosen] = np.arange(2, 2 + len(chosen))
    vocabulary = (PADDING, UNKNOWN, *(tokens.vocabulary[number] for number in chosen))
    return new[x], replace(tokens, vocabulary=vocabulary)


def _characters(text: str, tokens: Tokens, known: dict[str, int]) -> list[int]:
    if len(text) != tokens.length:
        raise DataError(
            f"the model takes {tokens.length} characters at a time; found {len(text)}", where="text",
            hint="to have a text continued, use `dlcli generate RUN --prompt TEXT`",
        )
    unknown = sorted(set(text) - known.keys())
    if unknown:
        raise DataError(
            f"the model was trained on a text without {unknown[0]!r}", where="text", hint="leave such characters out",
        )
    return [known[character] for character in text]
