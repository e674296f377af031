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
from dlcli.data import labelled_texts
from dlcli.data.labelled_texts import LabelledTexts
from dlcli.data.tokens import commonest, encode_all
from dlcli.errors import DataError

_PATHS = {"train": "path", "validation": "validation_path", "test": "test_path"}


@dataclass(frozen=True, kw_only=True)
class TextClassification(Dataset):
    """Texts in a CSV or TSV file, each with the name of its class, as ids of words or characters.

    x: (N, length) int32, y: (N,). `path` names the file, in UTF-8. `text` and `label` are its columns, by the name in
    the header or the position from 0; by default those named `text` (or message, sentence, review, ...) and `label`
    (or class, category, ...); of two columns without a header, the label is the one with fewer different values.
    `classes` (default: all labels, sorted) are the class names in order, and let `check` do without the file.

    A text becomes the ids of its first `length` (default 100) tokens: words, lower-case unless `lowercase: false`, and
    every other sign by itself; with `level: char`, characters. Id 0 fills up, at the end (`padding: post`) or the
    beginning (`pre`); id 1 is every unknown token; the `vocabulary` (default 10000, those two included) holds the
    commonest tokens of the training split alone and is stored with the run. Give the model an `embedding` with
    `input_dim` no less than `vocabulary`; `mask_zero: true` has it pass over what fills up.

    `validation_path` and `test_path` are files of the same columns where the splits are given. `test_split` is 0.2
    where there is no `test_path`. Rows with the same cell in the column `group` stay in one split, such as all messages
    of a sender, or with the column of the texts itself all copies of a text; with the column `time`, a number or a date
    such as 2024-03-31, the latest rows are set aside.
    """

    examples: ClassVar = (
        Example({"path": "reviews.csv", "fallback": "digits"}),
        Example({
            "path": "messages.tsv", "label": 0, "text": 1, "classes": ["ham", "spam"], "length": 40,
            "padding": "pre", "fallback": "digits",
        }),
        Example({"path": "names.csv", "level": "char", "length": 20, "vocabulary": 80, "fallback": "digits"}),
    )

    path: str
    text: str | int | None = None
    label: str | int | None = None
    classes: Annotated[tuple[str, ...], AsTuple, Field(min_length=2)] | None = None
    level: Literal["word", "char"] = "word"
    vocabulary: Annotated[int, Field(ge=3)] = 10_000
    length: PositiveInt = 100
    lowercase: bool = True
    padding: Literal["pre", "post"] = "post"
    group: str | int | None = None
    time: str | int | None = None
    validation_path: str | None = None
    test_path: str | None = None
    test_split: Rate = 0.2

    def __post_init__(self) -> None:
        if self.test_path is not None and self.test_split == TextClassification.test_split:
            object.__setattr__(self, "test_split", 0.0)  # the default is for texts without a test of their own

    def describe(self, env: DataEnv) -> DataSpec | None:
        """Ids of `length` tokens; None where neither `classes` nor the file tells the classes."""
        if self.classes:
            return self._spec(self.classes)
        if not env.resolve(self.path).is_file():
            return None
        return self._spec(tuple(sorted(set(self._read(env, "path").labels))))

    def ids_below(self, spec: DataSpec) -> int:
        """However few words or characters the texts have."""
        return self.vocabulary

    def load(self, env: DataEnv) -> Splits:
        """All texts, with a vocabulary of all their tokens; `learn` cuts it down."""
        parts = {
            part: self._read(env, key) for part, key in _PATHS.items() if getattr(self, key) is not None
        }
        for part in parts.values():
            if joined := part.cells.joined:
                env.warn(
                    f"{part.cells.where}: line {joined[0]} has no tab and was read as the rest of the text before it "
                    f"({len(joined)} such line(s))"
                )
        train = parts["train"]
        names = self.classes or tuple(sorted(set(train.labels)))
        if len(names) < 2 or len(names) > max(2, len(train.labels) // 2):
            raise DataError(
                f"the labels have {len(names)} different value(s) in {len(train.labels)} rows, such as {names[0]!r}; "
                "classes that can be learned are at least two, of several texts each", where=train.cells.where,
                hint="say with dataset.label and dataset.text which columns they are",
            )
        tokens = Tokens(
            level=self.level, vocabulary=(), length=self.length, padding=self.padding, lowercase=self.lowercase,
            column=train.column,
        )
        x, tokens = encode_all([text for part in parts.values() for text in part.texts], tokens)
        y = np.concatenate([_numbers(part, names) for part in parts.values()])
        sizes = [len(part.texts) for part in parts.values()]
        starts = dict(zip(parts, np.cumsum([0, *sizes]).tolist(), strict=False))
        splits = {
            part: Split(x=x, y=y, rows=np.arange(start, start + len(parts[part].texts), dtype=np.intp))
            for part, start in starts.items()
        }
        groups = None if self.group is None else np.array(train.groups(self.group))
        times = None if self.time is None else train.times(self.time)
        return Splits(
            spec=replace(self._spec(names), tokens=tokens), train=splits["train"],
            validation=splits.get("validation"), test=splits.get("test"),
            groups=_for_all(groups, len(x)), times=_for_all(times, len(x)),
        )

    def learn(self, splits: Splits) -> Splits:
        """Keeps the commonest words or characters of the training split."""
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

    def _read(self, env: DataEnv, key: str) -> LabelledTexts:
        given = getattr(self, key)
        path = env.existing(given, key)
        return labelled_texts.read(path, self.text, self.label)


def _numbers(part: LabelledTexts, names: Sequence[str]) -> np.ndarray:
    """Class numbers of labels."""
    numbers = {name: number for number, name in enumerate(names)}
    for row, label in enumerate(part.labels):
        if label not in numbers:
            raise DataError(
                f"the label is {label!r}; the classes are {', '.join(names)}", where=part.place(row),
                hint="correct the label, or dataset.classes",
            )
    return np.array([numbers[label] for label in part.labels], np.intp)


def _for_all(values: np.ndarray | None, count: int) -> np.ndarray | None:
    """The values of the training file, for the rows of other files too: those are never drawn from."""
    return None if values is None else np.resize(values, count)
