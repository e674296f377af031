"""Image files in class folders, in a directory or in a zip archive of one."""

import os
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dlcli.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm")
PARTS = {
    "train": ("train", "training"), "validation": ("validation", "valid", "val"), "test": ("test", "testing"),
}
"""What the folders of splits may be called."""


class Folder:
    """The files of a directory or a zip archive by their paths within it, `names`, sorted; hidden ones are no files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip = _opened(path) if path.is_file() else None
        found = _walk(path) if self._zip is None else self._members(self._zip)
        self.names = tuple(sorted(name for name in found if not _hidden(name)))

    def read(self, name: str) -> bytes:
        """The content of a file. Raises OSError, zipfile.BadZipFile."""
        if self._zip is not None:
            return self._zip.read(f"{self._wrapped}{name}")
        return (self.path / name).read_bytes()

    def where(self, name: str) -> str:
        """The place of a file, for people."""
        return str(self.path / name)

    def stamp(self, name: str) -> tuple[int, int]:
        """What changes when a file is written: its size and the time, or the checksum in an archive."""
        if self._zip is not None:
            info = self._zip.getinfo(f"{self._wrapped}{name}")
            return info.file_size, info.CRC
        status = (self.path / name).stat()
        return status.st_size, status.st_mtime_ns

    def _members(self, archive: zipfile.ZipFile) -> list[str]:
        """Files of the archive; a single folder that is around all of them is left out."""
        found = [info.filename for info in archive.infolist() if not info.is_dir() and not _hidden(info.filename)]
        outer = {name.partition("/")[0] for name in found}
        self._wrapped = f"{outer.pop()}/" if len(outer) == 1 and all("/" in name for name in found) else ""
        return [name.removeprefix(self._wrapped) for name in found]


@dataclass(frozen=True)
class Part:
    """The images of one split: files, and the number of the class of each."""

    files: tuple[str, ...]
    labels: tuple[int, ...]


def parts(folder: Folder, classes: Sequence[str] | None) -> tuple[tuple[str, ...], dict[str, Part]]:
    """(names of the classes, images by split) of a folder with one folder a class, or with one a split around those.

    Images may lie deeper within the folder of their class. Raises DataError for another structure, an empty class, or
    a class that training does not have.
    """
    images = [name for name in folder.names if is_image(name)]
    roots = _splits(images)
    known = tuple(classes or _classes(folder, images, roots["train"]))
    return known, {split: _part(folder, images, root, known, split) for split, root in roots.items()}


def is_image(name: str) -> bool:
    """Whether a file is an image, by its name."""
    return name.lower().endswith(SUFFIXES)


def _splits(images: Sequence[str]) -> dict[str, str]:
    """The folder of each split with a slash behind it; the empty string where all images are for training."""
    tops = {name.partition("/")[0] for name in images if name.count("/") >= 2}
    found = {
        split: f"{top}/" for split, names in PARTS.items() for top in sorted(tops) if top.lower() in names
    }
    # A folder `train` with images right in it is a class, such as one of vehicles.
    return found if "train" in found else {"train": ""}


def _classes(folder: Folder, images: Sequence[str], root: str) -> tuple[str, ...]:
    below = [name.removeprefix(root) for name in images if name.startswith(root)]
    loose = [name for name in below if "/" not in name]
    names = tuple(sorted({name.partition("/")[0] for name in below if "/" in name}))
    where = folder.where(root.rstrip("/")) if root else str(folder.path)
    if loose:
        raise DataError(
            f"{len(loose)} image(s) lie in no folder of a class, such as {loose[0]}", where=where,
            hint="put the images of each class into a folder, whose name is the name of the class",
        )
    if len(names) < 2:
        found = f"found {names[0]!r} alone" if names else f"found no images ({', '.join(SUFFIXES)})"
        raise DataError(
            f"expected one folder of images for each of two or more classes; {found}", where=where,
            hint="put the images of each class into a folder, whose name is the name of the class",
        )
    return names


def _part(folder: Folder, images: Sequence[str], root: str, classes: Sequence[str], split: str) -> Part:
    numbers = {name: number for number, name in enumerate(classes)}
    files: list[str] = []
    labels: list[int] = []
    for name in images:
        if not name.startswith(root):
            continue
        label = name.removeprefix(root).partition("/")[0]
        if label not in numbers:
            raise DataError(
                f"the folder {label!r} is no class of the training images; those are {', '.join(classes)}",
                where=folder.where(f"{root}{label}"), hint="take it out, or give training images of that class",
            )
        files.append(name)
        labels.append(numbers[label])
    missing = [name for name, number in numbers.items() if number not in set(labels)]
    if (missing and split == "train") or not files:
        raise DataError(
            f"the class {missing[0]!r} has no images" if files else "there are no images", hint="give it some",
            where=folder.where(f"{root}{missing[0]}" if files else root),
        )
    return Part(tuple(files), tuple(labels))


def _walk(path: Path) -> Iterable[str]:
    for base, folders, files in os.walk(path):
        folders[:] = [name for name in folders if not _hidden(name)]
        inner = Path(base).relative_to(path)
        yield from (str(PurePosixPath(*inner.parts, name)) for name in files)


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(
            f"cannot be read as an archive of images: {error}", where=str(path),
            hint="give a folder with one folder of images a class, or a .zip file of one",
        ) from error
