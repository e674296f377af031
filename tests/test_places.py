"""Padded steps and ignored labels count for nothing: in losses, gradients, metrics and the confusion matrix alike."""

import json
from dataclasses import replace

import numpy as np
import pytest
from contracts.memory import LIMIT, peak_of
from main_job import dlcli, dlcli_json, run_dirs

from dlcli.app.evaluation.classes import Watch
from dlcli.core.component import from_yaml
from dlcli.core.dataset import Split
from dlcli.core.layer import Layer
from dlcli.core.loss import Loss
from dlcli.core.metric import Metric
from dlcli.core.optimizer import Optimizer
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec, Target
from dlcli.data.batches import Batches
from dlcli.data.preprocessing import Pipeline
from dlcli.model import Model
from dlcli.train.evaluation import Evaluator
from dlcli.train.places import Places
from dlcli.train.settings import Training
from dlcli.train.trainer import Recipe, Trainer

N, T, F, K = 12, 5, 3, 4
LAYERS = ({"type": "dense", "units": 6, "activation": "tanh"}, {"type": "dense", "units": K})
METRICS = ("accuracy", "f1", "perplexity", "loss")


def made(seed=0):
    """x: (N, T, F) padded with zeros at either end, y: (N, T) classes, and which steps are there."""
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((N, T, F)), rng.integers(0, K, (N, T))
    there = np.arange(T) < rng.integers(1, T + 1, N)[:, None]
    there[::2] = there[::2, ::-1]
    x[~there] = 0
    return x, y, there


def course(layers, x, y, *, shape=(), loss=(), seed=1, metrics=METRICS, target=None, **settings):
    target = target or Target(kind="classes", labels=tuple("abcd"), shape=shape)
    loss = {"type": "categorical_crossentropy", "from_logits": True, **dict(loss)}
    spec = DataSpec(input_shape=x.shape[1:], dtype="float64", target=target)
    model = Model([from_yaml(Layer, layer) for layer in layers], x.shape[1:], dtype="float64")
    recipe = Recipe(
        model=model, loss=from_yaml(Loss, {key: value for key, value in loss.items() if value is not None}),
        metrics={name: from_yaml(Metric, name) for name in metrics}, target=target,
        optimizer=from_yaml(Optimizer, {"type": "sgd", "learning_rate": 0.1}), schedule=None, regularizer=None,
        settings=replace(Training(steps=3, batch_size=len(x), shuffle=False), **settings),
    )
    batches = Batches(
        Split(x, y, np.arange(len(x))), Pipeline([], spec), spec, batch_size=recipe.settings.batch_size,
        dtype=model.dtype,
    )
    return Trainer(recipe, Streams(seed), batches, batches)


def trained(*args, **keys):
    found = course(*args, **keys)
    rows = []
    found._end_epoch, end = lambda: (rows.append(found._epoch_figures()), end())[1], found._end_epoch
    found.run()
    return found.theta, rows[-1]


def assert_alike(found, wanted):
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-11, atol=1e-13)
    assert found[1].keys() == wanted[1].keys()
    for name, figure in wanted[1].items():
        assert found[1][name] == pytest.approx(figure, rel=1e-11), name


@pytest.mark.parametrize("settings", [{}, {"lanes": 3}, {"batch_size": 4, "accumulate": 3}], ids=str)
def test_padded_steps_are_as_if_they_were_not_there(settings):
    x, y, there = made()
    padded = trained(["masking", *LAYERS], x, y, shape=(T,), **settings)
    assert_alike(padded, trained(LAYERS, x[there], y[there]))


def test_ignored_labels_are_as_if_they_were_not_there():
    x, y, _ = made()
    counts = y != 2
    ignoring = trained(LAYERS, x, y, shape=(T,), loss={"ignore_class": 2})
    assert_alike(ignoring, trained(LAYERS, x[counts], y[counts]))
    rows = counts[:, 0]
    assert_alike(
        trained(LAYERS, x[:, 0], y[:, 0], loss={"ignore_class": 2}), trained(LAYERS, x[rows, 0], y[rows, 0]),
    )


def test_padding_and_ignored_labels_together():
    x, y, there = made()
    counts = there & (y != 1)
    both = trained(["masking", *LAYERS], x, y, shape=(T,), loss={"ignore_class": 1})
    assert_alike(both, trained(LAYERS, x[counts], y[counts]))


@pytest.mark.parametrize("shape", [(7,), (7, 5), (7, 2, 3)])
def test_places_are_taken_out_in_order(shape):
    rng, places = np.random.default_rng(0), Places()
    for share in (0.5, 0.9, 0.1, 1.0):
        passed = rng.random(shape) < share
        labels, rows, outputs = rng.integers(0, K, shape), rng.random((*shape, K)), rng.random((*shape, K))
        losses = rng.random(shape) * ~passed
        of_samples = losses.reshape(shape[0], -1).mean(axis=1)
        for y_true in (labels, rows):
            true, predicted, each = places.that_count(passed, y_true, outputs, of_samples)
            np.testing.assert_array_equal(true, y_true[~passed])
            np.testing.assert_array_equal(predicted, outputs[~passed])
            assert len(each) == (~passed).sum() and each.sum() == pytest.approx(losses.sum())


def test_targets_may_lie_in_another_shape_than_outputs():
    rng, passed = np.random.default_rng(0), np.array([[False, True], [False, False]])
    y_true, y_pred = rng.random((2, 6)), rng.random((2, 2, 3))
    true, predicted, _ = Places().that_count(passed, y_true, y_pred, np.ones(2))
    np.testing.assert_array_equal(true, y_true.reshape(4, 3)[[0, 2, 3]])
    np.testing.assert_array_equal(predicted, y_pred.reshape(4, 3)[[0, 2, 3]])


def test_places_are_taken_out_without_an_allocation():
    rng, places = np.random.default_rng(0), Places()
    passed, y_pred = rng.random((400, 50)) < 0.3, rng.random((400, 50, K), np.float32)
    y_true, losses = rng.integers(0, K, (400, 50)), rng.random(400, np.float32)
    assert peak_of(lambda: places.that_count(passed, y_true, y_pred, losses)) < LIMIT


def test_figures_over_a_split_see_the_same_places_in_every_batch():
    x, y, there = made()
    there[:6] = True
    x[:6] = np.random.default_rng(3).standard_normal((6, T, F))
    keys = {"metrics": ("roc_auc",), "batch_size": 4, "steps": 3}
    padded = trained(["masking", *LAYERS], x, y, shape=(T,), **keys)
    flat = course(LAYERS, x[there], y[there], metrics=("roc_auc",))
    flat.theta[:] = padded[0]
    assert padded[1]["val_roc_auc"] == pytest.approx(flat._evaluator.run(flat.validation).figures["roc_auc"])


def test_sequences_of_numbers_are_compared_where_they_are():
    x, _, there = made()
    y = np.random.default_rng(1).standard_normal((N, T, 2))
    spec = {"target": Target(kind="numbers", shape=(T, 2)), "loss": {"type": "mse", "from_logits": None}}
    layers = ["masking", {"type": "dense", "units": 2}]
    found = course(layers, x, y, metrics=("mae", "mse"), **spec)
    figures = found._evaluator.run(found.validation).figures
    error = (x @ found.theta[:6].reshape(3, 2) - y)[there]
    assert figures["loss"] == pytest.approx(np.square(error).mean()) == figures["mse"]
    assert figures["mae"] == pytest.approx(np.abs(error).mean())


IGNORING = """
dataset: {type: npz, path: data.npz, classes: 3}
model: {layers: [{type: dense, units: 3, activation: softmax}]}
loss: {type: categorical_crossentropy, ignore_class: 0}
optimizer: adam
metrics: [accuracy]
training: {epochs: 2}
"""


def test_the_confusion_matrix_leaves_out_what_the_loss_ignores(capsys, tmp_path):
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    np.savez(tmp_path / "data.npz", x_train=rng.random((60, 4)), y_train=y, x_test=rng.random((30, 4)), y_test=y[:30])
    (tmp_path / "model.yaml").write_text(IGNORING)
    assert dlcli(capsys, "train", tmp_path / "model.yaml", "-q")[0] == 0
    code, found = dlcli_json(capsys, "evaluate", "latest")
    matrix = np.array(found["confusion_matrix"])
    assert code == 0 and matrix.sum() == 20 and not matrix[0].any()
    assert found["metrics"]["accuracy"] == pytest.approx(np.trace(matrix) / 20)
    written = json.loads((run_dirs()[0] / "evaluation" / "test" / "metrics.json").read_text())
    assert written["confusion_matrix"] == matrix.tolist()


def test_a_lane_in_which_nothing_counts_is_passed_over(monkeypatch):
    x, y, _ = made()
    y[:N // 2] = 0
    metrics = ("accuracy", "top_k_categorical_accuracy", "roc_auc")
    of = course(LAYERS, x, y, shape=(T,), loss={"ignore_class": 0}, metrics=metrics)
    recipe, found = of.recipe, []
    for lanes in (1, 2):
        monkeypatch.setattr("dlcli.train.evaluation.lanes_forward", lambda *_, count=lanes: count)
        evaluator = Evaluator(recipe.model, recipe.loss, recipe.metrics, recipe.target, of.theta, of.buffers)
        watch = Watch(recipe.target, thorough=True)
        figures = evaluator.run(of.validation, watch=watch).figures
        found.append((figures, watch.matrix, watch.bins))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-12)
    for one, two in zip(found[0][1:], found[1][1:], strict=True):
        np.testing.assert_allclose(two, one, rtol=1e-12)
    assert found[0][1].sum() == np.count_nonzero(y)
