"""logic_gate: the truth table of a logic gate."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from dlcli.core.component import Example
from dlcli.core.dataset import DataEnv, Dataset, Splits
from dlcli.core.target import DataSpec, Target
from dlcli.data.splits import whole

_OUTPUTS = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "xor": (0, 1, 1, 0), "nand": (1, 1, 1, 0)}


@dataclass(frozen=True, kw_only=True)
class LogicGate(Dataset):
    """The four rows of a logic gate's truth table, in the order 00, 01, 10, 11.

    x: (4, 2) float32, y: (4,), labels `0` and `1`. `gate` is `and`, `or`, `xor` or `nand`. The test
    split is the same four rows: what is asked is whether the gate was learned, not what lies beyond it.
    """

    examples: ClassVar = (Example({"gate": "xor"}, (2,)), Example({"gate": "and"}, (2,)))
    has_test: ClassVar[bool] = True

    gate: Literal["and", "or", "xor", "nand"]

    def describe(self, env: DataEnv) -> DataSpec:
        """Two inputs, two classes."""
        return DataSpec(input_shape=(2,), dtype="float32", target=Target(kind="classes", labels=("0", "1")))

    def load(self, env: DataEnv) -> Splits:
        """The truth table."""
        x = np.array([(0, 0), (0, 1), (1, 0), (1, 1)], np.float32)
        table = whole(x, np.array(_OUTPUTS[self.gate], np.intp))
        return Splits(spec=self.describe(env), train=table, test=table)
