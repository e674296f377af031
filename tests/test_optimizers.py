"""Optimizers: blocks, weight decay, float32, schedules."""

import math
from dataclasses import replace
from itertools import pairwise

import by_hand
import numpy as np
import pytest
from contracts.walk import cases

from dlcli.core.params import Layout, Param
from dlcli.initializers.zeros import Zeros
from dlcli.optimizers.adam import Adam
from dlcli.optimizers.adamw import Adamw
from dlcli.optimizers.sgd import Sgd
from dlcli.schedules.constant import Constant
from dlcli.schedules.cosine import Cosine
from dlcli.schedules.exponential import Exponential
from dlcli.train.lane_pool import LanePool
from dlcli.train.settings import Training
from dlcli.train.update import Update

ALL = (Sgd(), Sgd(momentum=0.9), Sgd(momentum=0.9, nesterov=True), Adam(), Adamw())


def run(optimizer, theta, grads, *, decayed=0):
    slots = {name: np.zeros_like(theta) for name in optimizer.slots()}
    scratch = np.zeros((optimizer.scratch, theta.size), theta.dtype)
    for step, grad in enumerate(grads, start=1):
        optimizer.step(theta, grad.copy(), slots, scratch, lr=optimizer.learning_rate, step=step, decayed=decayed)
    return theta


@pytest.mark.parametrize("case", cases("optimizers"))
@pytest.mark.parametrize("block", [1, 7, 64])
def test_an_update_in_blocks_or_by_several_threads_equals_one_in_one(block, case, monkeypatch):
    rng = np.random.default_rng(0)
    drawn = {"initializer": Zeros(), "decay": True}
    layout = Layout({
        "a": Param(shape=(20, 9), **drawn), "b": Param(shape=(9,), **drawn | {"decay": False}),
        "slow": Param(shape=(33,), **drawn, learning_rate_multiplier=0.1), "still": Param(
            shape=(5,), **drawn, trainable=False,
        ),
    })
    optimizer = replace(case.build(), weight_decay=0.1)
    start, grads = rng.standard_normal(layout.size, np.float32), rng.standard_normal((5, layout.size), np.float32)
    found = []
    pool = LanePool(3, threads=2, whole_batch=False)
    monkeypatch.setattr("dlcli.train.update.SHARED", 100)
    for longest, share in ((1000, None), (block, None), (block, pool.run)):
        monkeypatch.setattr("dlcli.train.update.BLOCK", longest)
        update = Update(layout, optimizer, None, Training(epochs=1), start.dtype, share=share, lanes=pool.count)
        theta = start.copy()
        for step, grad in enumerate(grads, start=1):
            update.apply(theta, grad.copy(), lr=0.01, step=step)
        found.append((theta, update.slots))
    pool.close()
    (whole, slots), *others = found
    assert not np.array_equal(whole, start)
    for cut, slots_cut in others:
        assert np.array_equal(whole, cut)
        assert all(np.array_equal(slots[name], slots_cut[name]) for name in slots)


@pytest.mark.parametrize("optimizer", ALL, ids=str)
def test_float32_follows_float64(optimizer):
    rng = np.random.default_rng(0)
    theta, grads = rng.standard_normal(50), rng.standard_normal((30, 50))
    double = run(optimizer, theta.copy(), grads, decayed=20)
    single = run(optimizer, theta.astype(np.float32), grads.astype(np.float32), decayed=20)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, double, rtol=1e-5, atol=1e-5)


def test_decay_shrinks_kernels_and_leaves_biases():
    theta = run(Adamw(learning_rate=0.1, weight_decay=0.5), np.ones(4), np.zeros((1, 4)), decayed=2)
    np.testing.assert_allclose(theta, [0.95, 0.95, 1, 1], rtol=1e-15)


def test_adamw_without_decay_is_adam():
    rng = np.random.default_rng(0)
    theta, grads = rng.standard_normal(9), rng.standard_normal((5, 9))
    plain = run(Adam(), theta.copy(), grads)
    assert np.array_equal(plain, run(Adamw(weight_decay=0.0), theta.copy(), grads, decayed=9))


def test_first_step_of_adam_is_as_long_as_the_rate_whatever_the_gradient():
    theta = run(Adam(learning_rate=0.1), np.zeros(3), [np.array([1e-2, -1.0, 1e6])])
    np.testing.assert_allclose(theta, [-0.1, 0.1, -0.1], rtol=1e-3)


def test_zero_gradients_move_nothing():
    for optimizer in ALL:
        assert np.array_equal(run(optimizer, np.ones(3, np.float32), np.zeros((3, 3), np.float32)), np.ones(3))


@pytest.mark.parametrize("optimizer", ALL, ids=str)
def test_a_step_allocates_no_array(optimizer):
    theta = np.ones(200_000, np.float32)
    grad, slots = theta.copy(), {name: theta.copy() for name in optimizer.slots()}
    scratch = np.zeros((optimizer.scratch, theta.size), np.float32)
    peak = by_hand.peak_of(
        lambda: optimizer.step(theta, grad, slots, scratch, lr=0.1, step=1, decayed=100_000),
    )
    assert peak < by_hand.UFUNC_BUFFER


def test_constant_schedule():
    assert Constant().rate(7, base=0.1, total=10) == 0.1


def test_exponential_schedule():
    smooth = Exponential(decay_steps=10, decay_rate=0.5)
    stairs = Exponential(decay_steps=10, decay_rate=0.5, staircase=True)
    assert [smooth.rate(s, base=1.0, total=99) for s in (0, 5, 10)] == [1.0, math.sqrt(0.5), 0.5]
    assert [stairs.rate(s, base=1.0, total=99) for s in (0, 9, 10, 25)] == [1.0, 1.0, 0.5, 0.25]


def test_cosine_schedule_warms_up_and_glides_down():
    schedule = Cosine(alpha=0.1, warmup_steps=4)
    rates = [schedule.rate(s, base=1.0, total=24) for s in range(30)]
    np.testing.assert_allclose(rates[:5], [0.2, 0.4, 0.6, 0.8, 1.0])
    np.testing.assert_allclose([rates[14], rates[24], rates[29]], [0.55, 0.1, 0.1])
    assert all(a > b for a, b in pairwise(rates[4:25]))
    assert Cosine(warmup_steps=10).rate(9, base=1.0, total=5) < 1
    assert Cosine(warmup_steps=5).rate(5, base=1.0, total=5) == 1.0
