"""Values, gradients and trajectories against PyTorch on the CPU."""

import by_hand
import numpy as np
import pytest

from dlcli.optimizers.adam import Adam
from dlcli.optimizers.adamw import Adamw
from dlcli.optimizers.sgd import Sgd

torch = pytest.importorskip(
    "torch", reason="to compare with PyTorch: pip install torch",
)
F = torch.nn.functional
RELATIVE = {"float32": 1e-5, "float64": 1e-10}


def same(ours, theirs, dtype):
    """Within the dtype's relative tolerance, of each value or of the largest one."""
    theirs = theirs.detach().numpy()
    scale = max(1.0, float(np.abs(theirs).max()))
    np.testing.assert_allclose(ours, theirs, rtol=RELATIVE[dtype], atol=RELATIVE[dtype] * scale * 0.1)


def leaf(array):
    return torch.tensor(array, requires_grad=True)


ACTIVATIONS = (
    ("linear", lambda x: x),
    ("relu", F.relu),
    ({"type": "leaky_relu", "negative_slope": 0.2}, lambda x: F.leaky_relu(x, 0.2)),
    ("sigmoid", torch.sigmoid),
    ("tanh", torch.tanh),
    ({"type": "elu", "alpha": 0.7}, lambda x: F.elu(x, 0.7)),
    ("gelu", F.gelu),
    ({"type": "gelu", "approximate": True}, lambda x: F.gelu(x, approximate="tanh")),
    ("softplus", F.softplus),
    ("softmax", lambda x: torch.softmax(x, -1)),
)


@pytest.mark.parametrize("dtype", RELATIVE)
@pytest.mark.parametrize(("keys", "reference"), ACTIVATIONS, ids=[str(keys) for keys, _ in ACTIVATIONS])
@pytest.mark.parametrize("shape", [(7, 5), (3, 4, 30)], ids=str)
def test_activation(keys, reference, shape, dtype):
    rng = np.random.default_rng(0)
    array, dy = (2 * rng.standard_normal((2, *shape))).astype(dtype)
    made, ctx, x = by_hand.layer(keys), by_hand.context(dtype=dtype), leaf(array)
    y = reference(x)
    y.backward(torch.tensor(dy))
    same(made.forward(ctx, array), y, dtype)
    same(made.backward(ctx, dy), x.grad, dtype)


@pytest.mark.parametrize("dtype", RELATIVE)
@pytest.mark.parametrize("shape", [(6, 5), (3, 4, 5)], ids=str)
def test_dense(shape, dtype):
    rng = np.random.default_rng(0)
    array, dy = rng.standard_normal(shape).astype(dtype), rng.standard_normal((*shape[:-1], 8)).astype(dtype)
    made = by_hand.layer({"type": "dense", "units": 8, "bias_initializer": "random_normal"})
    ctx, x = by_hand.context(made.plan(shape[1:]), dtype=dtype), leaf(array)
    W, b = leaf(ctx.params["kernel"]), leaf(ctx.params["bias"])
    y = x @ W + b
    y.backward(torch.tensor(dy))
    same(made.forward(ctx, array), y, dtype)
    same(made.backward(ctx, dy), x.grad, dtype)
    same(ctx.grads["kernel"], W.grad, dtype)
    same(ctx.grads["bias"], b.grad, dtype)


def crossentropy(smoothing):
    def reference(z, y):
        per_position = F.cross_entropy(z.movedim(-1, 1), y, reduction="none", label_smoothing=smoothing)
        return per_position.reshape(len(z), -1).mean(1)
    return reference


def per_sample(function):
    return lambda p, y: function(p, y.to(p.dtype), reduction="none").reshape(len(p), -1).mean(1)


LOGITS = {"from_logits": True}
CROSS = "categorical_crossentropy"
LOSSES = (
    ({"type": CROSS, **LOGITS}, crossentropy(0.0), (6, 10), "labels"),
    ({"type": CROSS, **LOGITS}, crossentropy(0.0), (3, 4, 30), "labels"),
    ({"type": CROSS, **LOGITS, "label_smoothing": 0.1}, crossentropy(0.1), (6, 10), "labels"),
    ({"type": CROSS, **LOGITS}, lambda z, y: F.cross_entropy(z, y, reduction="none"), (6, 10), "shares"),
    (CROSS, lambda p, y: F.nll_loss(torch.log(p / p.sum(-1, keepdim=True)), y, reduction="none"), (6, 10), "labels"),
    ({"type": "binary_crossentropy", **LOGITS}, per_sample(F.binary_cross_entropy_with_logits), (6, 3), "bits"),
    ("binary_crossentropy", per_sample(F.binary_cross_entropy), (6, 3), "bits"),
    ("mse", per_sample(F.mse_loss), (6, 3), "numbers"),
    ("mae", per_sample(F.l1_loss), (6, 3), "numbers"),
)


@pytest.mark.parametrize("dtype", RELATIVE)
@pytest.mark.parametrize(("keys", "reference", "shape", "kind"), LOSSES, ids=[f"{k} {s} {t}" for k, _, s, t in LOSSES])
def test_loss(keys, reference, shape, kind, dtype):
    rng = np.random.default_rng(0)
    array = 3 * rng.standard_normal(shape) if isinstance(keys, dict) else rng.uniform(0.05, 0.95, shape)
    array = array.astype(dtype)
    y_true = {
        "labels": rng.integers(0, shape[-1], shape[:-1]), "bits": rng.integers(0, 2, shape),
        "numbers": rng.standard_normal(shape).astype(dtype),
        "shares": rng.dirichlet(np.ones(shape[-1]), shape[0]).astype(dtype),
    }[kind]
    weight = rng.random(len(array)).astype(dtype)
    y_pred = leaf(array)
    losses = reference(y_pred, torch.tensor(y_true))
    (losses * torch.tensor(weight)).sum().backward()
    ours, gradient = by_hand.loss_and_gradient(keys, array, y_true, weight)
    same(ours, losses, dtype)
    same(gradient, y_pred.grad, dtype)


# PyTorch adds epsilon to sqrt(v / (1 - b2^t)), Keras and dlcli to sqrt(v): with an epsilon of 1e-30 both are none.
TINY = {"epsilon": 1e-30}
OPTIMIZERS = (
    (Sgd(learning_rate=0.1), lambda p: torch.optim.SGD([p], lr=0.1)),
    (Sgd(learning_rate=0.1, momentum=0.9), lambda p: torch.optim.SGD([p], lr=0.1, momentum=0.9)),
    (Sgd(learning_rate=0.1, momentum=0.9, nesterov=True),
     lambda p: torch.optim.SGD([p], lr=0.1, momentum=0.9, nesterov=True)),
    (Adam(learning_rate=0.01, **TINY), lambda p: torch.optim.Adam([p], lr=0.01, eps=1e-30)),
    (Adam(learning_rate=0.01, beta_1=0.8, beta_2=0.99, **TINY),
     lambda p: torch.optim.Adam([p], lr=0.01, betas=(0.8, 0.99), eps=1e-30)),
    (Adamw(learning_rate=0.01, weight_decay=0.1, **TINY),
     lambda p: torch.optim.AdamW([p], lr=0.01, weight_decay=0.1, eps=1e-30)),
)


@pytest.mark.parametrize(("optimizer", "reference"), OPTIMIZERS, ids=[str(o.to_yaml()) for o, _ in OPTIMIZERS])
@pytest.mark.parametrize("dtype", RELATIVE)
def test_fifty_steps_of_an_optimizer(optimizer, reference, dtype):
    rng = np.random.default_rng(0)
    theta, target = rng.standard_normal((2, 40)).astype(dtype)
    theirs = leaf(theta)
    stepper = reference(theirs)
    slots = {name: np.zeros_like(theta) for name in optimizer.slots()}
    scratch = np.zeros((optimizer.scratch, theta.size), dtype)
    for step in range(1, 51):
        stepper.zero_grad()
        ((theirs - torch.tensor(target)) ** 2).sum().backward()
        stepper.step()
        grad = 2 * (theta - target)
        optimizer.step(theta, grad, slots, scratch, lr=optimizer.learning_rate, step=step, decayed=theta.size)
        np.testing.assert_allclose(theta, theirs.detach().numpy(), rtol=1e-6, atol=1e-6)
