"""The contract of layers."""

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dlcli.core.component import Component
from dlcli.core.fields import Name, PositiveFloat
from dlcli.core.flow_plan import FlowPlan, Mask, after, need_mask
from dlcli.core.plan import Plan, Planned
from dlcli.errors import ShapeError

if TYPE_CHECKING:
    from dlcli.core.context import Context


@dataclass(frozen=True, kw_only=True)
class Layer(Component):
    """A function of a batch with parameters, and its derivative.

    `name` is its name in checkpoints and reports, by default its type, numbered where a type comes
    twice. `trainable: false` freezes its parameters. `learning_rate_multiplier` times the learning rate is the rate of
    its parameters, and of those of layers inside it.
    """

    kind: ClassVar[str] = "layers"
    exact_gradient: ClassVar[bool] = True
    """Whether the derivative exists wherever examples are checked; False for a step function."""
    whole_batch: ClassVar[bool] = False
    """Whether forward or backward calls `ctx.flow.all_reduce`: lanes then run side by side, and wait for each other."""

    reads_mask: ClassVar[bool] = False
    """Whether it passes over the steps that `Flow.mask` says are padding, so that the mask must fit its steps."""
    same_numbers: ClassVar[bool] = False
    """Whether y has the numbers of x, as they are, only in another shape."""
    ids: ClassVar[bool] = False
    """Whether its input are ids: whole numbers below its `input_dim`, along which nothing can be derived."""

    takes_maximum: ClassVar[bool] = False
    """Whether each number of y is the largest of some of x, and gradients go to the first one of equals."""
    goes_behind_maximum: ClassVar[bool] = False
    """Whether it works number by number, never turns their order round, and has derivative 0 where it levels them."""

    name: Name | None = None
    trainable: bool = True
    learning_rate_multiplier: PositiveFloat = 1.0

    @abstractmethod
    def plan(self, in_shape: tuple[int, ...]) -> Plan:
        """Output shape, parameters and cost for input samples of `in_shape`; allocates nothing.

        Raises ShapeError where the layer cannot work on such samples.
        """
        raise NotImplementedError

    def plan_beside(self, in_shape: tuple[int, ...], flow: FlowPlan) -> Plan:
        """`plan`, where it is known what travels beside x; says which mask goes on.

        Raises ShapeError where x has ids of categories among its numbers, which few layers know what to do with.
        """
        plan = self.plan(in_shape)
        if flow.id_columns and not (self.same_numbers and plan.out_shape == in_shape):
            raise ShapeError(
                f"the last {len(flow.id_columns)} of the {in_shape[0]} numbers of a sample are ids of categories, not "
                "sizes", hint="put `column_embedding` before this layer, or take dataset.encoding out",
            )
        return self.with_mask(plan, flow)

    def with_mask(self, plan: Plan, flow: FlowPlan) -> Plan:
        """The plan with the mask that goes on. Raises ShapeError where the layer reads one that has been lost."""
        name = self.name or self.type_name()
        if self.reads_mask:
            need_mask(flow.mask, name)
        return replace(plan, mask=Mask(maker=name) if plan.makes_mask else after(flow.mask, plan.steps, name))

    @abstractmethod
    def forward(self, ctx: "Context", x: np.ndarray) -> np.ndarray:
        """y: (N, *out_shape) of x: (N, *in_shape). Keeps in `ctx` what backward needs; leaves x as it is."""
        raise NotImplementedError

    @abstractmethod
    def backward(self, ctx: "Context", dy: np.ndarray) -> np.ndarray | None:
        """dx of dy. Overwrites `ctx.grads`; leaves dy as it is; may return None where not `ctx.needs_dx`."""
        raise NotImplementedError

    def expand(self) -> tuple["Layer", ...]:
        """The layers that do this layer's work, in order: itself, or itself without its activation and that."""
        return (self,)

    def without_end(self, kind: str) -> "tuple[tuple[Layer, ...], Layer] | None":
        """The layers that do this layer's work up to its last one, and that one; None where it is of another type.

        A composite looks into itself where its last layer is the last thing that happens.
        """
        *before, last = self.expand()
        return (tuple(before), last) if last.type_name() == kind else None


__all__ = ["Layer", "Plan", "Planned"]
