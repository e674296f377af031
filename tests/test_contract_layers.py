"""What every layer promises, checked on every example of every layer.

A new file in dlcli/layers is checked by being there. What it needs: `examples`, a docstring, and a plain second
version of itself in tests/references/layers.py.
"""

import math

import numpy as np
import pytest
from contracts.layers import Results, Rig, not_contiguous, results
from contracts.memory import LIMIT, arrays_alive_after, culprits, peak_of, samples_for
from contracts.walk import Case, cases
from references import layers as references

from dlcli.config.dump import dump
from dlcli.config.load import loads
from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.core.streams import Streams
from dlcli.losses.mse import Mse
from dlcli.model import Model
from dlcli.train.gradient_check import check_layer
from dlcli.train.lanes import Lanes

every_example = pytest.mark.parametrize("case", cases("layers"))
every_row_by_row = pytest.mark.parametrize("case", cases("layers", lambda case: not case.build().whole_batch))
every_determined = pytest.mark.parametrize("case", cases("layers", lambda case: not Rig(case).draws_at_random()))
both_modes = pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
CLOSE = 1e-12
"""Of the largest number of an array: for sums of float64 in another order."""


@every_example
@both_modes
@pytest.mark.parametrize("batch", [1, 3])
def test_shape_and_dtype_are_as_planned(case, training, batch):
    for dtype in ("float32", "float64"):
        rig = Rig(case, dtype=dtype)
        got = rig.run(rig.x(batch), rig.dy(batch), training=training)
        assert got.y.shape == (batch, *rig.model.out_shape)
        assert got.y.dtype == dtype
        if got.dx is not None:
            assert got.dx.shape == (batch, *rig.in_shape)
            assert got.dx.dtype == dtype
        assert (got.dx is None) <= bool(rig.integers), "backward must return dx where ctx.needs_dx"


@every_example
@both_modes
def test_gradients_agree_with_numeric_ones(case, training):
    layer = case.build()
    for difference in check_layer(
        layer, case.shape, np.random.default_rng(0), integers=case.integers, training=training,
    ):
        assert difference.ok, difference
        if layer.exact_gradient and not case.integers:
            assert not difference.note, difference


@every_example
@both_modes
def test_arguments_and_parameters_are_left_as_they_are(case, training):
    rig = Rig(case)
    x, dy = rig.x(3), rig.dy(3)
    before = x.copy(), dy.copy(), rig.theta.copy(), rig.buffers.copy()
    for array in (x, dy, rig.theta):
        array.flags.writeable = False
    through = rig.through(training=training)
    through.forward(x)
    through.backward(dy)
    for array, kept in zip((x, dy, rig.theta), before, strict=False):
        assert np.array_equal(array, kept)
    assert training or np.array_equal(rig.buffers, before[3]), "buffers change in training alone"


@every_example
@both_modes
def test_numbers_that_are_not_contiguous_give_the_same_results(case, training):
    rig = Rig(case)
    x, dy = rig.x(3), rig.dy(3)
    wanted = rig.run(x, dy, training=training)
    ys = not_contiguous(dy)
    for how, other_x in not_contiguous(x).items():
        rig.run(other_x, ys[how], training=training).assert_close(wanted, CLOSE)


@every_row_by_row
def test_a_batch_of_one_equals_a_row_of_a_larger_batch(case):
    rig = Rig(case)
    x, dy = rig.x(3), rig.dy(3)
    whole = rig.run(x, dy)
    for i in range(3):
        alone = rig.run(x[i:i + 1], dy[i:i + 1])
        row = Results(whole.y[i:i + 1], None if whole.dx is None else whole.dx[i:i + 1], alone.grads)
        alone.assert_close(row, CLOSE)


@every_determined
@both_modes
def test_batches_of_changing_size_find_nothing_left_over(case, training):
    rig = Rig(case)
    through = rig.through(training=training, own_buffers=True)
    for size in (3, 5, 2, 7, 3):
        x, dy = rig.x(size), rig.dy(size)
        rig.run(x, dy, through=through).assert_close(rig.run(x, dy, training=training), CLOSE)


@every_example
@both_modes
def test_gradients_are_the_same_where_nobody_reads_the_one_of_the_input(case, training):
    """The first layer of a model never passes a gradient on."""
    rig = Rig(case)
    alone = rig.through(training=training, own_buffers=True, input_gradient=False)
    found = rig.run(rig.x(3), rig.dy(3), through=alone)
    assert found.dx is None
    wanted = rig.run(rig.x(3), rig.dy(3), training=training)
    assert all(np.array_equal(grad, wanted.grads[name]) for name, grad in found.grads.items())


@every_example
def test_a_frozen_layer_passes_the_same_gradient_on(case):
    rig, frozen = Rig(case), Rig(case, trainable=False)
    assert frozen.model.layout.trainable == 0 and frozen.model.layout.size == rig.model.layout.size
    for name, view in rig.model.layout.views(rig.theta).items():  # frozen parameters lie in another order
        frozen.model.layout.views(frozen.theta)[name][...] = view
    frozen.buffers[:] = rig.buffers
    found, wanted = (r.run(r.x(3), r.dy(3)) for r in (frozen, rig))
    assert np.array_equal(found.y, wanted.y)
    assert rig.integers or np.array_equal(found.dx, wanted.dx)


@every_example
@both_modes
def test_interleaved_passes_do_not_disturb_each_other(case, training):
    rig = Rig(case)
    rng = np.random.default_rng(5)
    xs = [rig.x(3, rng=rng), rig.x(4, rng=rng)]
    dys = [rig.dy(3, seed=6), rig.dy(4, seed=7)]
    alone = [rig.run(x, dy, training=training) for x, dy in zip(xs, dys, strict=True)]
    passes = [rig.through(training=training, own_buffers=True) for _ in xs]
    ys = [through.forward(x) for through, x in zip(passes, xs, strict=True)]
    for through, y, dy, wanted in zip(passes, ys, dys, alone, strict=True):
        assert results(through, y.copy(), through.backward(dy)).same_bits(wanted)


@every_example
@both_modes
def test_backward_overwrites_every_gradient(case, training):
    rig = Rig(case)
    seen = []
    for leftover in (np.nan, 1e6):
        through = rig.through(training=training, own_buffers=True)
        through.forward(rig.x(3))  # again, since backward may work in what forward kept
        through.grad.fill(leftover)
        dx = through.backward(rig.dy(3))
        seen.append(results(through, np.empty(0), dx))
        unwritten = [name for name, grad in seen[-1].grads.items() if np.isnan(grad).any()]
        assert not unwritten, f"backward does not write the gradient of {unwritten}"
        assert dx is None or np.isfinite(dx).all()
    assert seen[1].same_bits(seen[0]), "backward must overwrite its gradient, not add to it"


@every_example
def test_float32_agrees_with_float64(case):
    exact, single = Rig(case), Rig(case, dtype="float32")
    x, dy = single.x(3), single.dy(3)
    single.buffers[:] = exact.buffers
    exact.theta[:] = single.theta
    wanted = exact.run(x.astype(np.float64), dy.astype(np.float64))
    single.run(x, dy).assert_close(wanted, 2e-5)


@every_example
def test_outputs_agree_with_the_plain_reference(case):
    rig = Rig(case)
    reference = getattr(references, case.name, None)
    assert reference is not None, (
        f"write `def {case.name}(layer, params, x)` in tests/references/layers.py: the layer's outputs in evaluation "
        "mode, in plain loops over float64, by another way than the layer's own"
    )
    x = rig.x(3)
    wanted = reference(rig.layer, rig.params(), x)
    size = max(1.0, float(np.abs(wanted).max()))
    np.testing.assert_allclose(rig.through().forward(x), wanted, rtol=0, atol=1e-12 * size)


@every_example
def test_yaml_round_trip(case):
    layer = case.build()
    data = layer.to_yaml()
    assert from_yaml(Layer, data) == layer
    assert from_yaml(Layer, loads(dump({"layer": data}), "text").data["layer"]) == layer


@every_example
def test_plan_allocates_no_arrays_and_says_the_same_twice(case):
    layer = case.build()
    assert layer.plan(case.shape) == layer.plan(case.shape)
    assert arrays_alive_after(lambda: Model([layer], case.shape)) == 0


@every_example
@both_modes
def test_no_array_is_allocated_after_the_first_pass(case, training):
    rig = Rig(case, dtype="float32")
    batch = samples_for(rig.in_shape, rig.model.out_shape, itemsize=4)
    batch = min(batch, 1 + 400_000_000 // (1 + rig.model.flops))
    x, dy = rig.x(batch), rig.dy(batch)
    through = rig.through(training=training, own_buffers=True)

    def step():
        return through.forward(x), through.backward(dy)

    peak = peak_of(step)
    assert peak < LIMIT, f"{peak} bytes for arrays of {x.nbytes} and {dy.nbytes} bytes; use ctx.empty\n{culprits(step)}"


@every_determined
def test_three_lanes_give_the_gradient_of_one(case):
    rig = Rig(case)
    x, y = rig.x(7), rig.dy(7)
    grads = []
    for count in (1, 3):
        lanes = Lanes(
            rig.model, Mse(), rig.theta, rig.buffers.copy(), count=count, threads=1, streams=Streams(0),
        )
        try:
            lanes.run(x, y, 1 / 7)
            grads.append(lanes.grad.copy())
        finally:
            lanes.close()
    size = max(1.0, float(np.abs(grads[0]).max(initial=0)))
    np.testing.assert_allclose(grads[1], grads[0], rtol=0, atol=CLOSE * size)


@every_example
def test_flops_and_sizes_are_plain_numbers(case):
    plan = case.build().plan(case.shape)
    assert isinstance(plan.flops, int) and plan.flops >= 0
    assert all(type(n) is int and n >= 0 for n in plan.out_shape)
    for param in (*plan.params.values(), *plan.buffers.values()):
        assert all(type(n) is int for n in param.shape) and math.prod(param.shape) > 0


def test_the_checks_find_a_gradient_that_is_added_to(monkeypatch):
    """The walking tests are worth what they find: here a layer that is wrong in each way."""
    from dlcli.layers.dense import Dense

    right = Dense.backward

    def added(self, ctx, dy):
        before = ctx.grads["kernel"].copy()
        dx = right(self, ctx, dy)
        ctx.grads["kernel"][...] += before
        return dx

    monkeypatch.setattr(Dense, "backward", added)
    monkeypatch.setattr("dlcli.model.FUSIONS", ())
    case = next(c.values[0] for c in cases("layers") if c.id == "dense-0")
    assert isinstance(case, Case)
    with pytest.raises(AssertionError, match="does not write"):
        test_backward_overwrites_every_gradient(case, True)
    assert not all(d.ok for d in check_layer(case.build(), case.shape, np.random.default_rng(0)))


def test_the_checks_find_an_array_that_is_allocated_and_given_back(monkeypatch):
    from dlcli.layers.relu import Relu

    right = Relu.forward
    monkeypatch.setattr(Relu, "forward", lambda self, ctx, x: right(self, ctx, x + 0))
    case = next(c.values[0] for c in cases("layers") if c.id == "relu-0")
    with pytest.raises(AssertionError, match=r"use ctx\.empty"):
        test_no_array_is_allocated_after_the_first_pass(case, True)
