"""What data sets of tables have in common: which columns are what, what is learned of them, and the target."""

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlcli.core.dataset import DataEnv, Dataset, Split, Splits
from dlcli.core.fields import AsTuple, Rate
from dlcli.core.source import Content
from dlcli.core.table import MISSING, Table, TableFormat
from dlcli.core.target import DataSpec, Target
from dlcli.data.tabular.beside import raw_of, split_of, values_beside, weights_of
from dlcli.data.tabular.roles import named, roles
from dlcli.errors import DataError, DataKeyError

if TYPE_CHECKING:  # polars is imported where a table is read, not where one is configured
    from dlcli.data.tabular.blocks import Rows
    from dlcli.data.tabular.raw import RawTable

Name = str | int
"""A column: its name in the header, or its position, from 0."""
Kind = Literal["number", "category", "boolean", "date", "ignore"]


@dataclass(frozen=True, kw_only=True)
class TableDataset(Dataset):
    """Base of the data sets that are tables: rows are samples, columns are what is known of them.

    `path` names the file; `target` is the column to be predicted and `features` (default: all other columns) those
    that it is predicted from, by name or by position from 0. `validation_path` and `test_path` are files of the same
    columns where the splits are given; else shares of `path` are drawn. `test_split` is 0.2 where there is no
    `test_path`.

    What a column is, is found: numbers; dates (2024-03-31, with or without a time; `date_format` says others, such as
    `'%m/%d/%Y'`); words for true and false; else categories, and so are numbers with leading zeros, such as zip
    codes. `types` says otherwise: `{zip: category, note: ignore}`. One cell in ten or more that is no number makes a
    column one of categories; fewer are a mistake, which is reported. Left out, with a warning, are columns of words
    that hardly ever come again, such as names, and row numbers. `missing` lists the cells that stand for no value.

    Everything is learned from the training split and stored with the run. Numbers become (x - mean) / deviation
    (`scale: standardize`), or 0 to 1 (`min_max`), or stay (`none`). Missing ones become what `impute` says, `mean` or
    `median`, and where training had any, a further number, 0 or 1, tells of them. A date becomes year, month, day and
    weekday (1 is Monday), and hour and minute if it says them, each a number like others. A category becomes one
    number, 0 or 1, for each word that training has, sorted, and one for missing cells; of more than `max_categories`
    (default 100) words the commonest are kept, and the others share one number. With `encoding: {city: embedding}` it
    becomes an id, for a model that begins with `column_embedding`. A word that training never saw is none of those:
    all 0, or id 0.

    The target is a class if it is words, or whole numbers of which there are two, or at most 20 with five rows each on
    average; else a number to be met. `task` says `classification` or `regression` itself. `classes` (default: all,
    sorted) are the class names in order. A row without a target is an error, unless `missing_target: skip`. Rows with
    the same cell in the column `group` stay in one split; with `time`, the column of a date or a number, the latest
    rows are set aside. The column `sample_weight` is how much each row counts in training: its loss is multiplied by
    it. None of these is a feature, unless `features` names it.
    """

    may_have_validation: ClassVar[bool] = True

    path: str
    target: Name | None = None
    features: Annotated[tuple[Name, ...], AsTuple] = ()
    types: Mapping[str, Kind] | None = None
    encoding: Mapping[str, Literal["one_hot", "embedding"]] | None = None
    max_categories: Annotated[int, Field(ge=2)] = 100
    scale: Literal["standardize", "min_max", "none"] = "standardize"
    impute: Literal["mean", "median"] = "mean"
    missing: Annotated[tuple[str, ...], AsTuple] = MISSING
    date_format: str | None = None
    task: Literal["classification", "regression"] | None = None
    classes: Annotated[tuple[str, ...], AsTuple, Field(min_length=2)] | None = None
    missing_target: Literal["fail", "skip"] = "fail"
    group: Name | None = None
    time: Name | None = None
    sample_weight: Name | None = None
    validation_path: str | None = None
    test_path: str | None = None
    test_split: Rate = 0.2

    def __init_subclass__(cls) -> None:
        """The manual of a kind of table goes on with what holds for all of them."""
        super().__init_subclass__()
        if cls.__doc__ and TableDataset.__doc__:
            cls.__doc__ += "\n" + TableDataset.__doc__.partition("\n\n")[2]

    def __post_init__(self) -> None:
        if self.target is None and not self.autoencode:
            raise ValueError("target is missing: the column to be predicted, by name or by position from 0")
        embeds = "embedding" in (self.encoding or {}).values()
        if embeds and (self.preprocessing or self.autoencode):
            key = "preprocessing" if self.preprocessing else "autoencode"
            raise ValueError(f"{key} would change or predict the ids of embedded categories; take one of them out")
        if self.test_path is not None and self.test_split == TableDataset.test_split:
            object.__setattr__(self, "test_split", 0.0)  # the default is for tables without a test of their own

    @abstractmethod
    def rows(self, path: Path, form: TableFormat) -> "AbstractContextManager[Rows]":
        """The rows of a file, which is open as long as they are used."""
        raise NotImplementedError

    @abstractmethod
    def form(self, path: Path) -> TableFormat:
        """How the cells of the file are written, what can be found included."""
        raise NotImplementedError

    def describe(self, env: DataEnv) -> DataSpec | None:
        """Only the data tells what there is to be learned from it."""
        return None

    def load(self, env: DataEnv) -> Splits:
        """All rows, as their cells say; `learn` makes samples of them."""
        from dlcli.data.tabular.raw import collect
        from dlcli.data.tabular.target import target_of

        path = self._existing("path", env)
        form, where = self.form(path), str(path)
        with self.rows(path, form) as rows:
            names = rows.names
        ignored = [name for name, kind in named(names, self.types, where, "types").items() if kind == "ignore"]
        parts = roles(
            names, where, target=self.target, features=self.features, group=self.group, time=self.time,
            sample_weight=self.sample_weight, ignored=ignored,
        )
        kinds = {name: kind for name, kind in named(names, self.types, where, "types").items() if kind != "ignore"}
        if self.task == "regression" and parts.target is not None:
            kinds.setdefault(parts.target, "number")
        if parts.sample_weight is not None:
            kinds.setdefault(parts.sample_weight, "number")
        raw = collect(lambda: self.rows(path, form), parts.features, parts.others, kinds, form, where)
        self._look_over(raw, where, env)
        raw = self._with_targets(raw, parts.target, env)
        target = Target(kind="numbers")
        if parts.target is not None:
            target = target_of(raw, parts.target, self.task, self.classes)
        self._embedded(raw, where)

        def given(key: str) -> Split | None:
            return self._given(key, raw, parts.target, target, form, env) if getattr(self, key) is not None else None

        train = replace(split_of(raw, parts.target, target), weights=weights_of(raw, parts.sample_weight))
        validation, test = given("validation_path"), given("test_path")
        splits = [split for split in (train, validation, test) if split is not None]
        return Splits(
            spec=DataSpec(
                input_shape=train.x.shape[1:], dtype="float32", target=target,
                table=Table(columns=raw.columns, format=form),
            ),
            train=train, validation=validation, test=test,
            groups=values_beside(raw, parts.group, "group"), times=values_beside(raw, parts.time, "time"),
            skipped=dict(pair for split in splits for pair in raw_of(split).skipped.items()),
        )

    def learn(self, splits: Splits) -> Splits:
        """Samples, made of what the training split says of each column."""
        from dlcli.data.tabular.learning import Choices, known_words, learn
        from dlcli.data.tabular.samples import samples_of, slots_of

        assert splits.spec.table is not None
        raw = raw_of(splits.train)
        choices = Choices(
            scale=self.scale, impute=self.impute, max_categories=self.max_categories,
            embedded=self._embedded(raw, raw.places.name),
        )
        table = replace(splits.spec.table, columns=learn(raw, splits.train.rows, choices))
        made: dict[int, Content] = {}

        def encoded(split: Split | None) -> Split | None:
            if split is None:
                return None
            raw = raw_of(split)
            if id(raw) not in made:
                slots = slots_of(raw.codes, table.categorical, known_words(raw.columns))
                made[id(raw)] = samples_of(table, raw.numbers, slots)
            return replace(split, x=made[id(raw)])

        train = encoded(splits.train)
        assert train is not None
        return replace(
            splits, spec=replace(splits.spec, input_shape=(table.width,), table=table), train=train,
            validation=encoded(splits.validation), test=encoded(splits.test),
        )

    def _look_over(self, raw: "RawTable", where: str, env: DataEnv) -> None:
        """Warns of columns that are left out. Raises DataKeyError where none holds the dates that were promised."""
        if raw.left_out:
            told = "\n".join(f"  {name}: {why}" for name, why in raw.left_out.items())
            name = next(iter(raw.left_out))
            env.warn(
                f"{where}: {len(raw.left_out)} column(s) are left out, since there is nothing to be learned from them\n"
                f"{told}\n  dataset.types, such as {{{name}: category}}, takes them in; {{{name}: ignore}} is silent"
            )
        kinds_found = [column.kind for column in (*raw.columns, *(aside.column for aside in raw.aside.values()))]
        if self.date_format is not None and "date" not in kinds_found:
            raise DataKeyError(
                f"no column holds dates that are written like {self.date_format!r}", path=("date_format",), where=where,
                hint="correct it, or take it out; 2024-03-31 and 31.03.2024 are found without it",
            )

    def _existing(self, key: str, env: DataEnv) -> Path:
        return env.existing(getattr(self, key), key)

    def _given(
        self, key: str, like: "RawTable", name: str | None, target: Target, form: TableFormat, env: DataEnv,
    ) -> Split:
        """A split that is a file of its own."""
        from dlcli.data.tabular.conversion import collect_as

        path = self._existing(key, env)
        with self.rows(path, form) as rows:
            raw = collect_as(rows, like, [] if name is None else [name], form, str(path))
        return split_of(self._with_targets(raw, name, env), name, target)

    def _with_targets(self, raw: "RawTable", name: str | None, env: DataEnv) -> "RawTable":
        """The rows that have a target: all, or else `missing_target` says what is to be done."""
        if name is None:
            return raw
        missing = raw.aside[name].missing()
        count = int(np.count_nonzero(missing))
        if not count:
            return raw
        if self.missing_target == "fail" or count == len(missing):
            raise DataError(
                f"the target '{name}' is missing ({count} of {len(missing)} rows)",
                where=raw.place(int(missing.argmax())),
                hint="fill it in, or set dataset.missing_target: skip",
            )
        env.warn(f"{raw.places.name}: {count} of {len(missing)} rows are skipped: they have no '{name}'")
        return raw.taken(np.flatnonzero(~missing), f"no '{name}' in {raw.places.name}")

    def _embedded(self, raw: "RawTable", where: str) -> frozenset[str]:
        """The categories that become ids. Raises DataKeyError for other columns."""
        names = [column.name for column in raw.columns]
        chosen = set()
        for name, how in named(names, self.encoding, where, "encoding").items():
            column = raw.columns[names.index(name)]
            if column.kind != "category":
                raise DataKeyError(
                    f"column '{name}' holds {column.kind}s; only categories are encoded", path=("encoding", name),
                    where=where, hint=f"take it out, or set dataset.types: {{{name}: category}}",
                )
            if how == "embedding":
                chosen.add(name)
        return frozenset(chosen)
