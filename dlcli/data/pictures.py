"""Images of a folder as samples: decoded where they are asked for, or once and for all."""

import hashlib
import io
import warnings
from collections.abc import Sequence

import numpy as np

from dlcli.core.source import Source
from dlcli.core.target import Picture
from dlcli.data.images import UndecodableError, decode
from dlcli.data.picture_files import Folder
from dlcli.data.picture_scan import content_of
from dlcli.errors import DataError


class Pictures(Source):
    """x: (N, H, W, C) uint8, an image file a sample; `pixels` has them all where they are in memory.

    `sha256` are the digests of the files' contents, which with their names stand for the samples.
    """

    def __init__(
        self, folder: Folder, names: Sequence[str], shape: tuple[int, ...], picture: Picture | None,
        sha256: Sequence[str], *, pixels: np.ndarray | None = None,
    ) -> None:
        self.shape, self.dtype = (len(names), *shape), np.dtype(np.uint8)
        self.effort = "decode" if pixels is None else "memory"
        self.names = tuple(names)
        self._folder, self._picture, self._pixels = folder, picture, pixels
        content = "".join(f"{digest} {name}\n" for name, digest in zip(names, sha256, strict=True))
        self._mark = hashlib.sha256(content.encode()).digest()
        # What Pillow has to say of a file's metadata does not concern the samples, and threads would say it.
        warnings.filterwarnings("ignore", module=r"PIL\.")

    def gather(self, rows: np.ndarray, out: np.ndarray) -> None:
        """Decodes, one after the other; several threads at once make more of them."""
        if self._pixels is not None:
            self._pixels.take(rows, 0, out, "clip")
            return
        for place, row in enumerate(rows.tolist()):
            name = self.names[row]
            try:
                out[place] = decode(io.BytesIO(content_of(self._folder, name)), self.shape[1:], self._picture)
            except UndecodableError as error:
                raise DataError(
                    f"cannot be decoded any more: {error}", where=self._folder.where(name),
                    hint="put the original back and resume, or train anew",
                ) from error

    def fingerprint(self) -> bytes:
        """Names and contents of the files, however they are read."""
        return self._mark
