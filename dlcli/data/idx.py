"""The IDX format of MNIST and its kin: a header of sizes, then numbers."""

from math import prod

import numpy as np

from dlcli.core.dataset import DataEnv, Split, Splits
from dlcli.core.target import DataSpec
from dlcli.data.fetch import Collection
from dlcli.data.splits import whole
from dlcli.errors import DataError

_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def parse(content: bytes, where: str) -> np.ndarray:
    """The array in the content of an IDX file, without a copy. Raises DataError where it is none.

    Bytes 0 and 1 are zero, byte 2 is the number type, byte 3 the number of axes; then one big-endian
    uint32 for the length of each axis, then the numbers. Source: yann.lecun.com/exdb/mnist.
    """
    hint = "the file is damaged, or not in IDX format; delete it, or put the original in its place"
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _DTYPES:
        raise DataError(f"expected the header of an IDX file, found {content[:4].hex(' ') or 'nothing'}",
                        where=where, hint=hint)
    start = 4 + 4 * content[3]
    if len(content) < start:
        raise DataError(f"cut short: a header of {start} bytes, but only {len(content)} bytes", where=where, hint=hint)
    shape = tuple(int(extent) for extent in np.frombuffer(content, ">u4", content[3], 4))
    dtype = np.dtype(_DTYPES[content[2]])
    expected = start + prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise DataError(f"an array of shape {shape} takes {expected} bytes; found {len(content)}",
                        where=where, hint=hint)
    return np.frombuffer(content, dtype, prod(shape), start).reshape(shape)


def image_splits(collection: Collection, spec: DataSpec, env: DataEnv) -> Splits:
    """The splits of a data set that is made of four IDX files under MNIST's names."""

    def split(part: str) -> Split:
        names = f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"
        x, y = (parse(collection.content(name, env), f"{collection.folder}, {name}") for name in names)
        if x.ndim != 3 or y.ndim != 1 or len(x) != len(y):
            raise DataError(
                f"expected as many images as labels; found images of shape {x.shape}, labels of shape {y.shape}",
                where=f"{collection.folder}, {part} files", hint="put the original files in their place",
            )
        return whole(x, y)

    return Splits(spec=spec, train=split("train"), test=split("t10k"))
