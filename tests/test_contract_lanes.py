"""A batch in lanes: the same gradient as in one piece, the same bits however many threads run them."""

import threading
from dataclasses import dataclass

import numpy as np
import pytest
from contracts.training import model, samples, trainer

from dlcli.core.dataset import Split
from dlcli.core.layer import Layer, Plan
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec, Target
from dlcli.data.batches import Batches
from dlcli.data.preprocessing import Pipeline
from dlcli.losses.categorical_crossentropy import CategoricalCrossentropy
from dlcli.metrics.accuracy import Accuracy
from dlcli.metrics.f1 import F1
from dlcli.model import Model, Pass
from dlcli.train.answers import Answers
from dlcli.train.evaluation import Evaluator
from dlcli.train.lanes import Lanes, loss_context

DENSE = ({"type": "dense", "units": 8, "activation": "tanh"}, {"type": "dense", "units": 3})
CLOSE = 1e-12


@dataclass(frozen=True, kw_only=True)
class Centered(Layer):
    """y = x - mean of x over the whole batch, whatever lanes it lies in. x: (N, I) -> y: (N, I)."""

    whole_batch = True

    def plan(self, in_shape):
        return Plan(out_shape=in_shape)

    def forward(self, ctx, x):
        return x - self._mean(ctx, x)

    def backward(self, ctx, dy):
        return dy - self._mean(ctx, dy)

    def _mean(self, ctx, values):
        total = ctx.empty("total", (values.shape[1] + 1,))
        total[:-1], total[-1] = values.sum(axis=0), len(values)
        ctx.flow.all_reduce(total)
        return total[:-1] / total[-1]


@dataclass(frozen=True, kw_only=True)
class Failing(Centered):
    """Fails in lane 1 while the others wait for its part of the sum."""

    def forward(self, ctx, x):
        if ctx.flow.lane == 1:
            raise ValueError("this lane fails")
        return super().forward(ctx, x)


def in_lanes(chosen, count, x, y, weight=None, *, threads=1, before=()):
    """Gradient, losses and predictions of a batch, after other batches went through the same lanes."""
    theta, buffers = chosen.initialize(np.random.default_rng(0))
    theta += 0.1 * np.random.default_rng(1).standard_normal(theta.shape)
    lanes = Lanes(
        chosen, CategoricalCrossentropy(from_logits=True), theta, buffers,
        count=count, threads=threads, streams=Streams(0),
    )
    try:
        for size in before:
            lanes.run(x[:size], y[:size], 1 / size)
        ran = lanes.run(x, y, 1 / len(x) if weight is None else weight)
        joined = [np.concatenate([getattr(lane, name) for lane in ran]) for name in ("losses", "y_pred", "y_true")]
        return lanes.grad.copy(), *joined
    finally:
        lanes.close()


def within(seconds, call):
    """What `call` returns or raises; fails where it hangs."""
    outcome = []

    def run():
        try:
            outcome.append((call(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert outcome, f"still waiting after {seconds} seconds"
    result, error = outcome[0]
    if error is not None:
        raise error
    return result


@pytest.mark.parametrize("size", [1, 2, 3, 4, 10, 11])
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("weights", [False, True], ids=["one weight", "weights of samples"])
def test_lanes_give_the_gradient_of_one(size, count, weights):
    x, y = samples(size)
    weight = np.linspace(0.1, 1, size) if weights else None
    one, several = (in_lanes(model(*DENSE), n, x, y, weight) for n in (1, count))
    for a, b in zip(several, one, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_batch_smaller_than_the_lanes_leaves_nothing_behind(threads):
    x, y = samples(9)
    wanted = in_lanes(model(*DENSE), 3, x, y)
    after = in_lanes(model(*DENSE), 3, x, y, threads=threads, before=(9, 2, 1, 9, 1, 2))
    for a, b in zip(after, wanted, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("optimizer", ["adam", {"type": "sgd", "momentum": 0.9}], ids=["adam", "momentum"])
def test_the_number_of_threads_does_not_change_a_bit(optimizer):
    found = []
    for threads in (1, 4):
        course = trainer(
            dtype="float32", optimizer=optimizer, lanes=3, threads=threads, batch_size=4, epochs=None, steps=20,
        )
        course.run()
        assert course.step == 20
        found.append(course)
    assert np.array_equal(found[0].theta, found[1].theta)
    assert found[0].streams.state() == found[1].streams.state()


def test_an_evaluation_is_the_same_however_many_threads_run_it():
    # a relu would make a chain of it, which compiled kernels keep in one lane
    wide = model({"type": "dense", "units": 400, "activation": "tanh"}, {"type": "dense", "units": 3}, features=300)
    x, y = samples(1100, 300)
    target = Target(kind="classes", labels=("a", "b", "c"))
    spec = DataSpec(input_shape=(300,), dtype="float32", target=target)
    theta, buffers = wide.initialize(np.random.default_rng(0))
    loss = CategoricalCrossentropy(from_logits=True)
    found = []
    for threads in (1, 2):
        watched = []
        evaluator = Evaluator(wide, loss, {"accuracy": Accuracy(), "f1": F1()}, target, theta, buffers, threads=threads)
        batches = Batches(Split(x, y, np.arange(1100)[::-1]), Pipeline([], spec), spec, batch_size=512, dtype="float64")
        for _ in range(2):
            found.append(evaluator.run(batches, keep=True, watch=lambda true, _: watched.append(true.copy())))  # noqa: B023
        assert [len(piece) for piece in watched] == [256, 256, 256, 256, 38, 38] * 2, "two lanes"
        assert np.array_equal(np.concatenate(watched[:6]), y[::-1])
    logits = Pass(wide, theta, buffers).forward(x[::-1].astype(np.float64))
    assert np.allclose(found[0].losses, loss.forward(loss_context(wide), logits, y[::-1]), rtol=1e-12)
    for one in found:
        assert one.figures == found[0].figures and np.array_equal(one.y_true, y[::-1])
        assert np.array_equal(one.y_pred, found[0].y_pred) and np.array_equal(one.losses, found[0].losses)


@pytest.mark.parametrize("threads", [1, 2])
def test_answers_are_the_same_however_many_are_asked_for_at_once(threads):
    wide = model({"type": "dense", "units": 400, "activation": "tanh"}, {"type": "dense", "units": 3}, features=300)
    x = samples(1100, 300)[0].astype(np.float64)
    theta, buffers = wide.initialize(np.random.default_rng(0))
    wanted = Pass(wide, theta, buffers).predict(x)
    with Answers(wide, theta, buffers, threads=threads) as answers:
        for size in (1, 1100, 513, 2):
            assert np.allclose(answers.predict(x[:size]), wanted[:size], rtol=1e-12, atol=1e-14), size
        assert len(answers._passes) == 2, "two lanes"


def test_lanes_draw_different_random_numbers():
    course = trainer(lanes=3, epochs=None, steps=1)
    course.run()
    positions = course.streams.state()
    assert len({str(positions[f"lane {number}"]["state"]) for number in range(3)}) == 3


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_a_layer_over_the_whole_batch_sees_all_lanes(size):
    x, y = samples(size)
    layers = [*model(*DENSE[:1]).nodes]
    chosen = Model([*(node.layer for node in layers), Centered(), *model(DENSE[1], features=8).nodes[0].layer.expand()],
                   (6,), dtype="float64")
    assert chosen.whole_batch
    wanted = in_lanes(chosen, 1, x, y)
    for threads in (1, 3):
        found = within(20, lambda threads=threads: in_lanes(chosen, 3, x, y, threads=threads))
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=CLOSE)


@pytest.mark.parametrize("threads", [1, 3])
def test_a_lane_that_fails_makes_no_other_wait_and_is_the_one_heard_of(threads):
    x, y = samples(9)
    chosen = Model([Failing()], (6,), dtype="float64")
    with pytest.raises(ValueError, match="this lane fails"):
        within(20, lambda: in_lanes(chosen, 3, x, y % 3, threads=threads))


def test_lanes_run_again_after_one_failed():
    x, y = samples(9)
    chosen = Model([Failing()], (6,), dtype="float64")
    theta, buffers = chosen.initialize(np.random.default_rng(0))
    lanes = Lanes(
        chosen, CategoricalCrossentropy(from_logits=True), theta, buffers, count=3, threads=1, streams=Streams(0),
    )
    try:
        for _ in range(3):
            with pytest.raises(ValueError, match="this lane fails"):
                within(20, lambda: lanes.run(x, y, 1 / 9))
        lanes.run(x[:1], y[:1], 1.0)  # in lane 0 alone
    finally:
        lanes.close()
