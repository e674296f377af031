"""A model: layers in a row, the layout of their parameters in one vector, and passes through them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dlcli import registry
from dlcli.core import sequence
from dlcli.core.activation import Activation
from dlcli.core.context import Context, Flow
from dlcli.core.flow_plan import ALONE, FlowPlan
from dlcli.core.freezing import freeze
from dlcli.core.fusion import Learn, Passage, Weight
from dlcli.core.layer import Layer
from dlcli.core.loss import Loss
from dlcli.core.params import Layout, Param
from dlcli.core.plan import Plan, Planned
from dlcli.errors import ShapeError
from dlcli.fusions import FUSIONS


class Model:
    """Planned layers and the layout of their parameters; holds no numbers itself.

    `in_shape` is the shape of one input sample. `link` is an activation that predictions pass at the
    end and training does not, because the loss works on what comes before it. `frozen`: names or globs of layers
    that are not trained. `ids`: inputs are whole numbers below this, where that is known; `id_columns`: so
    many of the last numbers are, each below that. `mask` is that of the outputs, as far as it is known.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        in_shape: tuple[int, ...],
        *,
        dtype: str = "float32",
        link: Activation | None = None,
        frozen: Sequence[str] = (),
        ids: int | None = None,
        id_columns: tuple[int, ...] = (),
    ) -> None:
        self.in_shape = in_shape
        self.dtype = np.dtype(dtype)
        self.link = link
        self.nodes = sequence.plan_sequence(layers, in_shape, FlowPlan(ids=ids, id_columns=id_columns))
        if frozen:
            self.nodes = freeze(self.nodes, frozen)
        self.out_shape = self.nodes[-1].plan.out_shape if self.nodes else in_shape
        self.mask = sequence.mask_after(self.nodes, ALONE)
        self.layout = Layout(dict(_params(self.nodes)))
        self.buffers = Layout(dict(_buffers(self.nodes)))
        self.whole_batch = any(node.layer.whole_batch for node in _all(self.nodes))
        self.flops = sum(node.plan.flops for node in self.nodes)
        self.contention = sum(node.plan.contention for node in _all(self.nodes))

    def initialize(self, rng: "np.random.Generator") -> tuple[np.ndarray, np.ndarray]:
        """New parameters and buffers, each one vector, drawn in the order of the layers."""
        vectors = []
        for layout in (self.layout, self.buffers):
            vector = layout.zeros(self.dtype)
            for slot, view in zip(layout, layout.views(vector).values(), strict=True):
                view[...] = slot.param.initializer.draw(slot.param.shape, rng)
            vectors.append(vector)
        return vectors[0], vectors[1]

    def digest(self, theta: np.ndarray, buffers: np.ndarray) -> str:
        """sha256 over the parameter vector and the buffers: equal where the weights are bit-identical."""
        return hashlib.sha256(theta.tobytes() + buffers.tobytes()).hexdigest()


class Pass:
    """One way through a model: contexts, working memory and a gradient vector of its own.

    Passes share theta and nothing else, so several may run at once. Arrays that `forward` and
    `backward` return are overwritten by the next call.
    """

    def __init__(
        self,
        model: Model,
        theta: np.ndarray,
        buffers: np.ndarray,
        *,
        grad: np.ndarray | None = None,
        rng: "np.random.Generator | None" = None,
        training: bool = False,
        input_gradient: bool = False,
        flow: Flow | None = None,
    ) -> None:
        self.model = model
        self.flow = flow or Flow()
        self.grad = model.layout.zeros(model.dtype) if grad is None else grad
        maker = _ContextMaker(model, theta, buffers, self.grad, rng, training, self.flow)
        self.contexts, self.passage = maker.sequence(model.nodes, "", input_gradient, True)
        self._memory = maker.context("", Plan(out_shape=model.out_shape), needs_dx=False)
        self._linked = None if model.link is None else self.passage.with_link(model.link)

    def with_loss(self, loss: Loss, ctx: Context) -> Learn:
        """`forward`, `loss` and `backward` in one; `ctx` is the context of the loss, in the same flow as this pass."""
        learn = self.passage.with_loss(loss, ctx)

        def learn_anew(x: np.ndarray, y_true: np.ndarray, weight: Weight) -> np.ndarray:
            self.flow.begin()
            return learn(x, y_true, weight)

        return learn_anew

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Outputs (N, *out_shape) of x (N, *in_shape), before the link."""
        self.flow.begin()
        return self.passage.forward(x)

    def backward(self, dy: np.ndarray) -> np.ndarray | None:
        """Fills `grad`; returns the input gradient where it was asked for."""
        return self.passage.backward(dy)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Outputs with the link applied: what the model was written to give."""
        if self._linked is not None:
            self.flow.begin()
            return self._linked(x)
        y = self.forward(x)
        return y if self.model.link is None else self.model.link.forward(self._memory, y)

    @property
    def nbytes(self) -> int:
        """Bytes of working memory held."""
        return sum(ctx.nbytes for ctx in self.contexts) + self._memory.nbytes


class _ContextMaker:
    """Builds the tree of contexts beside the tree of planned layers."""

    def __init__(
        self,
        model: Model,
        theta: np.ndarray,
        buffers: np.ndarray,
        grad: np.ndarray,
        rng: "np.random.Generator | None",
        training: bool,
        flow: Flow,
    ) -> None:
        self.theta, self.grad = theta, grad
        self.params = model.layout.views(theta)
        self.grads = model.layout.views(grad)
        self.buffers = model.buffers.views(buffers)
        self.dtype, self.rng, self.training, self.flow = model.dtype, rng, training, flow

    def sequence(
        self, nodes: Sequence[Planned], prefix: str, needs_dx: bool, trainable: bool,
    ) -> tuple[tuple[Context, ...], Passage]:
        """One context a node, and the way through them. An input gradient is needed once anything before learns."""
        contexts = []
        for node in nodes:
            learns = trainable and node.layer.trainable
            path = f"{prefix}{node.name}"
            inner = self.sequence(node.plan.children, f"{path}/", needs_dx, learns)
            contexts.append(self.context(path, node.plan, *inner, needs_dx=needs_dx, trainable=learns))
            needs_dx = needs_dx or (learns and any(p.trainable for _, p in _params((node,))))
        passage = Passage(nodes, contexts, fusions=FUSIONS, theta=self.theta, grad=self.grad)
        return tuple(contexts), passage

    def context(
        self, path: str, plan: Plan, children: tuple[Context, ...] = (), passage: Passage | None = None, *,
        needs_dx: bool, trainable: bool = True,
    ) -> Context:
        return Context(
            plan=plan,
            params={name: self.params[f"{path}/{name}"] for name in plan.params},
            grads={name: self.grads[f"{path}/{name}"] for name in plan.params},
            buffers={name: self.buffers[f"{path}/{name}"] for name in plan.buffers},
            children=children, passage=passage, dtype=self.dtype, training=self.training, needs_dx=needs_dx,
            rng=self.rng, flow=self.flow, trainable=trainable,
        )


def _all(nodes: Sequence[Planned]) -> Iterator[Planned]:
    for node in nodes:
        yield node
        yield from _all(node.plan.children)


def _params(
    nodes: Sequence[Planned], prefix: str = "", trainable: bool = True, multiplier: float = 1.0,
) -> Iterator[tuple[str, Param]]:
    """All parameters with their full names (`dense/kernel`); frozen or slowed down where a layer around them is."""
    for node in nodes:
        learns = trainable and node.layer.trainable
        pace = multiplier * node.layer.learning_rate_multiplier
        for name, param in node.plan.params.items():
            yield f"{prefix}{node.name}/{name}", replace(
                param, trainable=learns and param.trainable,
                learning_rate_multiplier=pace * param.learning_rate_multiplier,
            )
        yield from _params(node.plan.children, f"{prefix}{node.name}/", learns, pace)


def _buffers(nodes: Sequence[Planned], prefix: str = "") -> Iterator[tuple[str, Param]]:
    for node in nodes:
        for name, param in node.plan.buffers.items():
            yield f"{prefix}{node.name}/{name}", param
        yield from _buffers(node.plan.children, f"{prefix}{node.name}/")


def split_link(layers: Sequence[Layer], loss: Loss) -> tuple[tuple[Layer, ...], Activation | None, Loss]:
    """Takes the last activation off where the loss has a stable form without it, also from inside a composite.

    Returns the layers to train, the activation that predictions still pass, and the loss that fits.
    """
    if loss.link is None:
        return tuple(layers), None, loss
    ends_in_link = sequence.without_end(layers, loss.link)
    from_logits = getattr(loss, "from_logits", False)
    if ends_in_link is not None and from_logits:
        raise ShapeError(
            f"{loss.type_name()} has from_logits: true, but the model already ends in {loss.link}",
            hint=f"remove from_logits (the stable form is used anyway) or the {loss.link}", path=(len(layers) - 1,),
        )
    if ends_in_link is not None:
        before, link = ends_in_link
        assert isinstance(link, Activation)
        fused = replace(loss, from_logits=True)  # type: ignore[call-arg]  # see Loss.link
        return before, link, fused
    link_type = registry.get("layers", loss.link)
    return tuple(layers), link_type() if from_logits else None, loss
