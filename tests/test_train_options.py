"""Clipping by value, averaged weights, learning rates by layer, and a rate that falls on a plateau."""

import json
from itertools import pairwise

import numpy as np
import pytest
from contracts.training import LAYERS, Rows, model, trainer
from main_job import CONFIGS, dlcli, dlcli_json, history
from safetensors.numpy import load_file

from dlcli.core.callback import Callback
from dlcli.core.component import from_yaml
from dlcli.schedules.reduce_on_plateau import ReduceOnPlateau
from dlcli.schedules.warmup import Warmup
from dlcli.train import snapshot
from dlcli.train.callbacks.reduce_on_plateau import PlateauReducer, plateau_of
from dlcli.train.settings import Training
from dlcli.train.snapshot import Snapshot

SGD = {"type": "sgd", "learning_rate": 1.0}


class StopAt(Callback):
    """Sends the signal that Ctrl-C would, after so many steps."""

    def __init__(self, step):
        self.step = step

    def on_batch_end(self, loop):
        if loop.step == self.step:
            loop.signal = 2


class Thetas(Callback):
    """Keeps theta after every step."""

    def __init__(self):
        self.thetas = []

    def on_batch_end(self, loop):
        self.thetas.append(loop.theta.copy())


class Fake:
    """As much of a loop as the reducer knows."""

    rate_factor = 1.0


def through_a_file(taken):
    return Snapshot({name: array.copy() for name, array in taken.arrays.items()}, json.loads(json.dumps(taken.state)))


def moved(**options):
    """How far the first step went, parameter by parameter."""
    course = trainer(epochs=None, steps=1, **{"optimizer": SGD, **options})
    start = course.theta.copy()
    course.run()
    return course.theta - start


def test_clipping_by_value_bounds_every_number_of_the_gradient():
    free, clipped = moved(), moved(gradient_clip_value=0.01)
    assert np.abs(free).max() > 0.01
    np.testing.assert_allclose(clipped, np.clip(free, -0.01, 0.01), rtol=1e-9, atol=1e-14)


def test_both_ways_of_clipping_hold_together():
    both = moved(gradient_clip_value=0.01, gradient_clip_norm=0.02)
    by_value = np.clip(moved(), -0.01, 0.01)
    np.testing.assert_allclose(both, by_value * 0.02 / np.linalg.norm(by_value), rtol=1e-9, atol=1e-14)


def test_average_follows_the_parameters_and_starts_at_the_first_step():
    seen = Thetas()
    course = trainer(callbacks=(seen,), ema=from_yaml(Training, {"ema": 0.9}).ema)
    course.run()
    average = seen.thetas[0]
    for theta in seen.thetas[1:]:
        average = 0.9 * average + 0.1 * theta
    np.testing.assert_allclose(course.average.values, average, rtol=1e-12)
    assert course.evaluated is course.average.values


def test_average_changes_what_is_validated_and_not_what_is_trained():
    plain, averaged = Rows(), Rows()
    with_average = trainer(callbacks=(averaged,), ema=from_yaml(Training, {"ema": {"momentum": 0.5}}).ema)
    without = trainer(callbacks=(plain,))
    with_average.run()
    without.run()
    assert np.array_equal(with_average.theta, without.theta)
    for row, wanted in zip(averaged.rows, plain.rows, strict=True):
        assert row["loss"] == wanted["loss"] and row["val_loss"] != wanted["val_loss"]


@pytest.mark.parametrize("step", [0, 1, 3, 7, 10])
def test_average_after_a_resume_equals_that_of_an_uninterrupted_run(step):
    options = {"ema": from_yaml(Training, {"ema": 0.9}).ema, "optimizer": "lamb", "dtype": "float32", "lanes": 2}
    history, after = Rows(), Rows()
    whole = trainer(callbacks=(history,), **options)
    whole.run()
    before = Rows()
    stopped = trainer(callbacks=(before, StopAt(step)), **options)
    if step:
        stopped.run()
    resumed = trainer(callbacks=(after,), **options)
    snapshot.restore(resumed, through_a_file(snapshot.take(stopped)))
    resumed.run()
    assert np.array_equal(resumed.theta, whole.theta)
    assert np.array_equal(resumed.average.values, whole.average.values)
    assert before.rows + after.rows == history.rows


def test_runs_are_evaluated_with_the_average_and_named_by_the_trained_weights(capsys):
    short = (CONFIGS / "mnist_mlp.yaml", "training.epochs=2", "optimizer.learning_rate=0.003")
    plain = dlcli_json(capsys, "train", *short)[1]
    code, averaged = dlcli_json(capsys, "train", *short, "training.ema=0.9")
    assert code == 0 and averaged["weights_sha256"] == plain["weights_sha256"]
    assert averaged["test"]["loss"] != plain["test"]["loss"]
    again = dlcli_json(capsys, "evaluate", averaged["run_id"])[1]
    assert again["metrics"]["loss"] == pytest.approx(averaged["test"]["loss"], rel=1e-6)
    stored = load_file(f"{averaged['run_dir']}/checkpoints/last.safetensors")
    assert {name.removeprefix("ema/") for name in stored if name.startswith("ema/")} == {
        name.removeprefix("model/") for name in stored if name.startswith("model/")
    }
    assert not np.array_equal(stored["ema/dense/kernel"], stored["model/dense/kernel"])
    longer = dlcli_json(capsys, "train", "--resume", averaged["run_id"], "training.epochs=3")[1]
    whole = dlcli_json(capsys, "train", *short, "training.ema={momentum: 0.9}", "training.epochs=3")[1]
    assert longer["weights_sha256"] == whole["weights_sha256"] and longer["test"] == whole["test"]
    assert history(longer["run_dir"]) == history(whole["run_dir"])


def test_average_wants_a_share_below_one(capsys):
    code, _, err = dlcli(capsys, "check", CONFIGS / "xor.yaml", "training.ema=1.5")
    assert code == 2 and "training.ema" in err and "less than 1" in err


SLOW = {**LAYERS[0], "learning_rate_multiplier": 0.1}


def test_a_layer_learns_at_its_own_pace():
    course, plain = (trainer(*layers, optimizer=SGD, epochs=None, steps=1) for layers in ((SLOW, *LAYERS[1:]), LAYERS))
    starts = [c.recipe.model.layout.views(c.theta.copy()) for c in (course, plain)]
    course.run()
    plain.run()
    ends = [c.recipe.model.layout.views(c.theta) for c in (course, plain)]
    for name, pace in (("dense/kernel", 0.1), ("dense/bias", 0.1), ("dense_1/kernel", 1.0), ("dense_1/bias", 1.0)):
        np.testing.assert_allclose(
            ends[0][name] - starts[0][name], pace * (ends[1][name] - starts[1][name]), rtol=1e-9, atol=1e-15,
        )


@pytest.mark.parametrize("optimizer", ["adam", "lamb", {"type": "adamw", "weight_decay": 0.5}])
def test_equal_paces_everywhere_are_a_learning_rate(optimizer):
    layers = [{**layer, "learning_rate_multiplier": 0.5} for layer in LAYERS]
    keys = {"type": optimizer} if isinstance(optimizer, str) else optimizer
    half, rate = trainer(*layers, optimizer=keys), trainer(optimizer={**keys, "learning_rate": 0.0005})
    half.run()
    rate.run()
    assert np.array_equal(half.theta, rate.theta)


def test_paces_of_layers_inside_layers_multiply_and_lie_together():
    inner = {"type": "dense", "units": 4, "learning_rate_multiplier": 0.5}
    chosen = model(
        LAYERS[0], {"type": "sequential", "layers": [inner, {"type": "dense", "units": 4}],
                    "learning_rate_multiplier": 0.2}, LAYERS[2],
    )
    paces = {slot.name: slot.param.learning_rate_multiplier for slot in chosen.layout}
    assert paces["sequential/dense/kernel"] == pytest.approx(0.1) and paces["sequential/dense_1/bias"] == 0.2
    assert paces["dense/kernel"] == paces["dense_1/bias"] == 1.0
    spans = chosen.layout.spans()
    assert len(spans) == 5 and [span.multiplier for span in spans] == pytest.approx([0.1, 0.2, 1, 0.2, 0.1])
    assert spans[0].start == 0 and spans[-1].stop == chosen.layout.trainable
    assert all(a.stop == b.start for a, b in pairwise(spans))
    assert sum(span.decayed for span in spans) == chosen.layout.decayed


def test_one_pace_is_one_span_and_lamb_gets_every_parameter_by_itself():
    layout = model().layout
    assert [(s.start, s.stop, s.decayed) for s in layout.spans()] == [(0, layout.trainable, layout.decayed)]
    each = layout.spans(by_parameter=True)
    assert sorted((s.start, s.stop) for s in each) == sorted((s.start, s.stop) for s in layout)
    assert sum(span.decayed for span in each) == layout.decayed


def factors(figures, **keys):
    """The factor after each epoch, `val_loss` being these figures."""
    schedule = from_yaml(ReduceOnPlateau, {"factor": 0.5, "patience": 2, **keys})
    reducer, loop, found = PlateauReducer(schedule, mode=schedule.mode or "min", base=0.1), Fake(), []
    reducer.on_train_begin(loop)
    for figure in figures:
        reducer.on_epoch_end(loop, {"val_loss": figure})
        found.append(loop.rate_factor)
    return found


def test_rate_falls_after_epochs_without_improvement():
    assert factors([5, 4, 4, 4, 4, 4, 3, 3]) == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25]
    assert factors([1, 2, 2, 2], mode="max") == [1, 1, 1, 0.5]
    assert factors([4, 3.99995, 3.99991], patience=1) == [1, 0.5, 0.25], "less than min_delta is no improvement"


def test_rate_rests_after_a_fall_and_stays_above_its_floor():
    assert factors([4] * 8, cooldown=2) == [1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25]
    assert factors([4] * 7, patience=1, min_lr=0.03) == [1, 0.5, *[pytest.approx(0.3)] * 5]


def plateau_course(*callbacks):
    schedule = ReduceOnPlateau(monitor="val_loss", patience=1, factor=0.5, min_delta=0.05)
    reducer = PlateauReducer(schedule, mode="min", base=0.001)
    return trainer(callbacks=(*callbacks, reducer), schedule=schedule, epochs=8)


@pytest.mark.parametrize("step", [7, 20, 21, 40])
def test_a_resumed_run_keeps_the_lower_rate(step):
    whole, before, after = Rows(), Rows(), Rows()
    course = plateau_course(whole)
    course.run()
    rates = [row["learning_rate"] for row in whole.rows]
    assert rates[0] == 0.001 and rates[-1] < 0.0003
    stopped = plateau_course(before, StopAt(step))
    stopped.run()
    resumed = plateau_course(after)
    snapshot.restore(resumed, through_a_file(snapshot.take(stopped)))
    resumed.run()
    assert before.rows + after.rows == whole.rows and np.array_equal(resumed.theta, course.theta)


def test_the_schedule_works_in_a_file_and_behind_a_warm_up(capsys):
    plateau = "{type: reduce_on_plateau, monitor: loss, min_delta: 100, patience: 1, factor: 0.1}"
    for given in (plateau, f"{{type: warmup, steps: 1, then: {plateau}}}"):
        code, result = dlcli_json(capsys, "train", CONFIGS / "xor.yaml", "training.epochs=4", f"schedule={given}")
        rows = history(result["run_dir"])
        rates = [float(row[rows[0].index("learning_rate")]) for row in rows[1:]]
        assert code == 0
        np.testing.assert_allclose(rates[2:], [rates[1] / 10, rates[1] / 100], rtol=1e-9)


def test_a_figure_that_is_not_there_is_found_before_training(capsys):
    for given, where in (("reduce_on_plateau", "schedule.monitor"),
                         ("{type: warmup, steps: 3, then: reduce_on_plateau}", "schedule.then.monitor")):
        code, _, err = dlcli(capsys, "check", CONFIGS / "xor.yaml", f"schedule={given}")
        assert code == 2 and "val_loss" in err and "validation split" in err, where


def test_the_reducer_is_found_behind_warm_ups():
    plateau = ReduceOnPlateau()
    assert plateau_of(Warmup(steps=2, then=Warmup(steps=1, then=plateau))) is plateau
    assert plateau_of(Warmup(steps=2)) is None and plateau_of(None) is None
