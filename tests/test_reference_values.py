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
LAYERS = dict(np.load(FOLDER / "layers.npz"))


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


def layer_cases():
    """(file, number) of every stored case of layers, named after them."""
    for stored in (LAYERS, CROSS):
        for name in sorted(stored):
            if name.endswith("/keys"):
                yield pytest.param(stored, name.removesuffix("keys"), id=str(stored[name])[1:-1])


@pytest.mark.parametrize(("stored", "case"), list(layer_cases()))
def test_outputs_and_gradients_of_layers(stored, case):
    keys = json.loads(str(stored[f"{case}keys"]))
    given, wanted = (
        {name.removeprefix(f"{case}{kind}/"): array for name, array in stored.items()
         if name.startswith(f"{case}{kind}/")} for kind in ("given", "wanted")
    )
    model = Model([from_yaml(Layer, layer) for layer in keys], given["x"].shape[1:], dtype="float64")
    theta = model.layout.zeros("float64")
    for name, view in model.layout.views(theta).items():
        view[...] = given[name]
    buffers = model.initialize(np.random.default_rng(0))[1]
    through = Pass(model, theta, buffers, training=True, input_gradient="dx" in wanted)
    y = through.forward(given["x"].astype("float64")).copy()
    dx = through.backward(given["dy"])
    ours = {"y": y, **({"dx": dx} if "dx" in wanted else {}), **model.layout.views(through.grad)}
    assert ours.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_allclose(ours[name], array, rtol=1e-10, atol=1e-11, err_msg=name)


def test_every_layer_has_stored_values():
    """But those that draw at random, that let everything through, or that no gradient passes."""
    text = " ".join(str(stored[name]) for stored in (LAYERS, CROSS) for name in stored if name.endswith("/keys"))
    without = {name for name in registry.names("layers") if f'"{name}"' not in text}
    assert without == {
        "dropout", "spatial_dropout1d", "spatial_dropout2d", "gaussian_noise", "input", "step", "column_embedding",
    }


def test_every_optimizer_has_stored_values():
    """But sgd, whose plain step is that of momentum without any."""
    stored = {param.values[1]["type"] for param in cases("optimizer")}
    assert set(registry.names("optimizers")) - {"sgd"} == stored
