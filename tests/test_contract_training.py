"""The training loop: the same seed gives the same bits, stopped and resumed or not, and a step allocates nothing."""

import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from contracts.training import LABELS, LAYERS, Rows, model, samples, trainer

from dlcli.core.callback import Callback
from dlcli.core.params import Regularizer
from dlcli.errors import DivergedError
from dlcli.train import snapshot
from dlcli.train.callbacks.early_stopping import EarlyStopper
from dlcli.train.gradient_check import compare
from dlcli.train.regularization import Regularization
from dlcli.train.snapshot import Snapshot

EVERYTHING = {
    "accumulate": 2, "class_weight": {"red": 2.0, "blue": 0.5}, "gradient_clip_norm": 0.05, "lanes": 2,
    "l1": 0.001, "l2": 0.01, "schedule": True,
}
OPTIMIZERS = ["adam", {"type": "sgd", "momentum": 0.9, "nesterov": True, "learning_rate": 0.1}]


class Stop(Callback):
    """Sends the signal that Ctrl-C would, after so many steps."""

    def __init__(self, step):
        self.step = step

    def on_train_begin(self, loop):
        self.on_batch_end(loop)

    def on_batch_end(self, loop):
        if loop.step == self.step:
            loop.signal = 2


def through_a_file(taken):
    """What a checkpoint stores of a snapshot: copies of its arrays, and its state as JSON."""
    return Snapshot({name: array.copy() for name, array in taken.arrays.items()}, json.loads(json.dumps(taken.state)))


def observers():
    return Rows(), EarlyStopper("val_loss", mode="min", patience=50, min_delta=0.0)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["adam", "nesterov"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_resume_after_any_step_equals_uninterrupted(optimizer, dtype):
    options = {"optimizer": optimizer, "dtype": dtype, **EVERYTHING}
    history, stopper = observers()
    whole = trainer(callbacks=(history, stopper), **options)
    whole.run()
    assert whole.step == 8 and len(history.rows) == 2
    for step in range(whole.step + 1):
        before, stopper_before = observers()
        stopped = trainer(callbacks=(before, stopper_before, Stop(step)), **options)
        stopped.run()
        assert stopped.step == step
        taken = through_a_file(snapshot.take(stopped))
        after, stopper_after = observers()
        resumed = trainer(callbacks=(after, stopper_after), **options)
        snapshot.restore(resumed, taken)
        resumed.run()
        assert np.array_equal(resumed.theta, whole.theta), f"other weights after a stop at step {step}"
        assert np.array_equal(resumed.buffers, whole.buffers)
        assert all(np.array_equal(slot, whole.slots[name]) for name, slot in resumed.slots.items())
        assert before.rows + after.rows == history.rows, f"another history after a stop at step {step}"
        assert stopper_after.state() == stopper.state()
        assert resumed.streams.state() == whole.streams.state()


def test_same_seed_gives_the_same_weights_and_another_seed_others():
    weights = []
    for seed in (1, 1, 2):
        course = trainer(seed=seed, **EVERYTHING)
        course.run()
        weights.append(course.theta)
    assert np.array_equal(weights[0], weights[1])
    assert not np.isclose(weights[0], weights[2]).all()


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=["adam", "nesterov"])
@pytest.mark.parametrize("count", [40, 43])
def test_accumulated_batches_equal_one_large_batch(optimizer, count):
    options = {key: value for key, value in EVERYTHING.items() if key not in ("accumulate", "lanes")}
    found = []
    for accumulate, size in ((4, 5), (1, 20), (2, 10)):
        history = Rows()
        course = trainer(
            *LAYERS[::2], count=count, optimizer=optimizer, accumulate=accumulate, batch_size=size,
            callbacks=(history,), **options,
        )
        course.run()
        found.append((course.theta, history.rows))
    for theta, rows in found[1:]:
        np.testing.assert_allclose(theta, found[0][0], rtol=0, atol=1e-12)
        for row, wanted in zip(rows, found[0][1], strict=True):
            assert row == pytest.approx(wanted, rel=1e-10)


def test_gradient_of_the_penalties_agrees_with_the_numeric_one():
    chosen = model({**LAYERS[0], "bias_regularizer": {"l1": 0.3, "l2": 0.2}}, LAYERS[2])
    rng = np.random.default_rng(0)
    theta, _ = chosen.initialize(rng)
    theta += 0.5 * rng.choice((-1.0, 1.0), theta.shape)
    penalties = Regularization(chosen.layout, Regularizer(l1=0.05, l2=0.1), chosen.dtype)
    grad = np.full_like(theta, 2.0)
    penalties.add_gradient(theta, grad)
    difference = compare("theta", theta, grad - 2.0, lambda: penalties.penalty(theta), rng)
    assert difference.ok and not difference.note, difference
    views = chosen.layout.views(theta)
    kernels = [views["dense/kernel"], views["dense_1/kernel"]]
    by_hand = sum(0.05 * np.abs(w).sum() + 0.1 * (w**2).sum() for w in kernels)
    by_hand += 0.01 * (kernels[0] ** 2).sum() + (0.3 * np.abs(b := views["dense/bias"]) + 0.2 * b**2).sum()
    assert penalties.penalty(theta) == pytest.approx(by_hand, rel=1e-12)


def test_clipping_bounds_the_length_of_a_step():
    still = trainer(epochs=None, steps=1, optimizer={"type": "sgd", "learning_rate": 1.0})
    start = still.theta.copy()
    still.run()
    free = np.linalg.norm(still.theta - start)
    clipped = trainer(epochs=None, steps=1, optimizer={"type": "sgd", "learning_rate": 1.0}, gradient_clip_norm=0.01)
    clipped.run()
    assert free > 0.01
    assert np.linalg.norm(clipped.theta - start) == pytest.approx(0.01, rel=1e-9)


def test_class_weights_are_weights_of_losses():
    """A weight of 0 is as good as samples that are not there, but for the number that the sum is divided by."""
    weights = []
    for class_weight in ({"red": 0.0}, {"red": 0.0, "green": 1.0, "blue": 1.0}, None):
        course = trainer(class_weight=class_weight)
        course.run()
        weights.append(course.theta)
    assert np.array_equal(weights[0], weights[1]) and not np.array_equal(weights[0], weights[2])
    assert set(LABELS) >= {"red", "green", "blue"}


def test_frozen_layers_do_not_move_and_the_others_do():
    course = trainer({**LAYERS[0], "trainable": False}, *LAYERS[1:], l2=0.1)
    before = {name: view.copy() for name, view in course.recipe.model.layout.views(course.theta).items()}
    course.run()
    after = course.recipe.model.layout.views(course.theta)
    assert np.array_equal(after["dense/kernel"], before["dense/kernel"])
    assert not np.array_equal(after["dense_1/kernel"], before["dense_1/kernel"])


def test_training_learns():
    history = Rows()
    trainer(epochs=40, callbacks=(history,), optimizer={"type": "adam", "learning_rate": 0.01}).run()
    assert history.rows[-1]["accuracy"] > 0.8 and history.rows[-1]["loss"] < 0.7 * history.rows[0]["loss"]


@pytest.mark.parametrize("options", [
    {}, {"accumulate": 2}, {"class_weight": {"red": 2.0}}, {"gradient_clip_norm": 0.1}, {"l1": 0.01, "l2": 0.01},
    {"lanes": 2}, {"lanes": 2, "threads": 2}, {"optimizer": {"type": "sgd", "momentum": 0.9}}, {"optimizer": "adamw"},
    {"schedule": True},
], ids=str)
def test_no_array_is_allocated_in_the_step_loop(options):
    """Weights and pieces of a batch take 256 kB and more each; ufunc buffers (32 kB) and Python objects far less."""
    peaks = []

    class Watch(Callback):
        def on_batch_end(self, loop):
            if loop.step == 2 and not tracemalloc.is_tracing():
                tracemalloc.start()
            elif tracemalloc.is_tracing() and loop.step > 2:
                current, peak = tracemalloc.get_traced_memory()
                peaks.append(peak - before[0])
                tracemalloc.reset_peak()
                before[0] = current  # the peak of the next step counts from here

    before = [0]
    first = {"type": "dense", "units": 256, "activation": "relu"}
    course = trainer(
        first, *LAYERS[1:], count=8 * 512, features=256, dtype="float32", epochs=1, callbacks=(Watch(),),
        **{"batch_size": 512, **options},
    )
    try:
        course.run()
    finally:
        tracemalloc.stop()
    assert peaks and max(peaks) < 128_000, peaks


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # what overflows on the way says so
@pytest.mark.parametrize("lanes", [1, 2])
def test_a_loss_that_is_no_number_says_where(lanes):
    x, _ = samples(40)
    x[15] = np.nan
    course = trainer(x=x, shuffle=False, lanes=lanes)
    with pytest.raises(DivergedError) as caught:
        course.run()
    assert caught.value.where == "epoch 1, step 3"
    assert "learning_rate" in caught.value.hint and caught.value.exit_code == 3


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_weights_that_overflow_are_found():
    course = trainer(optimizer={"type": "sgd", "learning_rate": 1e308}, epochs=3)
    with pytest.raises(DivergedError, match="expected a finite number"):
        course.run()


def test_steps_end_training_in_the_middle_of_an_epoch():
    history = Rows()
    course = trainer(epochs=None, steps=10, callbacks=(history,))
    course.run()
    assert course.step == 10 and course.epoch == 1  # one whole epoch, and a part of the second
    assert [row["step"] for row in history.rows] == [7, 10]
    assert replace(course.recipe.settings, steps=10) == course.recipe.settings
