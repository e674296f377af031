"""The fingerprint of a run's data: says later whether the same samples are still there."""

import hashlib
from math import prod

import numpy as np

from dlcli.core.dataset import Split
from dlcli.core.source import Content, Source
from dlcli.data.load import Loaded
from dlcli.data.pieces import cuts
from dlcli.data.windows import unrolled

_PIECE = 1 << 24  # bytes


def fingerprint(loaded: Loaded) -> dict[str, object]:
    """What the run was made of, as plain data: data set, samples of each split, sha256.

    The hash is taken over shape, dtype and content of x and y, and of weights where there are any, and over the rows
    of each split, whether the samples lie in memory or are read piece by piece; a source may name something that
    stands for its content. What several splits share is hashed once.
    """
    digest = hashlib.sha256()
    sizes: dict[str, int] = {}
    seen: dict[int, str] = {}
    splits: dict[str, Split | None] = {"train": loaded.train, "validation": loaded.validation, "test": loaded.test}
    for name, split in splits.items():
        if split is None:
            continue
        sizes[name] = len(split)
        for part, array in (("x", split.x), ("y", split.y), ("weights", split.weights)):
            if array is None:
                continue
            first = seen.setdefault(id(array), f"{name}.{part}")
            digest.update(f"{name}.{part} is {first}\n".encode())
            if first == f"{name}.{part}":
                _add(digest, array)
        _add(digest, split.rows.astype("<i8"))
    result: dict[str, object] = {"dataset": loaded.used.type_name(), "splits": sizes, "sha256": digest.hexdigest()}
    if loaded.skipped:
        result["skipped"] = dict(loaded.skipped)
    if loaded.fell_back is not None:
        result |= {"wanted": loaded.wanted, "fell_back": loaded.fell_back, "fallbacks": loaded.fallbacks}
    return result


def _add(digest: "hashlib._Hash", content: Content) -> None:
    digest.update(f"{content.shape} {content.dtype.str}\n".encode())
    mark = content.fingerprint() if isinstance(content, Source) else None
    if mark is not None:
        digest.update(mark)
        return
    content = unrolled(content)
    row = prod(content.shape[1:]) * content.dtype.itemsize
    for cut in cuts(len(content), row, values=_PIECE):
        digest.update(np.ascontiguousarray(content[cut]).data)
