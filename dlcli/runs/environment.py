"""environment.json: in what surroundings a run came about."""

import importlib.metadata
import os
import platform
import sys
from math import ceil
from pathlib import Path
from typing import Any

from dlcli.version import __version__

_LIBRARIES = (
    "numpy", "pyyaml", "pydantic", "safetensors", "click", "rich", "tqdm", "pooch", "Pillow", "matplotlib", "polars",
)
_EXTRAS = ("numba", "onnx", "onnxruntime", "torch", "scikit-learn")

_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def describe() -> dict[str, Any]:
    """Versions, machine, cores and BLAS, as plain data."""
    return {
        "dlcli": __version__,
        "python": sys.version.split()[0],
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cores": cores(),
        "libraries": {name: version for name in _LIBRARIES if (version := _version(name))},
        "extras": {name: version for name in _EXTRAS if (version := _version(name))},
        "blas": blas(),
    }


def cores() -> int:
    """Processors that this process may use; no more than the time that a container grants is enough for."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(found, _granted() or found)


def _granted() -> int | None:
    """How many processors' time Linux gives to the container, rounded up; None where there is no limit."""
    try:
        time, period = _QUOTA.read_text().split()
        return max(1, ceil(int(time) / int(period)))
    except (OSError, ValueError):  # there is no such file, or it says "max"
        return None


def blas() -> list[dict[str, Any]]:
    """The BLAS libraries that NumPy has loaded: name, version, architecture, threads."""
    import numpy  # noqa: F401  # loads the library that is asked about
    from threadpoolctl import threadpool_info

    keys = ("internal_api", "version", "architecture", "num_threads")
    return [{key: info.get(key) for key in keys} for info in threadpool_info() if info.get("user_api") == "blas"]


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
