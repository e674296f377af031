"""What the docstrings say: of a component in one line, of it in full, and of one key of it."""

import inspect
import re
import sys
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

_SENTENCE = re.compile(r"(?<=[.:])\s+(?=[A-Z`])|;\s+(?=`)|\n\n+")
_HEADED = re.compile(r"(`\w+`|\w+): ")  # `Parameters: ...`, `y_pred: (N, ...)`: a line of its own
_FULL = 70  # columns; a longer line was wrapped, a shorter one ends where its author wanted it to


def summary(cls: type[Any]) -> str:
    """One sentence: what the file of the component says behind its name, without the full stop."""
    text = inspect.cleandoc(sys.modules[cls.__module__].__doc__ or "").partition("\n\n")[0]
    return " ".join(text.partition(": ")[2].split()).removesuffix(".")


def manual(cls: type[Any]) -> str:
    """The docstring without its indentation; lines that were wrapped are one line again."""
    lines: list[str] = []
    broken = False
    for line in inspect.cleandoc(cls.__doc__ or "").splitlines():
        if broken and line and not _HEADED.match(line):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
        broken = len(line) >= _FULL
    return "\n".join(lines)


def key_manual(cls: type[Any], key: str) -> str:
    """The sentence that says what a key means, from the docstring of the class or of a base; or the empty string."""
    for base in cls.__mro__:
        if base.__module__.startswith("dlcli."):
            for sentence in _sentences(manual(base)):
                if re.search(rf"`{key}(:[^`]*)?`", sentence):
                    return sentence
    return ""


def of_base(cls: type[Any], key: str) -> bool:
    """Whether a key is one that every component of the kind has, and not of this component alone."""
    below = takewhile(lambda base: "kind" not in vars(base), cls.__mro__)  # the contract of the kind is what names it
    return not any(key in inspect.get_annotations(base) for base in below)


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(text):
        if not sentence.startswith("Source:"):
            yield " ".join(sentence.split())
