"""Losses, optimizers and learning-rate schedules against PyTorch on the CPU."""

import by_hand
import numpy as np
import pytest
from contracts.course import course_of

from dlcli.core.component import from_yaml
from dlcli.core.optimizer import Optimizer
from dlcli.core.schedule import Schedule
from dlcli.schedules.reduce_on_plateau import ReduceOnPlateau
from dlcli.train.callbacks.reduce_on_plateau import PlateauReducer

torch = pytest.importorskip(
    "torch", reason="to compare with PyTorch: pip install torch",
)

from references import by_torch  # noqa: E402  # needs torch

F = torch.nn.functional
RELATIVE = {"float32": 1e-5, "float64": 1e-10}


def names(cases):
    return [str(case[0]) for case in cases]


def same(ours, theirs, dtype):
    scale = max(1.0, float(np.abs(theirs).max()))
    np.testing.assert_allclose(ours, theirs, rtol=RELATIVE[dtype], atol=RELATIVE[dtype] * scale * 0.1)


@pytest.mark.parametrize("dtype", RELATIVE)
@pytest.mark.parametrize(("keys", "reference", "shape", "kind"), by_torch.LOSSES, ids=names(by_torch.LOSSES))
def test_loss_and_gradient(keys, reference, shape, kind, dtype):
    y_pred, y_true, weight = by_torch.loss_inputs(keys, shape, kind, dtype)
    losses, gradient = by_torch.loss_and_gradient(reference, y_pred, y_true, weight)
    ours, our_gradient = by_hand.loss_and_gradient(keys, y_pred, y_true, weight)
    same(ours, losses, dtype)
    same(our_gradient, gradient, dtype)


@pytest.mark.parametrize("dtype", RELATIVE)
@pytest.mark.parametrize(("name", "reference"), [
    ("gan_minimax", lambda z: torch.log(1 - torch.sigmoid(z))), ("gan_non_saturating", lambda z: -F.logsigmoid(z)),
    ("gan_least_squares", lambda z: (z - 1) ** 2 / 2), ("gan_hinge", lambda z: -z),
])
def test_what_a_generator_pays(name, reference, dtype):
    z = np.random.default_rng(0).standard_normal((7, 1)).astype(dtype)
    made, ctx, theirs = by_hand.loss(name), by_hand.context(dtype=dtype), torch.tensor(z, requires_grad=True)
    losses = reference(theirs)
    (0.3 * losses).sum().backward()
    same(made.deceive(ctx, z), losses.detach().numpy()[:, 0], dtype)
    same(made.deceive_backward(ctx, 0.3), theirs.grad.numpy(), dtype)


@pytest.mark.parametrize("dtype", RELATIVE)
@pytest.mark.parametrize(("keys", "make"), by_torch.OPTIMIZERS, ids=names(by_torch.OPTIMIZERS))
def test_fifty_steps_of_an_optimizer(keys, make, dtype):
    theta, grads = by_torch.optimizer_inputs(dtype)
    ours = course_of(from_yaml(Optimizer, keys), theta, grads)
    np.testing.assert_allclose(ours, by_torch.trajectory(make, theta, grads), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("keys", "make"), by_torch.SCHEDULES, ids=names(by_torch.SCHEDULES))
def test_learning_rate_of_every_step(keys, make):
    schedule = from_yaml(Schedule, keys)
    ours = [schedule.rate(step, base=by_torch.BASE, total=by_torch.TOTAL) for step in range(by_torch.TOTAL)]
    np.testing.assert_allclose(ours, list(by_torch.rates(make)), rtol=1e-12, atol=1e-17)


def test_rate_on_a_plateau():
    """PyTorch's patience is that of Keras less one."""
    figures = np.round(np.random.default_rng(0).random(60), 2)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=2, threshold=0.015, threshold_mode="abs", min_lr=0.001, eps=0,
    )
    schedule = ReduceOnPlateau(factor=0.5, patience=3, min_delta=0.015, min_lr=0.001)
    loop = type("Loop", (), {"rate_factor": 1.0})()
    reducer = PlateauReducer(schedule, mode="min", base=0.1)
    for figure in figures:
        scheduler.step(figure)
        reducer.on_epoch_end(loop, {"val_loss": figure})
        assert 0.1 * loop.rate_factor == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
    assert loop.rate_factor < 0.1
