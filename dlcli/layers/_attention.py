"""What attention is made of beside its kernel: products for q, k and v and back, heads, padding, dropped weights."""

from dataclasses import dataclass

import numpy as np

from dlcli.core.context import Context
from dlcli.core.initializer import Initializer
from dlcli.errors import ShapeError
from dlcli.kernels.attention import FAR
from dlcli.kernels.linear import linear, linear_gradient, linear_size


def project(ctx: Context, name: str, x: np.ndarray) -> np.ndarray:
    """x W + b as rows (N T, O), W being `name_kernel` and b `name_bias`, where there is one. x: (N, T, I) or rows."""
    W, b = ctx.params[f"{name}_kernel"], ctx.params.get(f"{name}_bias")
    rows = x.reshape(-1, len(W))
    work = ctx.empty("project work", (linear_size(W.shape),))
    return linear(rows, W, b, out=ctx.empty(name, (len(rows), W.shape[1])), work=work)


def project_back(ctx: Context, name: str, x: np.ndarray, dy: np.ndarray, *, needs_dx: bool = True) -> np.ndarray | None:
    """Writes the gradients of what `project` read, given dy: (N T, O); dx in the shape of x where it is needed."""
    W = ctx.params[f"{name}_kernel"]
    rows = x.reshape(-1, len(W))
    dx = ctx.empty(f"{name} dx", rows.shape) if needs_dx else None
    linear_gradient(
        rows, W, dy, dW=ctx.grads[f"{name}_kernel"], db=ctx.grads.get(f"{name}_bias"), dx=dx,
        work=ctx.empty("project work", (linear_size(W.shape),)),
    )
    return None if dx is None else dx.reshape(x.shape)


def heads(rows: np.ndarray, shape: tuple[int, int, int, int, int]) -> tuple[np.ndarray, ...]:
    """Rows with `parts` side by side, in each the heads side by side, as views (N, H, T, D), one for each part.

    `shape` is (N, T, parts, H, D).
    """
    return tuple(rows.reshape(shape).transpose(2, 0, 3, 1, 4))


def padding(ctx: Context, mask: np.ndarray | None, N: int, S: int) -> np.ndarray | None:
    """(N, 1, 1, S): FAR where the mask says that there is nothing to see."""
    if mask is None or mask.all():
        return None
    if mask.shape != (N, S):
        raise ShapeError(
            f"multi_head_attention got a mask for {mask.shape[1]} steps, and sequences of {S}",
            hint="keep the number of steps between the layer that makes the mask and this one",
        )
    far = ctx.empty("padding", (N, 1, 1, S))
    far.fill(FAR)
    np.copyto(far, 0, where=mask[:, None, None])
    return far


def ahead(ctx: Context, T: int) -> np.ndarray:
    """(T, T): FAR where a step would look ahead."""
    far = ctx.empty("ahead", (T, T))
    if T > 1 and far[0, 1] == 0:  # new memory is zero; filled once, then kept
        far[np.triu_indices(T, 1)] = FAR
    return far


def kept_weights(ctx: Context, shape: tuple[int, ...], rate: float) -> np.ndarray:
    """1 / (1 - rate) for the weights that stay, 0 for the others."""
    assert ctx.rng is not None
    keep = ctx.empty("keep", shape)
    ctx.rng.random(out=keep, dtype=keep.dtype)
    keep += 1 - rate
    np.floor(keep, out=keep)
    keep *= 1 / (1 - rate)
    return keep


@dataclass(frozen=True, kw_only=True)
class Beside(Initializer):
    """`parts` matrices side by side, each drawn as if it were alone."""

    each: Initializer
    parts: int

    def check(self, shape: tuple[int, ...]) -> None:
        """As each part."""
        self.each.check((*shape[:-1], shape[-1] // self.parts))

    def draw(self, shape: tuple[int, ...], rng: "np.random.Generator") -> np.ndarray:
        """Values of `shape`, whose last axis has all parts."""
        one = (*shape[:-1], shape[-1] // self.parts)
        return np.concatenate([self.each.draw(one, rng) for _ in range(self.parts)], axis=-1)
