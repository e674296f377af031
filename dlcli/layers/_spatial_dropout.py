"""What spatial dropouts share: whole channels are silenced."""

from dataclasses import dataclass

from dlcli.core.layer import Plan
from dlcli.layers._dropout import MaskedOut
from dlcli.layers._windows import need_axes


@dataclass(frozen=True, kw_only=True)
class SpatialDropout(MaskedOut):
    """Dropout of channels; `rate` is the share that is silenced."""

    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """The same shape."""
        need_axes(self.type_name(), in_shape, 2 if self.type_name().endswith("1d") else 3)
        return Plan(out_shape=in_shape)

    def mask_shape(self, x_shape: tuple[int, ...]) -> tuple[int, ...]:
        """One number a channel of each sample."""
        return (x_shape[0], *(1,) * (len(x_shape) - 2), x_shape[-1])
