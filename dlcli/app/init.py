"""Writes a first configuration: a starter, one for a data file, or a copy of one that ships."""

from pathlib import Path

from dlcli import files
from dlcli.app.first import arrays, images, tables, texts
from dlcli.app.first.draft import Draft, softmax, text
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.config import shipped
from dlcli.errors import DlcliError, UsageError

_DIGITS = """\
type: digits                   # 1,797 handwritten digits of 8 x 8 pixels, shipped with dlcli; one test split
validation_split: 0.2          # a fifth of the training samples is set aside, to see when to stop
preprocessing:
  - {type: rescale, scale: 1/255}   # bytes 0..255 become numbers 0..1
"""


def starter(path: Path) -> str:
    """A commented configuration that trains at once: handwritten digits, which ship with dlcli."""
    return text(Draft(
        title="A first model: handwritten digits -> 128 -> 64 -> 10 classes.", dataset=_DIGITS,
        layers=[
            ("flatten", "an image becomes one row of numbers"), ("{type: dense, units: 128, activation: relu}", ""),
            ("{type: dense, units: 64, activation: relu}", ""), softmax(10),
        ],
        loss="categorical_crossentropy", metrics=["accuracy"], monitor="val_accuracy",
    ), path)


def for_data(data: Path, path: Path, target: str | None, surroundings: Surroundings, ui: Ui) -> str:
    """A configuration for a table, a text, images or arrays.

    Raises UsageError for other files, DataError for damaged ones.
    """
    if not data.exists():
        raise UsageError(
            "there is no such file", where=str(data), hint="give the path of a table, a text, images or arrays",
        )
    env, name = surroundings.data_env(config_dir=None, seed=0, warn=ui.warn), data.name.lower()
    if name.endswith(tables.SUFFIXES):
        keys = texts.texts_of(data, target)
        if keys is not None:
            return text(texts.to_tell_apart(data, path, keys, env), path)
        return text(tables.draft(data, path, tables.target_of(data, target, env), env), path)
    pictures = data.is_dir() or name.endswith(images.SUFFIXES)
    if (pictures or name.endswith((*texts.SUFFIXES, ".npz"))) and target is not None:
        raise UsageError(f"{data.name} has no columns", where="--target", hint="leave out --target")
    if pictures:
        return text(images.draft(data, path), path)
    if name.endswith(texts.SUFFIXES):
        return text(texts.to_continue(data, path, env), path)
    if name.endswith(".npz"):
        return text(arrays.draft(data, path, env), path)
    raise UsageError(
        f"expected a table ({', '.join(tables.SUFFIXES)}), a text ({', '.join(texts.SUFFIXES)}), a folder or .zip of "
        f"images, or arrays (.npz); found '{data.suffix or data.name}'", where=str(data),
        hint="write it as one of these, or start from `dlcli init` and describe the data by hand",
    )


def example(name: str) -> str:
    """The text of a configuration that ships. Raises UsageError where none of that name does."""
    return shipped.path(name).read_text(encoding="utf-8")


def write(path: Path, text: str, *, yes: bool) -> None:
    """Writes a new file; an old one is replaced with `yes` alone. Raises UsageError, DlcliError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if yes:
            files.write_bytes(path, text.encode(), sync=False)
            return
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        hint = "-y replaces it; -o names another"
        raise UsageError("the file is there already", where=str(path), hint=hint) from None
    except OSError as error:
        raise DlcliError(f"cannot be written: {error.strerror}", where=str(path), hint="-o names another") from None
