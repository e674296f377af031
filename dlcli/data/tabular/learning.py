"""What is learned of a table, from its training rows alone: means, deviations, gaps, categories."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from dlcli.core.table import Column
from dlcli.data.pieces import cuts
from dlcli.data.tabular.raw import RawTable
from dlcli.errors import DataError

_STORED = 10_000  # words of a column that share a place


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How columns are to be encoded: `embedded` are the names of the categories that become ids."""

    scale: Literal["standardize", "min_max", "none"]
    impute: Literal["mean", "median"]
    max_categories: int
    embedded: frozenset[str]


def learn(raw: RawTable, rows: np.ndarray, choices: Choices) -> tuple[Column, ...]:
    """The columns with all that training rows tell. Raises DataError for a column without any value there."""
    moments = _Moments(raw.numbers, rows)
    learned, at, number = [], 0, 0
    for column in raw.columns:
        if column.kind == "category":
            codes = raw.codes[:, number][rows]
            number += 1
            learned.append(_categories(column, codes, choices, raw))
            continue
        parts = range(at, at + len(column.parts))
        at += len(column.parts)
        if not moments.count[parts.start]:
            raise _empty(column, raw)
        learned.append(_numbers(column, parts, moments, choices, raw.numbers, rows))
    return tuple(learned)


class _Moments:
    """count, mean, deviation, least and most of each number, missing ones left out, in float64."""

    def __init__(self, numbers: np.ndarray, rows: np.ndarray) -> None:
        width = numbers.shape[1]
        self.count, total, square = np.zeros(width, np.int64), np.zeros(width), np.zeros(width)
        self.low, self.high = np.full(width, np.inf), np.full(width, -np.inf)
        for cut in cuts(len(rows), width):
            piece = numbers[rows[cut]].astype(np.float64)
            missing = np.isnan(piece)
            self.count += len(piece) - np.count_nonzero(missing, axis=0)
            self.low = np.fmin(self.low, np.fmin.reduce(piece, axis=0))
            self.high = np.fmax(self.high, np.fmax.reduce(piece, axis=0))
            piece[missing] = 0
            total += piece.sum(axis=0)
        self.mean = total / np.maximum(self.count, 1)
        for cut in cuts(len(rows), width):
            piece = numbers[rows[cut]] - self.mean
            square += np.square(np.where(np.isnan(piece), 0, piece)).sum(axis=0)
        self.std = np.sqrt(square / np.maximum(self.count, 1))


def _numbers(
    column: Column, parts: range, moments: _Moments, choices: Choices, numbers: np.ndarray, rows: np.ndarray,
) -> Column:
    mean, scale, fill = [], [], []
    for part, origin in zip(parts, column.origin, strict=True):
        average, low, high = moments.mean[part], moments.low[part], moments.high[part]
        if choices.impute == "median" and column.kind != "boolean":
            values = numbers[:, part][rows]
            average = np.median(values[~np.isnan(values)].astype(np.float64))
        fill.append(float(average + origin))
        if choices.scale == "none" or column.kind == "boolean":
            shift, size = 0.0, 1.0
        elif choices.scale == "min_max":
            shift, size = float(low + origin), float(high - low)
        else:
            shift, size = float(moments.mean[part] + origin), float(moments.std[part])
        mean.append(shift)
        scale.append(size if low < high else 1.0)
    return replace(
        column, mean=tuple(mean), scale=tuple(scale), fill=tuple(fill),
        gaps=bool(moments.count[parts.start] < len(rows)),
    )


def _categories(column: Column, codes: np.ndarray, choices: Choices, raw: RawTable) -> Column:
    counts = np.bincount(codes[codes >= 0], minlength=len(column.categories))
    seen = [(-int(count), word) for count, word in zip(counts, column.categories, strict=True) if count]
    if not seen:
        raise _empty(column, raw)
    many = len(seen) > choices.max_categories
    seen.sort()
    kept = choices.max_categories - 1 if many else len(seen)
    rare = tuple(sorted(word for _, word in seen[kept:]))
    return replace(
        column, categories=tuple(sorted(word for _, word in seen[:kept])), other=many,
        rare=rare if len(rare) <= _STORED else (), gaps=bool(np.any(codes < 0)),
        embedded=column.name in choices.embedded,
    )


def _empty(column: Column, raw: RawTable) -> DataError:
    return DataError(
        f"column '{column.name}' has no value in the training split", where=raw.places.name,
        hint=f"leave it out with dataset.types: {{{column.name}: ignore}}, or give more rows",
    )


def known_words(columns: Sequence[Column]) -> list[tuple[str, ...]]:
    """The words that the numbers of each category stand for."""
    return [column.categories for column in columns if column.kind == "category"]
