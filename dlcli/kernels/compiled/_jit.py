"""How twins are compiled: kept on disk, without the interpreter's lock, and said aloud where it takes its time."""

import hashlib
import importlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
from numba.core import event

from dlcli.kernels.choice import COMPILED, surroundings


def _load_without_linear_algebra() -> None:
    """Lets Numba load what it implements NumPy with, but not SciPy's BLAS, which takes longer than half of Numba.

    It looks for it on behalf of `np.dot`, and does without where SciPy is not installed; kernels have no use for it.
    """
    name = "scipy.linalg"
    if name not in sys.modules:
        sys.modules[name] = None  # type: ignore[assignment]  # which makes an import of it fail
        try:
            with suppress(ImportError):  # another version has it elsewhere: then it takes its time
                importlib.import_module("numba.np.arraymath")
        finally:
            sys.modules.pop(name, None)


def _stamp() -> str:
    """Another one after every change of the kernels' source.

    Numba looks at the file of a function alone when it decides whether what it has kept is still of today, and not at
    those whose functions and constants are compiled into it.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


if not os.environ.get("NUMBA_CACHE_DIR"):
    _folder, _ = surroundings()
    numba.config.CACHE_DIR = str((_folder or Path(__file__).parent / "__pycache__") / _stamp())

_load_without_linear_algebra()

SUMS = frozenset({"reassoc", "contract", "nsz"})
"""Lets sums be taken in another order, the same at every call, so that they use whole vectors. NaN and inf stay."""
ELEMENTS = frozenset({"contract"})
"""For all else: a multiplication and an addition may round once."""


def jit(sums: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compiles when first called, for the types at hand; `sums`: see SUMS."""
    compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = numba.njit(
        nogil=True, cache=True, error_model="numpy", boundscheck=False, fastmath=set(SUMS if sums else ELEMENTS),
    )
    return compiled


class _Teller(event.Listener):
    """Says what is compiled, once for each kernel."""

    def __init__(self) -> None:
        self.told: set[str] = set()

    def on_start(self, happening: Any) -> None:
        home, _, name = happening.data["dispatcher"].py_func.__module__.rpartition(".")
        _, tell = surroundings()
        if tell is not None and home == COMPILED and name[0] != "_" and name not in self.told:
            self.told.add(name)
            tell(f"compiling {name} for this machine; kept for the next time")

    def on_end(self, happening: Any) -> None:
        """Nothing to say."""


event.register("numba:compile", _Teller())
