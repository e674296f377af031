"""image_folder: images of your own, those of each class in a folder."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Split, Splits
from dlcli.core.fields import AsTuple, PositiveInt
from dlcli.core.target import DataSpec, Picture, Target
from dlcli.data.images import ODD_SIZE, UndecodableError, size_of
from dlcli.data.picture_files import Folder, Part, parts
from dlcli.data.picture_scan import content_of, look
from dlcli.data.pictures import Pictures
from dlcli.data.splits import whole
from dlcli.errors import DataError

_IN_MEMORY = 1 << 30  # bytes of decoded images, up to which they are kept
_DAMAGED = "the image does not decode"
_NAMED = 5  # damaged files that are told by name


@dataclass(frozen=True, kw_only=True)
class ImageFolder(Dataset):
    """Image files; the name of the folder that they are in is their class.

    x: (N, H, W, 3) uint8 in red, green and blue, or (N, H, W, 1) with `color: gray`; y: class numbers in the order of
    the folders' names. `path` names the folder, or a .zip file of one: `cats/1.png`, `dogs/2.jpg` and so on; with
    `train/cats/1.png`, `test/cats/2.png` and, if there are any, `validation/...` it brings its splits along. PNG, JPEG,
    GIF, BMP, TIFF, WebP and PNM files are images, upright as their camera says; other files are left alone.

    `image_size: [H, W]` is what all images are brought to; without it they must be of one size. `fit` says how:
    `stretch` (default), `crop` (the middle, in the form of the sample), `pad` (all of it, on black); `interpolation`
    (`bilinear`) is one of `nearest`, `area`, `bilinear`, `bicubic`, `lanczos`. Images that the model is to judge later
    are brought to that size too. `classes` (default: the folders in the order of their names) names the folders in
    another order.

    Each image is looked at once before anything else: one that does not decode ends the command with its name, or
    with `on_error: skip` (default `fail`) is left out, counted in the run and warned of. `cache` says where decoded
    images are kept: `memory`, `none` (each is decoded anew in every epoch, by threads of their own ahead of the
    steps), or `auto` (default), which is memory for up to 1 GB of them.
    """

    examples: ClassVar = (
        Example({"path": "pets", "image_size": [64, 64], "test_split": 0.2, "fallback": "digits"}),
        Example({
            "path": "pets.zip", "image_size": [32, 48], "color": "gray", "fit": "crop", "on_error": "skip",
            "fallback": "digits",
        }),
        Example({"path": "shipped/digit_images.zip", "color": "gray", "validation_split": 0.2}, (8, 8, 1)),
    )
    may_have_validation: ClassVar[bool] = True

    path: str
    image_size: Annotated[tuple[PositiveInt, ...], AsTuple, Field(min_length=2, max_length=2)] | None = None
    color: Literal["rgb", "gray"] = "rgb"
    fit: Literal["stretch", "crop", "pad"] = "stretch"
    interpolation: Literal["nearest", "area", "bilinear", "bicubic", "lanczos"] = "bilinear"
    classes: Annotated[tuple[str, ...], AsTuple] | None = None
    on_error: Literal["fail", "skip"] = "fail"
    cache: Literal["auto", "memory", "none"] = "auto"

    def describe(self, env: DataEnv) -> DataSpec | None:
        """From the names of the folders, and the header of one image where no size is given."""
        if not env.resolve(self.path).exists():
            return None
        folder, labels, found = self._found(env)
        return self._spec(labels, self._size(folder, found["train"]))

    def load(self, env: DataEnv) -> Splits:
        """Looks at all images, and decodes them if they are kept in memory."""
        folder, labels, found = self._found(env)
        spec = self._spec(labels, self._size(folder, found["train"]))
        size = prod(spec.input_shape) * sum(len(part.files) for part in found.values())
        kept = self.cache == "memory" or (self.cache == "auto" and size <= _IN_MEMORY)
        damaged: dict[str, str] = {}
        splits = {
            name: self._split(folder, part, spec, env, damaged, kept=kept) for name, part in found.items()
        }
        if damaged:
            self._tell(folder, damaged, env)
        for name, split in splits.items():
            self._check_classes(folder, name, split, labels)
        return Splits(
            spec=spec, train=splits["train"], validation=splits.get("validation"), test=splits.get("test"),
            skipped={_DAMAGED: len(damaged)} if damaged else {},
        )

    def _found(self, env: DataEnv) -> tuple[Folder, tuple[str, ...], Mapping[str, Part]]:
        path = env.existing(self.path, what="folder")
        folder = Folder(path)
        labels, found = parts(folder, self.classes)
        return folder, labels, found

    def _size(self, folder: Folder, part: Part) -> tuple[int, int]:
        if self.image_size is not None:
            return self.image_size[0], self.image_size[1]
        for name in part.files:
            try:
                return size_of(io.BytesIO(content_of(folder, name)))
            except UndecodableError:
                continue
        raise DataError(
            "none of the images can be decoded", where=str(folder.path), hint="look at them with a viewer",
        )

    def _spec(self, labels: tuple[str, ...], size: tuple[int, int]) -> DataSpec:
        picture = None if self.image_size is None else Picture(fit=self.fit, interpolation=self.interpolation)
        return DataSpec(
            input_shape=(*size, 3 if self.color == "rgb" else 1), dtype="uint8",
            target=Target(kind="classes", labels=labels), image=True, picture=picture,
        )

    def _split(
        self, folder: Folder, part: Part, spec: DataSpec, env: DataEnv, damaged: dict[str, str], *, kept: bool,
    ) -> Split:
        shape, picture = spec.input_shape, spec.picture
        pixels = np.empty((len(part.files), *shape), np.uint8) if kept else None
        name = hashlib.sha256(str(folder.path.absolute()).encode()).hexdigest()[:16]
        looks = look(
            folder, part.files, shape, picture, into=pixels, index=env.cache_dir / "image_folder" / f"{name}.json",
        )
        good = [row for row, one in enumerate(looks) if not one.damage]
        damaged |= {file: one.damage for file, one in zip(part.files, looks, strict=True) if one.damage}
        if pixels is not None:
            for place, row in enumerate(good):  # in place, since there may be a gigabyte of them
                if place != row:
                    pixels[place] = pixels[row]
            pixels = pixels[:len(good)]
        x = Pictures(
            folder, [part.files[row] for row in good], shape, picture, [looks[row].sha256 for row in good],
            pixels=pixels,
        )
        return whole(x, np.array([part.labels[row] for row in good], np.intp))

    def _tell(self, folder: Folder, damaged: Mapping[str, str], env: DataEnv) -> None:
        """Raises DataError for damaged images, or warns of them; raises it for those of another size in any case."""
        odd = {name: reason for name, reason in damaged.items() if reason.startswith(ODD_SIZE)}
        told = odd or damaged
        lines = [f"{folder.where(name)}: {reason}" for name, reason in list(told.items())[:_NAMED]]
        lines += [f"and {len(told) - _NAMED} more"] if len(told) > _NAMED else []
        named = "\n".join(f"    {line}" for line in lines)
        if odd:
            raise DataError(
                f"{len(odd)} image(s) are not of the size of the first one:\n{named}", where=str(folder.path),
                hint="set dataset.image_size: [H, W], to which all are brought",
            )
        if self.on_error == "fail":
            raise DataError(
                f"{len(damaged)} image(s) do not decode:\n{named}", where=str(folder.path),
                hint="replace or remove them, or leave them out with dataset.on_error: skip",
            )
        env.warn(f"{len(damaged)} image(s) of {folder.path} do not decode and are left out:\n{named}")

    def _check_classes(self, folder: Folder, name: str, split: Split, labels: tuple[str, ...]) -> None:
        counts = np.bincount(np.asarray(split.y[split.rows]), minlength=len(labels))
        if not counts.any() or (name == "train" and not counts.all()):
            raise DataError(
                f"the {name} split has no image of class {labels[int(np.argmin(counts))]!r} that decodes",
                where=str(folder.path), hint="replace the damaged images",
            )


