"""dlcli with the extra `fast`: the same loop with kernels that Numba compiled."""

from collections.abc import Mapping
from typing import ClassVar

from benchmarks.sides.dlcli import Dlcli


class Fast(Dlcli):
    """With Numba."""

    label = "dlcli fast"
    needs: ClassVar[tuple[str, ...]] = ("numba",)
    environ: ClassVar[Mapping[str, str]] = {**Dlcli.environ, "DLCLI_KERNELS": "numba"}
