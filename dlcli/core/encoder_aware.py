"""The contract of layers that read what travels beside x when they are planned."""

from abc import abstractmethod
from dataclasses import dataclass

from dlcli.core.flow_plan import ALONE, FlowPlan
from dlcli.core.layer import Layer
from dlcli.core.plan import Plan


@dataclass(frozen=True, kw_only=True)
class EncoderAware(Layer):
    """A layer that looks at what an encoder gave, or holds layers that may, and hands `flow` on to those."""

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """As where nothing travels beside x."""
        return self.plan_beside(in_shape, ALONE)

    @abstractmethod
    def plan_beside(self, in_shape: tuple[int, ...], flow: FlowPlan) -> Plan:
        """Output shape, parameters and cost, and the mask that goes on; allocates nothing."""
        raise NotImplementedError
