"""A first configuration for a table: what its columns are found to be, and a network for its target."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dlcli.app.first.draft import Draft, relative, softmax
from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.core.table import Table
from dlcli.data.load import Loaded, load
from dlcli.errors import UsageError
from dlcli.registry import did_you_mean
from dlcli.report import table_columns

SUFFIXES = (".csv", ".tsv", ".tab", ".csv.gz", ".tsv.gz", ".parquet", ".pq")
_MANY = 30  # words of a column, beyond which a learned vector says more than so many numbers
_RARE = 10  # rows of a class that every split can have its share of
_STEPS = 3000


def draft(data: Path, path: Path, target: str, env: DataEnv) -> Draft:
    """Two hidden layers between the columns and the target. Raises DataError for what cannot be learned from."""
    kind = "parquet" if data.name.lower().endswith((".parquet", ".pq")) else "csv"
    block: dict[str, Any] = {"type": kind, "path": relative(data, path), "target": target}
    splits = {"test_split": 0.2, "validation_split": 0.2}
    loaded = load(_dataset({**block, **splits}, data), replace(env, warn=lambda _text: None))
    spec, rows = loaded.spec, len(loaded.train.x)
    assert spec.table is not None
    left_out = [name for name in columns(data, env) if name != target and name not in
                {column.name for column in spec.table.columns}]
    embedded = [column.name for column in spec.table.categorical if len(column.categories) > _MANY]
    if left_out:
        block["types"] = dict.fromkeys(left_out, "ignore")
    table = replace(spec.table, columns=tuple(
        replace(column, embedded=column.name in embedded) for column in spec.table.columns
    ))
    if embedded:
        block["encoding"] = dict.fromkeys(embedded, "embedding")
    y = np.asarray(loaded.train.y[np.arange(rows)])
    classes = spec.target.classes
    if classes and np.bincount(y).min() >= _RARE:
        block["stratify"] = True
    first = [("{type: column_embedding, output_dim: 8}", "words become vectors that are learned")] if embedded else []
    hidden = [("{type: dense, units: 64, activation: relu}", ""), ("{type: dense, units: 32, activation: relu}", "")]
    last = [softmax(classes)] if classes else _numbers(loaded)
    batch = 32 if rows < 100_000 else 256
    epochs = int(np.clip(round(_STEPS * batch / max(1, 0.6 * rows)), 5, 200))
    return Draft(
        title=f"{data.name}: '{target}' from {len(spec.table.columns)} columns, "
        f"{f'{classes} classes' if classes else 'a number'}.",
        dataset={**block, **splits}, layers=[*first, *hidden, *last],
        loss="categorical_crossentropy" if classes else "mse", metrics=["accuracy"] if classes else ["mae", "r2"],
        epochs=epochs, batch_size=batch, patience=max(3, epochs // 8),
        then=[(f"dlcli predict latest {data.name}", "answers for any table with these columns")],
        notes=_notes(table, left_out),
    )


def columns(data: Path, env: DataEnv) -> tuple[str, ...]:
    """All columns of a table. Raises DataError for what is none."""
    kind = "parquet" if data.name.lower().endswith((".parquet", ".pq")) else "csv"
    dataset: Any = _dataset({"type": kind, "target": 0}, data)
    with dataset.rows(data, dataset.form(data)) as rows:
        found: tuple[str, ...] = rows.names
    return found


def target_of(data: Path, target: str | None, env: DataEnv) -> str:
    """The column that `--target` names. Raises UsageError where it names none."""
    known = columns(data, env)
    shown = f"{', '.join(known[:20])}{', ...' if len(known) > 20 else ''}"
    if target is None:
        raise UsageError(
            f"which column is to be predicted? there are {shown}", where=str(data),
            hint=f"dlcli init {data} --target {known[-1]}",
        )
    if target not in known:
        raise UsageError(
            f"no column of {data} is named '{target}'; there are {shown}", where="--target",
            hint=did_you_mean(target, known),
        )
    return target


def _dataset(block: dict[str, Any], data: Path) -> Dataset:
    dataset: Dataset = from_yaml(Dataset, {**block, "path": str(data.absolute())})
    return dataset


def _numbers(loaded: Loaded) -> list[tuple[str, str]]:
    """The last layers for a number of any size: the network works with the deviation from the mean of training."""
    y = np.asarray(loaded.train.y[loaded.train.rows], np.float64)
    scale, offset = (float(f"{value:.4g}") for value in (y.std() or 1.0, y.mean()))
    return [
        ("{type: dense, units: 1}", ""),
        (f"{{type: rescaling, scale: {scale}, offset: {offset}}}", "back to its units: deviation and mean in training"),
    ]


def _notes(table: Table, left_out: list[str]) -> list[str]:
    """What the columns are taken for."""
    dates = [column.name for column in table.columns if column.kind == "date"]
    lines = [
        "What the columns are taken for; `types: {COLUMN: category}` says otherwise. "
        f"{'Left out: ' + ', '.join(left_out) + '.' if left_out else ''}", *table_columns.as_text(table).splitlines(),
    ]
    if dates:
        lines += [
            f"Rows are drawn at random. To foretell later ones from earlier ones, write `time: {dates[0]}` below,",
            "in the place of `stratify` if that is there: the latest rows are then for validation and test.",
        ]
    return lines
