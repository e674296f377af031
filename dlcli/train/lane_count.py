"""How many lanes a step is worth."""

from math import prod
from typing import TYPE_CHECKING

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
FOUR = 20
"""How many times what two lanes lose there must be to do before four are tried with NumPy's kernels: they lose more."""
HELPED = 1 << 17
"""Weights of a dense layer up to which threads that help inside compiled kernels are as good as a lane each."""


def lanes_for(net: "Model | GanModels", batch_size: int, *, kernels: str) -> int:
    """The number of lanes for a step of `batch_size` samples with the `kernels` of `numpy` or `numba`.

    Depends on the work and on the kernels, whose last bits differ anyhow, and not on the machine: the same
    configuration gives the same weights anywhere. Lanes of NumPy's kernels wait for the interpreter at every call, so a
    layer of many calls must have more to do between them. Compiled, a layer is one call, and threads may help in it.
    Which of both is faster `python -m benchmarks.lanes` measures.
    """
    work = 3 * net.flops * batch_size  # there, and twice as much back
    return min(_lanes(net, work, net.contention, kernels), batch_size)


def lanes_forward(model: Model, samples: int) -> int:
    """The same where nothing is learned, and so nothing goes back, with the kernels that are in use."""
    return min(_lanes(model, model.flops * samples, model.contention // 3, choice.in_use()), samples)


def _lanes(net: "Model | GanModels", work: int, contention: int, kernels: str) -> int:
    if work < LEAST:  # asked before every prediction: soon answered
        return 1
    if kernels == "numba":
        return 1 if _helped(net) else 2 if work < LARGE else 4
    return 1 if work < contention else 2 if work < max(LARGE, FOUR * contention) else 4


def _helped(net: "Model | GanModels") -> bool:
    """Whether it is all one chain of dense layers, none of them large."""
    if not isinstance(net, Model) or not net.nodes or DenseChain.takes(net.nodes) != len(net.nodes):
        return False
    kernels = (node.plan.params["kernel"] for node in net.nodes if isinstance(node.layer, Dense))
    return all(prod(kernel.shape) <= HELPED for kernel in kernels)
