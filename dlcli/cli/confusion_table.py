"""The confusion matrix on a terminal."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dlcli.report import confusions
from dlcli.report.class_names import check_labels, shorten
from dlcli.report.classification_report import Scores, scores
from dlcli.report.confusions import Confusion

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

_MOST_ROWS = 20
"""Classes that the compact form lists."""
_MOST_PAIRS, _MOST_PAIRS_IN_LINE = 10, 5


def as_table(matrix: np.ndarray, labels: Sequence[str], width: int) -> "RenderableType":
    """A rich renderable at most `width` characters wide: rows true, columns predicted, recall at the right.

    matrix: (K, K) counts. Where the columns do not fit, the classes with the lowest recall and the pairs
    that are confused most take its place. Raises DataError unless there are K labels.
    """
    from rich.console import Group
    from rich.text import Text

    classes = len(matrix)
    check_labels(labels, classes)
    result = scores(matrix)
    digits = len(str(matrix.max(initial=0)))
    for rows, heads, gap in _layouts(labels):
        cell = max(digits, *map(len, heads))
        if max(map(len, [*rows, "true"])) + classes * (cell + gap) + gap + len("recall") <= width:
            break
    else:
        return _compact(matrix, [shorten(label, 24) for label in labels], result, width)

    table = _table(gap)
    table.add_column("true", justify="right", no_wrap=True)
    for head in heads:
        table.add_column(Text(head), justify="right", min_width=cell, no_wrap=True)
    table.add_column("recall", justify="right", no_wrap=True)
    for i, row in enumerate(matrix.tolist()):
        cells = [
            Text(str(count) if count else "·", "bold green" if i == j and count else "red" if count else "dim")
            for j, count in enumerate(row)
        ]
        table.add_row(Text(rows[i]), *cells, _share(result["recall"][i]) if result["support"][i] else "–")
    notes = [Text("rows: true, columns: predicted", "dim"), _accuracy(result)]
    if classes > 2 and (pairs := confusions.of_matrix(matrix)):
        notes.append(most_confused(pairs, labels))
    return Group(table, *notes)


def most_confused(pairs: Sequence[Confusion], labels: Sequence[str]) -> "Text":
    """`most confused: 4 as 9 (28), 7 as 2 (13)`: true classes, what they were taken for, and how often."""
    from rich.text import Text

    shown = (
        f"{shorten(labels[pair.true], 24)} as {shorten(labels[pair.predicted], 24)} ({pair.count:,})"
        for pair in pairs[:_MOST_PAIRS_IN_LINE]
    )
    return Text(f"most confused: {', '.join(shown)}", overflow="fold")


def _layouts(labels: Sequence[str]) -> Iterator[tuple[list[str], list[str], int]]:
    """What may stand before the rows and over the columns, and the gap between columns: best first."""
    for longest in (24, 12):
        names = [shorten(label, longest) for label in labels]
        yield names, names, 2
    # No room for names over the columns: numbers, which the rows then show too.
    numbers = [str(i) for i in range(len(labels))]
    for longest, gap in ((20, 2), (20, 1), (10, 1)):
        yield [f"{shorten(label, longest)} {i}" for i, label in enumerate(labels)], numbers, gap


def _compact(matrix: np.ndarray, names: Sequence[str], result: Scores, width: int) -> "RenderableType":
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    recall = np.asarray(result["recall"])
    order = np.argsort(recall, kind="stable")
    order = order[np.asarray(result["support"])[order] > 0]
    worst = _table(2)
    worst.add_column("class", no_wrap=True)
    for head in ("recall", "precision", "samples"):
        worst.add_column(head, justify="right", no_wrap=True)
    for i in order[:_MOST_ROWS].tolist():
        worst.add_row(
            Text(names[i]), _share(recall[i]), _share(result["precision"][i]), str(result["support"][i]),
        )

    pairs = _table(2)
    pairs.add_column("true", no_wrap=True)
    pairs.add_column("predicted", no_wrap=True)
    pairs.add_column("count", justify="right", no_wrap=True)
    pairs.add_column("share", justify="right", no_wrap=True)
    for pair in confusions.of_matrix(matrix, most=_MOST_PAIRS):
        cells = (Text(names[pair.true]), Text(names[pair.predicted]), Text(str(pair.count), "red"))
        pairs.add_row(*cells, f"{pair.share:.1%}")
    notes = [_accuracy(result)]
    if (hidden := len(order) - _MOST_ROWS) > 0:
        notes.insert(0, Text(f"{hidden} more classes: recall {_share(recall[order[_MOST_ROWS]])} or better", "dim"))
    if not pairs.row_count:
        return Group(worst, *notes)
    notes.insert(0, Text("share: of the samples of the true class", "dim"))
    longest = max(map(len, [*names, "predicted"]))
    if 3 * longest + 46 > width:
        return Group(worst, "", pairs, *notes)
    both = Table.grid(padding=(0, 4))
    both.add_row(worst, pairs)
    return Group(both, *notes)


def _accuracy(result: Scores) -> "Text":
    from rich.text import Text

    right = round(result["accuracy"] * result["samples"])
    return Text(f"accuracy {result['accuracy']:.4f} ({right:,} of {result['samples']:,})", "bold")


def _table(gap: int) -> "Table":
    from rich import box
    from rich.table import Table

    return Table(
        box=box.SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold",
    )


def _share(value: float) -> str:
    # 1.000 only where nothing is missing.
    return f"{value:.3f}" if value == 1 or value < 0.9995 else "0.999"
