"""Losses, optimizers and schedules as PyTorch computes them; imported only where PyTorch is there.

Where Keras has another convention, its rule is written with torch operations: autograd then gives the derivative.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

LOGITS = {"from_logits": True}
TINY = {"epsilon": 1e-30}  # PyTorch often adds epsilon elsewhere: with one this small both add none
EPS = 1e-30
STEPS = 50


def mean(terms: torch.Tensor) -> torch.Tensor:
    """The mean over the outputs of each sample."""
    return terms.reshape(len(terms), -1).mean(1)


def crossentropy(**options: Any) -> Callable[..., torch.Tensor]:
    return lambda z, y: mean(F.cross_entropy(z.movedim(-1, 1), y, reduction="none", **options))


def binary_focal(*, gamma: float, alpha: float | None, smoothing: float = 0.0) -> Callable[..., torch.Tensor]:
    def losses(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        y = y.to(z.dtype) * (1 - smoothing) + smoothing / 2
        p = torch.sigmoid(z)
        cross = F.binary_cross_entropy_with_logits(z, y, reduction="none")
        weight = 1.0 if alpha is None else y * alpha + (1 - y) * (1 - alpha)
        return mean(weight * (1 - (y * p + (1 - y) * (1 - p))) ** gamma * cross)

    return losses


def categorical_focal(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    logs = torch.log_softmax(z, -1)
    return mean((-0.25 * F.one_hot(y, z.shape[-1]) * (1 - logs.exp()) ** 2 * logs).sum(-1))


def categorical_hinge(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    t = F.one_hot(y, z.shape[-1])
    return mean(torch.relu(1 + ((1 - t) * z).amax(-1) - (t * z).sum(-1)))


def divergence(p: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return mean(F.kl_div(p.log(), y, reduction="none").sum(-1))


LOSSES: tuple[tuple[Any, Callable[..., torch.Tensor], tuple[int, ...], str], ...] = (
    ({"type": "categorical_crossentropy", **LOGITS, "ignore_class": -1},
     crossentropy(ignore_index=-1), (6, 5, 4), "-1"),
    ({"type": "categorical_crossentropy", **LOGITS, "ignore_class": 2, "label_smoothing": 0.1},
     crossentropy(ignore_index=2, label_smoothing=0.1), (6, 5, 4), "labels"),
    ({"type": "binary_focal_crossentropy", **LOGITS}, binary_focal(gamma=2, alpha=None), (6, 3), "bits"),
    ({"type": "binary_focal_crossentropy", **LOGITS, "gamma": 0.5, "apply_class_balancing": True,
      "label_smoothing": 0.1}, binary_focal(gamma=0.5, alpha=0.25, smoothing=0.1), (6, 3), "bits"),
    ({"type": "categorical_focal_crossentropy", **LOGITS}, categorical_focal, (6, 5, 4), "labels"),
    ("categorical_hinge", categorical_hinge, (6, 5, 4), "labels"),
    ({"type": "hinge", **LOGITS}, lambda z, y: mean(torch.relu(1 - (2 * y - 1) * z)), (6, 3), "bits"),
    ({"type": "squared_hinge", **LOGITS}, lambda z, y: mean(torch.relu(1 - (2 * y - 1) * z) ** 2), (6, 3), "bits"),
    ({"type": "huber", "delta": 0.7}, lambda p, y: mean(F.huber_loss(p, y, delta=0.7, reduction="none")), (6, 3),
     "numbers"),
    ("log_cosh", lambda p, y: mean(torch.log(torch.cosh(p - y))), (6, 3), "numbers"),
    ("kl_divergence", divergence, (6, 3, 4), "shares"),
    ("poisson", lambda p, y: mean(F.poisson_nll_loss(p, y, log_input=False, eps=1e-7, reduction="none")), (6, 3),
     "counts"),
    ("cosine_similarity", lambda p, y: mean(-F.cosine_similarity(p, y, dim=-1)), (6, 3, 4), "numbers"),
    ("gan_non_saturating", lambda z, y: mean(F.binary_cross_entropy_with_logits(z, y.to(z.dtype), reduction="none")),
     (6, 1), "bits"),
    ("gan_least_squares", lambda z, y: mean((z - y) ** 2 / 2), (6, 1), "bits"),
    ("gan_hinge", lambda z, y: mean(torch.relu(1 - (2 * y - 1) * z)), (6, 1), "bits"),
)
"""YAML, losses (N,) of a prediction and the truth, shape of the prediction, kind of truth."""


def loss_inputs(
    keys: Any, shape: tuple[int, ...], kind: str, dtype: str,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(y_pred, y_true, weight): probabilities and expected counts where the loss wants them, else scores."""
    rng = np.random.default_rng(0)
    y_pred = rng.uniform(0.05, 0.95, shape) if keys in ("kl_divergence", "poisson") else 2 * rng.standard_normal(shape)
    labels = rng.integers(0, shape[-1], shape[:-1])
    y_true = {
        "labels": labels, "-1": np.where(rng.random(labels.shape) < 0.4, -1, labels),
        "bits": rng.integers(0, 2, shape), "numbers": rng.standard_normal(shape).astype(dtype),
        "counts": rng.integers(0, 5, shape).astype(dtype),
        "shares": rng.dirichlet(np.ones(shape[-1]), shape[:-1]).astype(dtype),
    }[kind]
    return y_pred.astype(dtype), y_true, rng.random(len(y_pred)).astype(dtype)


def loss_and_gradient(
    losses: Callable[..., torch.Tensor], y_pred: np.ndarray, y_true: np.ndarray, weight: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    z = torch.tensor(y_pred, requires_grad=True)
    found = losses(z, torch.tensor(y_true))
    (found * torch.tensor(weight)).sum().backward()
    return found.detach().numpy(), z.grad.numpy()


class Lion:
    """PyTorch has none: the paper's algorithm 2 with torch operations."""

    def __init__(self, p: torch.Tensor, *, lr: float, betas: tuple[float, float], decay: float) -> None:
        self.p, self.lr, self.betas, self.decay, self.m = p, lr, betas, decay, torch.zeros_like(p)

    @torch.no_grad()
    def step(self) -> None:
        self.p.mul_(1 - self.lr * self.decay)
        self.p.sub_(self.lr * torch.sign(torch.lerp(self.p.grad, self.m, self.betas[0])))
        self.m = torch.lerp(self.p.grad, self.m, self.betas[1])


class Lamb:
    """PyTorch has none: its Adam gives the direction, whose length is then that of the parameters."""

    def __init__(self, p: torch.Tensor, *, lr: float) -> None:
        self.p, self.lr, self.shadow = p, lr, torch.zeros_like(p, requires_grad=True)
        self.adam = torch.optim.Adam([self.shadow], lr=1.0, eps=1e-7)

    @torch.no_grad()
    def step(self) -> None:
        self.shadow.zero_()
        self.shadow.grad = self.p.grad
        self.adam.step()  # moves by exactly -r
        self.p.add_(self.shadow, alpha=self.lr * float(self.p.norm() / self.shadow.norm()))


def made(name: str, **options: Any) -> Callable[[torch.Tensor], Any]:
    return lambda p: getattr(torch.optim, name)([p], **options)


OPTIMIZERS: tuple[tuple[dict[str, Any], Callable[[torch.Tensor], Any]], ...] = (
    ({"type": "momentum", "learning_rate": 0.01}, made("SGD", lr=0.01, momentum=0.9)),
    ({"type": "nesterov", "learning_rate": 0.01}, made("SGD", lr=0.01, momentum=0.9, nesterov=True)),
    ({"type": "adagrad", "learning_rate": 0.01, **TINY},
     made("Adagrad", lr=0.01, initial_accumulator_value=0.1, eps=EPS)),
    ({"type": "adadelta", "learning_rate": 0.5}, made("Adadelta", lr=0.5, rho=0.95, eps=1e-7)),
    ({"type": "rmsprop", "learning_rate": 0.003, **TINY}, made("RMSprop", lr=0.003, alpha=0.9, eps=EPS)),
    ({"type": "rmsprop", "learning_rate": 0.003, "momentum": 0.5, **TINY},
     made("RMSprop", lr=0.003, alpha=0.9, momentum=0.5, eps=EPS)),
    ({"type": "rmsprop", "learning_rate": 0.003, "centered": True, **TINY},
     made("RMSprop", lr=0.003, alpha=0.9, centered=True, eps=EPS)),
    ({"type": "adam", "learning_rate": 0.01, **TINY}, made("Adam", lr=0.01, eps=EPS)),
    ({"type": "adamw", "learning_rate": 0.01, "weight_decay": 0.1, **TINY},
     made("AdamW", lr=0.01, weight_decay=0.1, eps=EPS)),
    ({"type": "amsgrad", "learning_rate": 0.01, **TINY}, made("Adam", lr=0.01, eps=EPS, amsgrad=True)),
    ({"type": "adamax", "learning_rate": 0.01, **TINY}, made("Adamax", lr=0.01, eps=EPS)),
    # Keras lets the momentum rise 250 times as fast as PyTorch by default.
    ({"type": "nadam", "learning_rate": 0.01}, made("NAdam", lr=0.01, eps=1e-7, momentum_decay=1.0)),
    ({"type": "lion", "learning_rate": 0.01, "weight_decay": 0.1},
     lambda p: Lion(p, lr=0.01, betas=(0.9, 0.99), decay=0.1)),
    ({"type": "lamb", "learning_rate": 0.01}, lambda p: Lamb(p, lr=0.01)),
)
"""YAML, and what makes torch's optimizer of a tensor."""


def optimizer_inputs(dtype: str, parameters: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """theta (P,) and the gradients (STEPS, P) of all steps."""
    rng = np.random.default_rng(1)
    return rng.standard_normal(parameters).astype(dtype), rng.standard_normal((STEPS, parameters)).astype(dtype)


def trajectory(make: Callable[[torch.Tensor], Any], theta: np.ndarray, grads: np.ndarray) -> np.ndarray:
    """theta after every step: (STEPS, P)."""
    p = torch.tensor(theta, requires_grad=True)
    stepper = make(p)
    thetas = []
    for grad in grads:
        p.grad = torch.tensor(grad)
        stepper.step()
        thetas.append(p.detach().numpy().copy())
    return np.array(thetas)


BASE, TOTAL = 0.1, 60


def scheduled(name: str, **options: Any) -> Callable[[torch.optim.Optimizer], Any]:
    return lambda o: getattr(torch.optim.lr_scheduler, name)(o, **options)


SCHEDULES: tuple[tuple[dict[str, Any], Callable[[torch.optim.Optimizer], Any]], ...] = (
    ({"type": "step", "step_size": 7, "gamma": 0.5}, scheduled("StepLR", step_size=7, gamma=0.5)),
    ({"type": "exponential", "decay_steps": 1, "decay_rate": 0.95}, scheduled("ExponentialLR", gamma=0.95)),
    # PyTorch lowers the rate at a milestone, Keras in the step after a boundary.
    ({"type": "piecewise_constant", "boundaries": [9, 29], "values": [BASE, BASE / 10, BASE / 100]},
     scheduled("MultiStepLR", milestones=[10, 30], gamma=0.1)),
    ({"type": "polynomial", "decay_steps": 40, "end_learning_rate": 0.0, "power": 2.0},
     scheduled("PolynomialLR", total_iters=40, power=2.0)),
    ({"type": "inverse_time", "decay_steps": 5, "decay_rate": 0.5},
     scheduled("LambdaLR", lr_lambda=lambda step: 1 / (1 + 0.5 * step / 5))),
    ({"type": "cosine", "alpha": 0.1}, scheduled("CosineAnnealingLR", T_max=TOTAL, eta_min=0.1 * BASE)),
    ({"type": "cosine_restarts", "first_decay_steps": 7, "alpha": 0.1},
     scheduled("CosineAnnealingWarmRestarts", T_0=7, T_mult=2, eta_min=0.1 * BASE)),
    ({"type": "one_cycle"}, scheduled("OneCycleLR", max_lr=BASE, total_steps=TOTAL, cycle_momentum=False)),
    ({"type": "one_cycle", "max_lr": 0.4, "pct_start": 0.2, "div_factor": 10.0, "final_div_factor": 50.0},
     scheduled("OneCycleLR", max_lr=0.4, total_steps=TOTAL, pct_start=0.2, div_factor=10, final_div_factor=50,
               cycle_momentum=False)),
    ({"type": "warmup", "steps": 9}, scheduled("LinearLR", start_factor=0.1, total_iters=9)),
    ({"type": "inverse_square_root", "warmup_steps": 12},
     scheduled("LambdaLR", lr_lambda=lambda step: 12**0.5 * min((step + 1) ** -0.5, (step + 1) * 12**-1.5))),
)
"""YAML, and what makes torch's scheduler of an optimizer; the base is BASE, the run TOTAL steps long."""


def rates(make: Callable[[torch.optim.Optimizer], Any]) -> Iterator[float]:
    """The learning rate of every step."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    scheduler = make(optimizer)
    for step in range(TOTAL):
        yield float(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < TOTAL - 1:
            scheduler.step()
