"""Kernels stay within the working memory that they ask for: what lies behind it is as it was."""

from itertools import pairwise

import numpy as np
import pytest
from contracts.kernels import CONVOLUTIONS

from dlcli.kernels import crew, dense, recurrent
from dlcli.kernels.convolution import (
    convolution,
    convolution_gradient,
    convolution_gradient_size,
    convolution_size,
    place_shape,
)
from dlcli.kernels.gru import gru_backward, gru_forward
from dlcli.kernels.im2col import Window
from dlcli.kernels.lstm import lstm_backward, lstm_forward
from dlcli.kernels.rnn import rnn_backward, rnn_forward

MARGIN = 4096


@pytest.fixture(params=[1, crew.SEATS])
def threads(request, monkeypatch):
    """One, or so many at every kernel as there may be."""
    monkeypatch.setattr(crew, "SMALL", 0)
    many = crew.Crew(request.param)
    many.lead()
    yield request.param
    many.close()


def guarded(size, dtype="float32"):
    """Memory of that size, and what lies behind it."""
    whole = np.full(size + MARGIN, 7, dtype)
    return whole[:size], whole[size:]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", [0, 1, 5, 47, 48, 256, 700])
@pytest.mark.parametrize("sizes", [(64, 16), (64, 64, 64), (64, 256, 64), (3, 50, 17, 1), (100, 2)], ids=str)
@pytest.mark.usefixtures("threads")
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


WALKS = {
    "lstm": (lstm_forward, lstm_backward, 4, 2, {}), "rnn": (rnn_forward, rnn_backward, 1, 0, {}),
    "gru": (gru_forward, gru_backward, 4, 0, {"reset_after": True}),
    "gru, reset before": (gru_forward, gru_backward, 4, 0, {"reset_after": False}),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("N", "T", "features", "H"), [(1, 2, 1, 1), (33, 3, 5, 17), (70, 2, 40, 16), (600, 2, 3, 50)])
@pytest.mark.parametrize("kind", WALKS)
@pytest.mark.usefixtures("threads")
def test_a_walk(kind, N, T, features, H, dtype):
    rng = np.random.default_rng(0)
    there, back, gates, cells, options = WALKS[kind]
    width = {"rnn": 1, "lstm": 4}.get(kind, 3) * H
    R, W, x, dy = (rng.standard_normal(shape).astype(dtype) for shape in (
        (H, width), (features, width), (N, T, features), (N, T, H),
    ))
    b = rng.standard_normal((2, width) if kind.startswith("gru") else width).astype(dtype)
    kept, behind_kept = guarded(recurrent.kept_size(T, N, H, features, gates=gates, cells=cells), dtype)
    work, behind_work = guarded(recurrent.work_size(T, N, H, features, gates=gates), dtype)
    there(x, R, b, W, y=np.empty_like(dy), kept=kept, work=work, **options)
    back(
        dy, R, W, dR=np.empty_like(R), db=np.empty_like(b), dW=np.empty_like(W), dx=np.empty_like(x), kept=kept,
        work=work, steps=T, **options,
    )
    assert (behind_kept == 7).all()
    assert (behind_work == 7).all()


POOLED = [(*case, True) for case in CONVOLUTIONS if min(case[0].positions((*case[1], case[2]))) > 1]


@pytest.mark.parametrize(("window", "images", "C", "F", "pool"), [*((*case, False) for case in CONVOLUTIONS), *POOLED])
@pytest.mark.usefixtures("threads")
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
