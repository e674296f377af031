"""Which kernels are in use: those written with NumPy, or their twins that Numba compiles.

A function of this package that is marked with `kernel` may have a twin: a function of the same name and signature, in
the file of the same name in `compiled/`. The same tests run on both. NumPy's are in use until `use("numba")`; a twin,
and Numba itself, is imported when it is first called. Results differ in their last bits, so a run records its choice.
"""

import functools
import importlib
import importlib.metadata
import importlib.util
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from dlcli.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])
NAMES = ("numpy", "numba")
VARIABLE = "DLCLI_KERNELS"
COMPILED = "dlcli.kernels.compiled"


class Kernel(functools.partial[Any]):
    """A kernel that calls the one of its twins that is in use; `plain` is the one written with NumPy.

    A partial without arguments: it calls through without any Python in between, and what it calls can be replaced.
    """

    plain: Callable[..., Any]

    @property
    def name(self) -> str:
        """`module.function`."""
        return f"{self.plain.__module__.removeprefix('dlcli.kernels.')}.{self.plain.__name__}"

    def turn_to(self, function: Callable[..., Any]) -> None:
        """Calls this from now on. A partial has no other way to take another function; nothing is pickled."""
        self.__setstate__((function, (), {}, self.__dict__))  # type: ignore[attr-defined]  # unknown to its stubs


_kernels: list[Kernel] = []
_in_use = "numpy"
_cache_dir: Path | None = None
_tell: Callable[[str], None] | None = None


def kernel(function: F) -> F:
    """Marks a function of `dlcli.kernels` that may have a compiled twin."""
    marked = Kernel(function)
    functools.update_wrapper(marked, function)
    marked.plain = function
    _kernels.append(marked)
    if _in_use != "numpy":
        _turn(marked)
    return cast(F, marked)


def use(name: str, *, cache_dir: Path | None = None, tell: Callable[[str], None] | None = None) -> None:
    """From now on kernels are those of `name`, `numpy` or `numba`, in the whole process.

    What Numba compiles is kept in `cache_dir`, unless NUMBA_CACHE_DIR says where. `tell` is called with a line for
    people whenever something must be compiled first. Raises UsageError where Numba is not installed.
    """
    global _in_use, _cache_dir, _tell  # one choice a process: kernels are plain functions
    if name not in NAMES:
        raise ValueError(name)
    if name == "numba" and not installed():
        raise UsageError("the compiled kernels need Numba", where=VARIABLE, hint="pip install 'dlcli[fast]'")
    _in_use, _cache_dir, _tell = name, cache_dir, tell
    for marked in _kernels:
        _turn(marked)


def in_use() -> str:
    """`numpy` or `numba`."""
    return _in_use


def kernels() -> tuple[Kernel, ...]:
    """All kernels that have been imported."""
    return tuple(_kernels)


def wanted(environ: Mapping[str, str] = os.environ) -> str:
    """What DLCLI_KERNELS asks for: `numpy`, `numba`, or `auto` where it is not set. Raises UsageError for others."""
    found = environ.get(VARIABLE) or "auto"
    if found not in (*NAMES, "auto"):
        raise UsageError(f"{VARIABLE} is {found!r}; expected numpy, numba or auto", hint=f"unset {VARIABLE}")
    return found


def expected() -> str:
    """Those of a new training that lasts: what DLCLI_KERNELS asks for, or else Numba's where they are installed."""
    asked = wanted()
    if asked != "auto":
        return asked
    return "numba" if installed() else "numpy"


@functools.cache
def installed() -> bool:
    """Whether Numba can be had; does not import it."""
    return importlib.util.find_spec("numba") is not None


def version() -> str | None:
    """Numba's version; None where it is not installed."""
    return importlib.metadata.version("numba") if installed() else None


def surroundings() -> tuple[Path | None, Callable[[str], None] | None]:
    """Where compiled kernels are kept, and who wants to know what is compiled."""
    return _cache_dir, _tell


def _turn(marked: Kernel) -> None:
    """Lets a kernel call what is in use; a twin is looked for when it is first called."""
    module, name = marked.name.split(".")
    if _in_use == "numpy" or importlib.util.find_spec(f"{COMPILED}.{module}") is None:
        marked.turn_to(marked.plain)
        return

    def first(*args: Any, **kwargs: Any) -> Any:
        twin = getattr(importlib.import_module(f"{COMPILED}.{module}"), name, None)
        marked.turn_to(marked.plain if twin is None else twin)
        return marked(*args, **kwargs)

    marked.turn_to(first)
