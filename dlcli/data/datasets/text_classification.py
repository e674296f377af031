"""text_classification: texts and the class of each, from a table of your own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Split, Splits
from dlcli.core.fields import AsTuple, PositiveInt, Rate
from dlcli.core.target import DataSpec, Target, Tokens
from dlcli.data.cells import Cells, read_cells
from dlcli.data.splits import whole
from dlcli.data.tokens import commonest, encode_all
from dlcli.errors import DataError, DataUnavailableError

_TEXTS = ("text", "message", "sentence", "review", "sms", "comment")
_LABELS = ("label", "class", "category", "sentiment", "target")


@dataclass(frozen=True, kw_only=True)
class TextClassification(Dataset):
    """Texts in a CSV or TSV file, each with the name of its class, as ids of words.

    x: (N, length) int32, y: (N,). `path` names the file, in UTF-8. `text` and `label` are its columns, by the name in
    the header or the position from 0; by default those named `text` (or message, sentence, review, ...) and `label`
    (or class, category, ...); of two columns without a header, the label is the one with fewer different values.
    `classes` (default: all labels, sorted) are the class names in order, and let `check` do without the file.

    A text becomes the ids of its first `length` (default 100) tokens: words, lower-case unless `lowercase: false`, and
    every other sign by itself. Id 0 fills up, at the end (`padding: post`) or the beginning (`pre`); id 1 is every
    unknown word; the `vocabulary` (default 10000, those two included) holds the commonest words of the training
    split alone and is stored with the run. Give the model an `embedding` with `input_dim` no less than
    `vocabulary`; `mask_zero: true` has it pass over what fills up. `test_split` is 0.2 by default.
    """

    examples: ClassVar = (
        Example({"path": "reviews.csv", "fallback": "digits"}),
        Example({
            "path": "messages.tsv", "label": 0, "text": 1, "classes": ["ham", "spam"], "length": 40,
            "padding": "pre", "fallback": "digits",
        }),
    )

    path: str
    text: str | int | None = None
    label: str | int | None = None
    classes: Annotated[tuple[str, ...], AsTuple, Field(min_length=2)] | None = None
    vocabulary: Annotated[int, Field(ge=3)] = 10_000
    length: PositiveInt = 100
    lowercase: bool = True
    padding: Literal["pre", "post"] = "post"
    test_split: Rate = 0.2

    def describe(self, env: DataEnv) -> DataSpec | None:
        """Ids of `length` words; None where neither `classes` nor the file tells the classes."""
        if self.classes:
            return self._spec(self.classes)
        if not env.resolve(self.path).is_file():
            return None
        _, labels, _, _ = self._columns(env)
        return self._spec(tuple(sorted(set(labels))))

    def ids_below(self, spec: DataSpec) -> int:
        """However few words the texts have."""
        return self.vocabulary

    def load(self, env: DataEnv) -> Splits:
        """All texts, with a vocabulary of all their words; `learn` cuts it down."""
        texts, labels, cells, column = self._columns(env)
        if cells.joined:
            env.warn(
                f"{cells.where}: line {cells.joined[0]} has no tab and was read as the rest of the text before it "
                f"({len(cells.joined)} such line(s))"
            )
        for row, text in enumerate(texts):
            if not text.strip():
                raise DataError(
                    "the text is empty", where=f"{cells.where}, line {cells.lines[row]}",
                    hint="give it a text, or leave the row out",
                )
        names = self.classes or tuple(sorted(set(labels)))
        numbers = {name: number for number, name in enumerate(names)}
        for row, label in enumerate(labels):
            if label not in numbers:
                raise DataError(
                    f"the label is {label!r}; the classes are {', '.join(names)}",
                    where=f"{cells.where}, line {cells.lines[row]}", hint="correct the label, or dataset.classes",
                )
        if len(names) < 2 or len(names) > max(2, len(labels) // 2):
            raise DataError(
                f"the labels have {len(names)} different value(s) in {len(labels)} rows, such as {names[0]!r}; classes "
                "that can be learned are at least two, of several texts each", where=cells.where,
                hint="say with dataset.label and dataset.text which columns they are",
            )
        tokens = Tokens(
            level="word", vocabulary=(), length=self.length, padding=self.padding, lowercase=self.lowercase,
            column=column,
        )
        x, tokens = encode_all(texts, tokens)
        y = np.array([numbers[label] for label in labels], np.intp)
        return Splits(spec=replace(self._spec(names), tokens=tokens), train=whole(x, y))

    def learn(self, splits: Splits) -> Splits:
        """Keeps the commonest words of the training split."""
        train, tokens = splits.train, splits.spec.tokens
        assert tokens is not None and isinstance(train.x, np.ndarray)
        x, tokens = commonest(train.x, train.rows, tokens, self.vocabulary)

        def coded(split: Split | None) -> Split | None:
            return None if split is None else replace(split, x=x)

        return Splits(
            spec=replace(splits.spec, tokens=tokens), train=replace(train, x=x),
            validation=coded(splits.validation), test=coded(splits.test),
        )

    def _spec(self, labels: tuple[str, ...]) -> DataSpec:
        return DataSpec(input_shape=(self.length,), dtype="int32", target=Target(kind="classes", labels=labels))

    def _columns(self, env: DataEnv) -> tuple[list[str], list[str], Cells, str]:
        """(texts, labels, their rows, name of the text's column)."""
        path = env.resolve(self.path)
        if not path.exists():
            raise DataUnavailableError(
                f"there is no such file; looked for {self.path} in {env.searched()}", where=str(path),
                hint="correct dataset.path, or place the file in one of these folders",
            )
        cells = read_cells(path, join=True)
        head = [name.lower() for name in cells.head]
        text = _named(head, _TEXTS) if self.text is None else cells.find(self.text, "text")
        label = _named(head, _LABELS) if self.label is None else cells.find(self.label, "label")
        by_name = text is not None and label is not None and not isinstance(self.text or self.label, int)
        has_head = by_name or isinstance(self.text, str) or isinstance(self.label, str)
        body = cells.without_head() if has_head else cells
        text, label = _both(text, label, body)
        column = cells.head[text] if has_head else "text"
        return body.texts(text), [cell.strip() for cell in body.texts(label)], body, column


def _named(head: Sequence[str], names: Sequence[str]) -> int | None:
    return next((head.index(name) for name in names if name in head), None)


def _both(text: int | None, label: int | None, body: Cells) -> tuple[int, int]:
    """The columns of text and label, guessed where there are just two."""
    width = len(body.rows[0])
    if width == 2 and text is None and label is None:
        distinct = [len(set(body.texts(position))) for position in (0, 1)]
        label = int(distinct[1] < distinct[0])
    if width == 2 and (text is None or label is None):
        text, label = (1 - label if text is None else text), (1 - text if label is None else label)  # type: ignore[operator]
    if text is None or label is None or text == label:
        raise DataError(
            f"which of the {width} column(s) are the text and the label is not clear from the first row: "
            f"{', '.join(cell[:20] for cell in body.rows[0][:8])}",
            where=body.where, hint="set dataset.text and dataset.label to their names, or to positions from 0",
        )
    return text, label
