"""Raw inputs of `predict`: files, folders and standard input as samples of the shape that a model was trained on."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from dlcli.core.source import Content
from dlcli.core.target import DataSpec
from dlcli.data import archive, texts
from dlcli.data.checks import check_finite
from dlcli.data.images import read_image
from dlcli.data.picture_files import SUFFIXES, Folder, is_image
from dlcli.data.tables import read_jsonl, read_table
from dlcli.data.tokens import encode
from dlcli.errors import DataError

CHUNK = 1024  # samples handed on at a time, so that any number of them takes constant memory


class Input(NamedTuple):
    """Samples x: (n, *input_shape) of one source; `first` is the number of the first, None where it has just one."""

    name: str
    x: np.ndarray
    first: int | None

    def names(self) -> list[str]:
        """A name for each sample: the source, and the sample's number where it has several."""
        if self.first is None:
            return [self.name]
        return [f"{self.name}[{self.first + i}]" for i in range(len(self.x))]


def read(
    paths: Sequence[str], spec: DataSpec, *, stdin: TextIO, warn: Callable[[str], None],
    alert: Callable[[str], None] | None = None,
) -> Iterator[Input]:
    """The samples of each path in order: images and directories of images (where the model sees images),
    `.npy`, `.npz` (array `x`, `x_test` or the only one), CSV, TSV, JSONL; `-` is standard input, CSV or JSONL.
    Where the model takes texts, all but arrays are texts, and a path that does not exist is one itself. Where it takes
    rows of a table, their columns have names, and Parquet files are read too.

    `warn` is told what is good to know, `alert` (by default `warn` too) what nobody should miss. Raises DataError where
    one is missing, damaged, or of another shape than `spec` says.
    """
    told: set[str] = set()

    def warn_once(kind: str, text: str) -> None:
        if kind not in told:
            told.add(kind)
            warn(text)

    for given in paths:
        if spec.table is not None:
            from dlcli.data.tabular import inputs as tabular  # polars is imported where a table is read

            for x, start in tabular.read(given, spec.table, stdin, alert or warn, chunk=CHUNK):
                yield Input(given, x, start)
            continue
        if spec.tokens is not None and not given.lower().endswith((".npy", ".npz")):
            for name, some, first in texts.read(given, spec.tokens.column, stdin, chunk=CHUNK):
                yield Input(name, encode(some, spec.tokens), first)
            continue
        if given == "-":
            yield from _text(stdin, "-", spec)
            continue
        path = Path(given)
        if path.is_dir():
            for image in _images_in(path, spec):
                yield Input(str(image), read_image(image, spec, warn_once)[None], None)
        elif not path.exists():
            raise DataError("there is no such file or directory", where=given, hint="correct the path")
        elif path.suffix.lower() == ".npy":
            yield from _array(archive.npy_samples(path, archive.npy_header(path)), given, spec)
        elif path.suffix.lower() == ".npz":
            yield from _array(_chosen(path), given, spec)
        elif spec.image and path.suffix.lower() not in (".csv", ".tsv", ".txt", ".jsonl"):
            yield Input(given, read_image(path, spec, warn_once)[None], None)
        else:
            try:
                with path.open(encoding="utf-8-sig", newline="") as stream:
                    yield from _text(stream, given, spec)
            except OSError as error:
                raise DataError(f"cannot be read: {error.strerror}", where=given, hint="check the file") from error


def _images_in(folder: Path, spec: DataSpec) -> list[Path]:
    if not spec.image:
        raise DataError(
            f"a directory holds images, but the model takes samples of shape {spec.input_shape}",
            where=str(folder), hint="give a CSV, JSONL, .npy or .npz file",
        )
    images = [folder / name for name in Folder(folder).names if is_image(name)]
    if not images:
        raise DataError(
            f"the directory holds no images ({', '.join(SUFFIXES)})", where=str(folder),
            hint="give a directory with images in it, or the files themselves",
        )
    return images


def _chosen(path: Path) -> Content:
    """The array of an `.npz` file that holds the inputs."""
    headers = archive.headers(path)
    preferred: list[str] = [name for name in ("x", "x_test") if name in headers]
    names = preferred[:1] or list(headers)
    if len(names) != 1:
        raise DataError(
            f"expected an array 'x' or 'x_test', or just one array; found {', '.join(headers) or 'none'}",
            where=str(path), hint="write it with numpy.savez(path, x=...)",
        )
    return archive.samples(path, names[0], headers[names[0]])


def _array(x: Content, name: str, spec: DataSpec) -> Iterator[Input]:
    shape = spec.input_shape
    if x.shape == shape:
        single = np.asarray(x if isinstance(x, np.ndarray) else x[:])[None]
        check_finite(single, where=name, name="the array")
        yield Input(name, single, None)
        return
    if x.shape[1:] != shape or x.ndim != len(shape) + 1:
        raise DataError(
            f"expected one sample of shape {shape}, or many along a first axis; found shape {x.shape}",
            where=name, hint="reshape the array",
        )
    if not len(x):
        raise DataError("the array holds no samples", where=name, hint="give at least one")
    for start in range(0, len(x), CHUNK):
        chunk = x[start:start + CHUNK]
        check_finite(chunk, where=name, name="the array", first=start)
        yield Input(name, chunk, start)


def _text(stream: TextIO, name: str, spec: DataSpec) -> Iterator[Input]:
    """Samples of CSV, TSV or JSONL; lists in brackets are the latter."""
    first, rows = 0, []
    try:
        lines = ((number, line) for number, line in enumerate(stream, 1) if line.strip())
        head = next(lines, None)
        if head is None:
            raise DataError("there is nothing in it", where=name, hint="give one sample a line")
        reader = read_jsonl if head[1].lstrip("\ufeff \t").startswith(("[", "{")) else read_table
        for row in reader(head, lines, name, spec.input_shape):
            rows.append(row)
            if len(rows) == CHUNK:
                yield Input(name, np.stack(rows), first)
                first, rows = first + CHUNK, []
    except UnicodeDecodeError as error:
        raise DataError(
            f"is not text in UTF-8: {error.reason} at byte {error.start}", where=name,
            hint="give a CSV or JSONL file in UTF-8",
        ) from error
    if rows:
        yield Input(name, np.stack(rows), first)
    elif not first:
        raise DataError("there is a header, but no row of numbers", where=name, hint="give one sample a line")
