"""Against values that PyTorch gave, without it; tools/make_reference_values.py stores them."""

import json
from pathlib import Path

import by_hand
import numpy as np
import pytest
from contracts.course import course_of

from dlcli import registry
from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.core.optimizer import Optimizer
from dlcli.core.schedule import Schedule
from dlcli.model import Model, Pass

FOLDER = Path(__file__).parent / "reference_values"
STORED = dict(np.load(FOLDER / "optim.npz"))
CROSS = dict(np.load(FOLDER / "cross.npz"))


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


@pytest.mark.parametrize("number", sorted({int(name.split("/")[0]) for name in CROSS}))
def test_encoder_decoder(number):
    keys = json.loads(str(CROSS[f"{number}/keys"]))
    given, wanted = (
        {name.removeprefix(f"{number}/{kind}/"): array for name, array in CROSS.items()
         if name.startswith(f"{number}/{kind}/")} for kind in ("given", "wanted")
    )
    model = Model([from_yaml(Layer, keys)], given["x"].shape[1:], dtype="float64")
    theta = model.layout.zeros("float64")
    for name, view in model.layout.views(theta).items():
        view[...] = given[name]
    through = Pass(model, theta, model.buffers.zeros("float64"), input_gradient=True)
    y = through.forward(given["x"]).copy()
    ours = {"y": y, "dx": through.backward(given["dy"]), **model.layout.views(through.grad)}
    assert ours.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_allclose(ours[name], array, rtol=1e-10, atol=1e-11, err_msg=name)


def test_every_optimizer_has_stored_values():
    """But sgd, whose plain step is that of momentum without any."""
    stored = {param.values[1]["type"] for param in cases("optimizer")}
    assert set(registry.names("optimizers")) - {"sgd"} == stored
