"""First configurations for texts: to be continued, or to be told apart."""

from pathlib import Path
from typing import Any

from dlcli.app.first.draft import Draft, relative, softmax
from dlcli.core.dataset import DataEnv
from dlcli.data.cells import Cells, read_cells, read_text
from dlcli.data.datasets.text import Text
from dlcli.data.datasets.text_classification import TextClassification

SUFFIXES = (".txt", ".text", ".md")
_WORDS = 3  # of a text, on average; a cell of fewer is a name
_CONTEXT = 64
_LENGTH, _VOCABULARY = 60, 8000


def to_continue(data: Path, path: Path, env: DataEnv) -> Draft:
    """An LSTM that learns to write on, character by character. Raises DataError for what is no text."""
    splits = Text(path=str(data.absolute()), context=_CONTEXT).load(env)
    classes = splits.spec.target.classes
    count = len(read_text(data))
    return Draft(
        title=f"{data.name}: what comes next? {count:,} characters, {classes} different ones.",
        dataset={"type": "text", "path": relative(data, path), "context": _CONTEXT, "validation_split": 0.1},
        layers=[
            (f"{{type: embedding, input_dim: {classes}, output_dim: 32}}", "a vector for each character"),
            ("{type: lstm, units: 128, return_sequences: true}", "an answer after every character"),
            softmax(classes),
        ],
        loss="categorical_crossentropy", metrics=["accuracy", "perplexity"], learning_rate=0.003, clip=True,
        then=[('dlcli generate latest --prompt "The "', "writes on")],
    )


def texts_of(data: Path, target: str | None) -> dict[str, Any] | None:
    """The keys of a table of two columns, one a text and one a label; None where it is no such table."""
    if data.name.lower().endswith((".parquet", ".pq")):
        return None
    cells = read_cells(data, join=True)
    if len(cells.rows[0]) != 2:
        return None
    texts = [_words(cells, place) >= _WORDS for place in (0, 1)]
    if sum(texts) != 1:
        return None
    text = texts.index(True)
    head = cells.head
    if target is None:
        return {}
    if target in head:
        return {"text": head[1 - head.index(target)], "label": target} if head.index(target) != text else None
    return {"text": text, "label": 1 - text} if target == str(1 - text) else None


def to_tell_apart(data: Path, path: Path, keys: dict[str, Any], env: DataEnv) -> Draft:
    """The mean of the vectors of a text's words. Raises DataError for what cannot be learned from."""
    keys = {**keys, "vocabulary": _VOCABULARY, "length": _LENGTH}
    labels = TextClassification(path=str(data.absolute()), **keys).load(env).spec.target.labels
    return Draft(
        title=f"{data.name}: which of {len(labels)} classes is a text of?",
        dataset={
            "type": "text_classification", "path": relative(data, path), **keys, "classes": list(labels),
            "stratify": True, "test_split": 0.2, "validation_split": 0.1,
        },
        layers=[
            (f"{{type: embedding, input_dim: {_VOCABULARY}, output_dim: 32, mask_zero: true}}", ""),
            ("global_average_pooling1d", "the mean of the vectors of its words"),
            ("{type: dropout, rate: 0.3}", ""), softmax(len(labels)),
        ],
        loss="categorical_crossentropy", metrics=["accuracy"], epochs=20, patience=4, learning_rate=0.005,
        then=[('dlcli predict latest "A TEXT"', "the class of a text, or of a file of texts")],
    )


def _words(cells: Cells, place: int) -> float:
    rows = cells.rows[1:] or cells.rows
    return sum(len(row[place].split()) for row in rows) / len(rows)


