"""Losses, optimizers and schedules against values that PyTorch gave; tools/make_reference_values.py stores them."""

import json
from pathlib import Path

import by_hand
import numpy as np
import pytest
from contracts.course import course_of

from dlcli import registry
from dlcli.core.component import from_yaml
from dlcli.core.optimizer import Optimizer
from dlcli.core.schedule import Schedule

PATH = Path(__file__).parent / "reference_values" / "optim.npz"
STORED = dict(np.load(PATH))


def cases(kind):
    """(number, YAML) of every stored case."""
    found = {int(name.split("/")[1]): json.loads(str(STORED[name])) for name in STORED
             if name.startswith(f"{kind}/") and name.endswith("/keys")}
    return [pytest.param(number, keys, id=str(keys)) for number, keys in sorted(found.items())]


@pytest.mark.parametrize(("number", "keys"), cases("loss"))
def test_loss_and_gradient(number, keys):
    y_pred, y_true, weight, losses, gradient = (
        STORED[f"loss/{number}/{name}"] for name in ("y_pred", "y_true", "weight", "losses", "gradient")
    )
    ours, our_gradient = by_hand.loss_and_gradient(keys, y_pred, y_true, weight)
    np.testing.assert_allclose(ours, losses, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(our_gradient, gradient, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("number", "keys"), cases("optimizer"))
def test_trajectory_of_an_optimizer(number, keys):
    thetas = course_of(from_yaml(Optimizer, keys), STORED["theta"], STORED["grads"])
    np.testing.assert_allclose(thetas[[0, 1, 9, -1]], STORED[f"optimizer/{number}/thetas"], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("number", "keys"), cases("schedule"))
def test_learning_rate_of_every_step(number, keys):
    schedule, wanted = from_yaml(Schedule, keys), STORED[f"schedule/{number}/rates"]
    ours = [schedule.rate(step, base=float(STORED["base"]), total=len(wanted)) for step in range(len(wanted))]
    np.testing.assert_allclose(ours, wanted, rtol=1e-12, atol=1e-17)


def test_every_optimizer_has_stored_values():
    """But sgd, whose plain step is that of momentum without any."""
    stored = {param.values[1]["type"] for param in cases("optimizer")}
    assert set(registry.names("optimizers")) - {"sgd"} == stored
