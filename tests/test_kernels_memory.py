"""Kernels stay within the working memory that they ask for: what lies behind it is as it was."""

from itertools import pairwise

import numpy as np
import pytest
from contracts.kernels import CONVOLUTIONS

from dlcli.kernels import dense
from dlcli.kernels.convolution import (
    convolution,
    convolution_gradient,
    convolution_gradient_size,
    convolution_size,
    place_shape,
)
from dlcli.kernels.im2col import Window

MARGIN = 4096


def guarded(size, dtype="float32"):
    """Memory of that size, and what lies behind it."""
    whole = np.full(size + MARGIN, 7, dtype)
    return whole[:size], whole[size:]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [0, 1, 5, 47, 48, 256, 700])
@pytest.mark.parametrize("sizes", [(64, 16), (64, 64, 64), (64, 256, 64), (3, 50, 17, 1), (100, 2)], ids=str)
def test_a_chain_of_dense_layers(sizes, rows, dtype):
    rng = np.random.default_rng(0)
    layers, at = [], 0
    for inputs, units in pairwise(sizes):
        layers.append(dense.Dense(inputs, units, at, at + inputs * units, True))
        at += (inputs + 1) * units
    space, behind = guarded(dense.space_size(layers, rows), dtype)
    theta, grad = rng.standard_normal(at).astype(dtype), np.zeros(at, dtype)
    chain = dense.Chain(layers, rows, theta=theta, grad=grad, space=space, learned=len(layers), dx=True)
    x = rng.standard_normal((rows, sizes[0])).astype(dtype)
    dense.chain_forward(x, chain)
    dense.chain_backward(x, rng.standard_normal((rows, sizes[-1])).astype(dtype), chain)
    assert (behind == 7).all()


POOLED = [(*case, True) for case in CONVOLUTIONS if min(case[0].positions((*case[1], case[2]))) > 1]


@pytest.mark.parametrize(("window", "images", "C", "F", "pool"), [*((*case, False) for case in CONVOLUTIONS), *POOLED])
def test_a_convolution(window, images, C, F, pool):
    rng = np.random.default_rng(0)
    N, H, W = images
    OH, OW = (extent // 2 if pool else extent for extent in window.positions((N, H, W, C)))
    x, kernel = rng.standard_normal((N, H, W, C)).astype("f4"), rng.standard_normal((*window.size, C, F)).astype("f4")
    y = np.empty((N, OH, OW, F), "f4")
    for b, place in ((np.ones(F, "f4"), np.zeros(place_shape(y.shape), "u1")), (None, None)):
        work, behind = guarded(convolution_size(x.shape, kernel, window, pool=pool))
        convolution(x, kernel, b, out=y, work=work, window=window, pool=pool, relu=True, place=place)
        assert (behind == 7).all()
        if place is None and pool:
            continue
        work, behind = guarded(convolution_gradient_size(x.shape, kernel, window, pool=pool))
        convolution_gradient(
            x, kernel, rng.standard_normal(y.shape).astype("f4"), dW=np.empty_like(kernel),
            db=None if b is None else np.empty_like(b), dx=np.empty_like(x), work=work, window=window, pool=pool,
            relu=True, y=y, place=place,
        )
        assert (behind == 7).all()


def test_a_convolution_without_a_bias_has_none():
    """Where images are blank, so is what comes out; where nobody goes back too."""
    x, kernel = np.zeros((2, 12, 12, 3), "f4"), np.ones((3, 3, 3, 16), "f4")
    window, y = Window((3, 3)), np.empty((2, 5, 5, 16), "f4")
    work = np.zeros(convolution_size(x.shape, kernel, window, pool=True), "f4")
    convolution(x, kernel, None, out=y, work=work, window=window, pool=True, relu=True)
    assert (y == 0).all()
