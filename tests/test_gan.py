"""Generative adversarial nets: both learn, the same seed gives the same bits, what does not fit is found at once."""

import json
import signal
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from contracts.training import Rows
from main_job import dlcli, dlcli_json, history, run_dirs, start

from dlcli import registry
from dlcli.core.callback import Callback
from dlcli.core.component import from_yaml
from dlcli.core.context import Context, Flow
from dlcli.core.dataset import Split
from dlcli.core.gan_loss import GanLoss
from dlcli.core.layer import Layer
from dlcli.core.loss import Loss
from dlcli.core.optimizer import Optimizer
from dlcli.core.plan import Plan
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec, Target
from dlcli.data.batches import Batches
from dlcli.data.preprocessing import Pipeline
from dlcli.model import Model, Pass
from dlcli.train import snapshot
from dlcli.train.gan import GanRecipe, GanTrainer, generated, scores
from dlcli.train.gan_models import GanModels
from dlcli.train.gradient_check import compare
from dlcli.train.settings import Ema, Training
from dlcli.train.snapshot import Snapshot

LOSSES = [name for name in registry.names("losses") if issubclass(registry.get("losses", name), GanLoss)]
DIGITS = """
name: small-gan
seed: 3
dataset: {type: digits, preprocessing: [{type: rescale, scale: 1/127.5, offset: -1}]}
generator:
  latent: 6
  layers:
    - {type: dense, units: 16}
    - batch_normalization
    - {type: dense, units: 64, activation: tanh}
    - {type: reshape, shape: [8, 8]}
discriminator:
  layers:
    - flatten
    - {type: dense, units: 16}
    - leaky_relu
    - {type: dropout, rate: 0.2}
    - {type: dense, units: 1}
loss: gan_non_saturating
optimizer: {type: adam, learning_rate: 0.001, beta_1: 0.5}
training: {epochs: 2, batch_size: 64}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "gan.yaml"
    path.write_text(DIGITS)
    return path


class Stop(Callback):
    """Sends the signal that Ctrl-C would, after so many steps."""

    def __init__(self, step):
        self.step = step

    def on_train_begin(self, loop):
        self.on_batch_end(loop)

    def on_batch_end(self, loop):
        if loop.step == self.step:
            loop.signal = 2


def layers(*specs):
    return [from_yaml(Layer, spec) for spec in specs]


SPOILT = ("batch_normalization", "leaky_relu", {"type": "dropout", "rate": 0.2})
"""What a discriminator may have that a stop could spoil."""


def trainer(
    *, loss="gan_non_saturating", d_steps=2, lanes=2, threads=1, seed=1, epochs=2, callbacks=(), inside=SPOILT,
    conditional=False, one_hot=False,
):
    """A GAN that learns a cloud of points around (2, -1); a conditional one knows another one around (-1, 2)."""
    rng = np.random.default_rng(0)
    x = (rng.standard_normal((43, 2)) * 0.1 + (2, -1)).astype(np.float32)
    y = np.zeros(len(x), np.intp)
    if conditional:
        y[::2], x[::2] = 1, x[::2, ::-1]
    classes = 2 if conditional else 0
    spec = DataSpec(input_shape=(2,), dtype="float32", target=Target(kind="classes", labels=("a", "b")))
    models = GanModels(
        Model(layers({"type": "dense", "units": 8}, *SPOILT[:2], {"type": "dense", "units": 2}), (3 + classes,)),
        Model(layers(
            {"type": "dense", "units": 8, "kernel_regularizer": {"l2": 0.01}}, *inside,
            {"type": "dense", "units": classes or 1},
        ), (2,)),
        classes=classes,
    )
    adam = from_yaml(Optimizer, {"type": "adam", "learning_rate": 0.01, "beta_1": 0.5})
    recipe = GanRecipe(
        models=models, loss=from_yaml(Loss, loss), d_steps=d_steps, schedule=None, regularizer=None, threads=threads,
        optimizers={"generator": adam, "discriminator": replace(adam, learning_rate=0.02)},
        settings=Training(epochs=epochs, batch_size=6, lanes=lanes, ema=Ema(momentum=0.9)),
    )
    split = Split(x, np.eye(2, dtype=np.intp)[y] if one_hot else y, np.arange(len(x)))
    batches = Batches(split, Pipeline([], spec), spec, batch_size=6, dtype="float32")
    return GanTrainer(recipe, Streams(seed), batches, callbacks)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_of_the_generators_loss_agrees_with_the_numeric_one(name):
    loss, rng = from_yaml(Loss, name), np.random.default_rng(1)
    z = rng.standard_normal((5, 1))
    ctx = Context(
        plan=Plan(out_shape=(1,)), params={}, grads={}, buffers={}, dtype=np.dtype("float64"), training=True,
        needs_dx=True, rng=None, flow=Flow(),
    )
    loss.deceive(ctx, z)
    grad = loss.deceive_backward(ctx, 0.3).copy()
    difference = compare("z", z, grad, lambda: 0.3 * float(np.sum(loss.deceive(ctx, z))), rng)
    assert difference.ok and not difference.note, difference
    assert grad.shape == z.shape
    real = loss.deceive(ctx, z / 9 + 0.5).copy()
    assert (real < loss.deceive(ctx, z / 9)).all(), "what looks more real costs less"


def test_the_generators_losses_are_those_of_the_papers():
    z = np.array([[-1.5], [0.25]])
    p = 1 / (1 + np.exp(-z[:, 0]))
    wanted = {
        "gan_minimax": np.log(1 - p), "gan_non_saturating": -np.log(p),
        "gan_least_squares": (z[:, 0] - 1) ** 2 / 2, "gan_hinge": -z[:, 0],
    }
    for name in LOSSES:
        ctx = Context(
            plan=Plan(out_shape=(1,)), params={}, grads={}, buffers={}, dtype=np.dtype("float64"), training=True,
            needs_dx=True, rng=None, flow=Flow(),
        )
        np.testing.assert_allclose(from_yaml(Loss, name).deceive(ctx, z), wanted[name], rtol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_the_generator_moves_to_where_the_data_is(name):
    course = trainer(loss=name, d_steps=1, epochs=60, inside=["leaky_relu"])
    before = np.abs(course.pictures().mean(axis=0) - (2, -1)).max()
    course.run()
    after = np.abs(course.pictures().mean(axis=0) - (2, -1)).max()
    assert before > 1 > 2 * after, (before, after)


@pytest.mark.parametrize("name", LOSSES)
def test_a_conditional_generator_moves_to_where_each_class_is(name):
    course = trainer(loss=name, d_steps=1, epochs=150, inside=["leaky_relu"], conditional=True)
    course.run()
    latents = np.random.default_rng(5).standard_normal((100, 3))
    means = [
        generated(course.models, course.theta, course.buffers, latents, np.full(100, label)).mean(axis=0)
        for label in (0, 1)
    ]
    assert np.abs(np.array(means) - ((2, -1), (-1, 2))).max() < 1, means
    shown = course.pictures()
    assert np.array_equal(shown[:, 0] > shown[:, 1], np.arange(64) < 32), "class by class"


def test_the_score_of_the_class_counts():
    course = trainer(conditional=True)
    x = np.random.default_rng(0).standard_normal((7, 2)).astype(np.float32)
    labels = np.array([0, 1, 1, 0, 1, 0, 0])
    net = course.models.layout.part("discriminator", course.theta)
    z = Pass(course.models.discriminator, net, course.models.buffers.part("discriminator", course.buffers)).predict(x)
    assert z.shape == (7, 2)
    assert np.array_equal(scores(course.models, course.theta, course.buffers, x, labels), z[np.arange(7), labels])


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("d_steps", [1, 2, 3])
def test_resume_after_any_step_equals_uninterrupted(d_steps, conditional):
    made = partial(trainer, d_steps=d_steps, conditional=conditional)
    rows = Rows()
    whole = made(callbacks=(rows,))
    whole.run()
    assert list(rows.rows[0]) == ["epoch", "step", "d_loss", "g_loss", "d_real", "d_fake", "learning_rate"]
    assert whole.step == 2 * -(-8 // d_steps)
    for step in range(whole.step + 1):
        before, after = Rows(), Rows()
        stopped = made(callbacks=(before, Stop(step)))
        stopped.run()
        taken = snapshot.take(stopped)
        taken = Snapshot({k: a.copy() for k, a in taken.arrays.items()}, json.loads(json.dumps(taken.state)))
        resumed = made(callbacks=(after,))
        snapshot.restore(resumed, taken)
        resumed.run()
        assert np.array_equal(resumed.theta, whole.theta), f"other weights after a stop at step {step}"
        assert np.array_equal(resumed.buffers, whole.buffers)
        assert all(np.array_equal(slot, whole.slots[name]) for name, slot in resumed.slots.items())
        assert before.rows + after.rows == rows.rows
        assert resumed.streams.state() == whole.streams.state()
        assert np.array_equal(resumed.pictures(), whole.pictures())


def test_classes_may_be_one_hot_rows():
    courses = [trainer(conditional=True, one_hot=one_hot) for one_hot in (False, True)]
    for course in courses:
        course.run()
    assert np.array_equal(courses[0].theta, courses[1].theta)


@pytest.mark.parametrize("conditional", [False, True])
def test_the_number_of_threads_changes_no_bit_and_another_seed_does(conditional):
    found = []
    for options in ({"threads": 1}, {"threads": 2}, {"seed": 2}):
        course = trainer(conditional=conditional, **options)
        course.run()
        found.append(course.theta.copy())
    assert np.array_equal(found[0], found[1]) and not np.isclose(found[0], found[2]).all()


def test_a_run_draws_sheets_and_has_the_figures_of_both_nets(capsys, config):
    code, result = dlcli_json(capsys, "train", config, "training.epochs=5", "training.sample_every=2")
    assert code == 0 and result["test"] is None and list(result["metrics"]) == ["d_loss", "g_loss", "d_real", "d_fake"]
    run = Path(result["run_dir"])
    assert sorted(p.name for p in (run / "samples").iterdir()) == [
        "epoch-0002.png", "epoch-0004.png", "epoch-0005.png",
    ]
    assert history(run)[0] == ["epoch", "step", "d_loss", "g_loss", "d_real", "d_fake", "learning_rate"]
    line = json.loads((run / "metrics.jsonl").read_text().splitlines()[0])
    assert {"epoch", "step", "batch", "d_loss", "g_loss"} <= set(line)
    code, shown = dlcli_json(capsys, "runs", "show", "latest")
    assert code == 0 and shown["weights_sha256"] == result["weights_sha256"] and shown["metrics"] == result["metrics"]
    assert dlcli(capsys, "runs", "list")[0] == 0


def test_killed_anywhere_and_resumed_equals_uninterrupted(capsys, config):
    args = (config, "training.epochs=40", "training.batch_size=32")
    whole = dlcli_json(capsys, "train", *args)[1]
    known = set(run_dirs())
    process = start("train", *args, "-q")
    while not (new := [r for r in run_dirs() if r not in known and (r / "samples" / "epoch-0003.png").exists()]):
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    code, resumed = dlcli_json(capsys, "train", "--resume", new[0].name)
    assert code == 0 and resumed["weights_sha256"] == whole["weights_sha256"]
    assert history(new[0]) == history(whole["run_dir"])
    for sheet in (Path(whole["run_dir"]) / "samples").iterdir():
        assert sheet.read_bytes() == (new[0] / "samples" / sheet.name).read_bytes(), sheet.name


def test_the_resolved_configuration_trains_the_same_nets(capsys, config):
    first = dlcli_json(capsys, "train", config)[1]
    code, again = dlcli_json(capsys, "train", Path(first["run_dir"]) / "config.resolved.yaml")
    assert code == 0 and again["weights_sha256"] == first["weights_sha256"]


def test_the_gradients_of_a_conditional_gan_are_checked_too(capsys, config):
    config.write_text(DIGITS.replace("latent: 6", "latent: 6\n  conditional: true").replace("units: 1}", "units: 10}"))
    code, result = dlcli_json(capsys, "gradcheck", config)
    assert code == 0 and result["ok"] and len(result["gradients"]) > 10


def test_a_class_without_samples_cannot_be_made_to_order(capsys, tmp_path, config):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "x.npz", x_train=rng.integers(0, 256, (30, 8, 8), np.uint8), y_train=np.arange(30) % 9)
    config.write_text(
        DIGITS.replace("type: digits", f"type: npz, path: {tmp_path}/x.npz, classes: 10")
        .replace("latent: 6", "latent: 6\n  conditional: true").replace("units: 1}", "units: 10}"),
    )
    code, _, err = dlcli(capsys, "train", config)
    assert code == 1 and "training has no sample of '9'" in err and run_dirs() == []


def test_check_and_gradcheck_know_both_nets(capsys, config):
    code, result = dlcli_json(capsys, "check", config)
    assert code == 0 and result["output_shape"] == [8, 8]
    names = [layer["name"] for layer in result["layers"]]
    assert names[0] == "generator/dense" and names[-1] == "discriminator/dense_1"
    code, result = dlcli_json(capsys, "gradcheck", config)
    assert code == 0 and result["ok"]
    assert {g["name"].split("/")[0] for g in result["gradients"]} == {"generator", "discriminator"}
    assert dlcli(capsys, "check", config)[0] == dlcli(capsys, "gradcheck", config)[0] == 0
