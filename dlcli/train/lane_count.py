"""How many lanes a step is worth."""

from math import prod
from typing import TYPE_CHECKING

from dlcli.core.plan import Planned
from dlcli.fusions.dense_chain import DenseChain
from dlcli.kernels import choice
from dlcli.layers.dense import Dense
from dlcli.model import Model

if TYPE_CHECKING:
    from dlcli.train.gan_models import GanModels

LEAST = 100_000_000
"""Multiplications and additions from which on a step may be worth a second lane: handing it over takes as long."""
LARGE = 20_000_000_000
"""The same for a third and a fourth."""
HELPED = 1 << 17
"""Weights of a dense layer up to which threads that help inside compiled kernels are as good as a lane each."""


def lanes_for(net: "Model | GanModels", batch_size: int, *, kernels: str) -> int:
    """The number of lanes for a step of `batch_size` samples with the `kernels` of `numpy` or `numba`.

    Depends on the work and on the kernels, whose last bits differ anyhow, and not on the machine: the same
    configuration gives the same weights anywhere. Lanes of NumPy's kernels wait for the interpreter at every call, so a
    layer of many calls must have more to do between them. Compiled, a layer is one call, and threads may help in it.
    Which of both is faster `python -m benchmarks.lanes` measures.
    """
    if kernels == "numba" and isinstance(net, Model) and _helped(net.nodes):
        return 1
    work = 3 * net.flops * batch_size  # there, and twice as much back
    return min(_lanes(work, net.contention if kernels == "numpy" else 0), batch_size)


def lanes_forward(model: Model, samples: int) -> int:
    """The same where nothing is learned, and so nothing goes back, with the kernels that are in use."""
    work, kernels = model.flops * samples, choice.in_use()
    if work < LEAST or (kernels == "numba" and _helped(model.nodes)):  # asked before every prediction: soon answered
        return min(1, samples)
    return min(_lanes(work, model.contention // 3 if kernels == "numpy" else 0), samples)


def _lanes(work: int, contention: int) -> int:
    return 1 if work < max(LEAST, contention) else 2 if work < max(LARGE, 20 * contention) else 4


def _helped(nodes: tuple[Planned, ...]) -> bool:
    """Whether it is all one chain of dense layers, none of them large."""
    if not nodes or DenseChain.takes(nodes) != len(nodes):
        return False
    return all(
        prod(node.plan.params["kernel"].shape) <= HELPED for node in nodes if isinstance(node.layer, Dense)
    )
