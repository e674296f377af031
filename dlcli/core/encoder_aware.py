"""The contract of layers that may look at what an encoder gave."""

from abc import abstractmethod
from dataclasses import dataclass

from dlcli.core.layer import Layer
from dlcli.core.plan import Plan


@dataclass(frozen=True, kw_only=True)
class EncoderAware(Layer):
    """A layer that looks at what an encoder gave, or holds layers that may, and hands `encoded` on to those."""

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """As where there is no encoder."""
        return self.plan_beside(in_shape, None)

    @abstractmethod
    def plan_beside(self, in_shape: tuple[int, ...], encoded: tuple[int, ...] | None) -> Plan:
        """Output shape, parameters and cost; allocates nothing."""
        raise NotImplementedError
