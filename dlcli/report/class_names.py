"""Class names, made to fit."""

from collections.abc import Sequence

from dlcli.errors import DataError


def shorten(name: object, width: int) -> str:
    """`name` on one line of at most `width` characters; a name that is blank, such as a line's end, is quoted: `'\\n'`.

    Characters are taken out of the middle: names of one data set often share their beginning.
    """
    text = " ".join("".join(c if c.isprintable() else " " for c in str(name)).split()) or repr(str(name))
    if len(text) <= width:
        return text
    tail = (width - 1) // 3
    return text[: width - 1 - tail] + "…" + (text[-tail:] if tail else "")


def check_labels(labels: Sequence[str], classes: int) -> None:
    """Raises DataError unless there is one label for each of `classes`."""
    if len(labels) != classes:
        raise DataError(
            f"expected one label for each of {classes} classes, found {len(labels)}",
            where="labels",
            hint="pass the labels of the data set that the predictions were made on",
        )
