"""Optimizers: `name(optimizer, theta0, grads, decayed) -> [theta after each gradient]`, a parameter at a time.

Each is Keras 3's rule as its source states it, in Python's floating-point numbers.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Rule = Callable[[Any, dict[str, float], float, int], float]


def each(rule: Rule, **start: str) -> Callable[..., list[np.ndarray]]:
    """A trajectory by `rule(optimizer, state of one number, gradient, step) -> what is taken off that number`.

    `start` names the state's first values: the optimizer's keys that hold them, or nothing for 0.
    """
    def trajectory(optimizer: Any, theta0: np.ndarray, grads: Sequence[np.ndarray], decayed: int) -> list[np.ndarray]:
        theta = [float(value) for value in theta0]
        states = [{k: float(getattr(optimizer, key)) for k, key in start.items()} for _ in theta]
        thetas = []
        for t, grad in enumerate(grads, start=1):
            for i, g in enumerate(grad):
                if i < decayed:
                    theta[i] -= optimizer.learning_rate * optimizer.weight_decay * theta[i]
                theta[i] -= rule(optimizer, states[i], float(g), t)
            thetas.append(np.array(theta))
        return thetas

    return trajectory


def mean(state: dict[str, float], name: str, value: float, keep: float) -> float:
    state[name] = keep * state.get(name, 0.0) + (1 - keep) * value
    return state[name]


def sgd_rule(o: Any, state: dict[str, float], g: float, t: int) -> float:
    state["m"] = o.momentum * state.get("m", 0.0) - o.learning_rate * g
    return -(o.momentum * state["m"] - o.learning_rate * g) if o.nesterov else -state["m"]


def adam_rule(o: Any, state: dict[str, float], g: float, t: int) -> float:
    alpha = o.learning_rate * math.sqrt(1 - o.beta_2**t) / (1 - o.beta_1**t)
    m, v = mean(state, "m", g, o.beta_1), mean(state, "v", g * g, o.beta_2)
    if o.amsgrad:
        v = state["largest"] = max(state.get("largest", 0.0), v)
    return alpha * m / (math.sqrt(v) + o.epsilon)


def adagrad_rule(o: Any, state: dict[str, float], g: float, t: int) -> float:
    state["a"] += g * g
    return o.learning_rate * g / math.sqrt(state["a"] + o.epsilon)


def adadelta_rule(o: Any, state: dict[str, float], g: float, t: int) -> float:
    a = mean(state, "a", g * g, o.rho)
    delta = math.sqrt(state.get("u", 0.0) + o.epsilon) * g / math.sqrt(a + o.epsilon)
    mean(state, "u", delta * delta, o.rho)
    return o.learning_rate * delta


def rmsprop_rule(o: Any, state: dict[str, float], g: float, t: int) -> float:
    v = mean(state, "v", g * g, o.rho)
    if o.centered:
        v -= mean(state, "mean", g, o.rho) ** 2
    increment = o.learning_rate * g / math.sqrt(v + o.epsilon)
    state["m"] = o.momentum * state.get("m", 0.0) + increment
    return state["m"]


def adamax_rule(o: Any, state: dict[str, float], g: float, t: int) -> float:
    m = mean(state, "m", g, o.beta_1)
    state["u"] = max(o.beta_2 * state.get("u", 0.0), abs(g))
    return o.learning_rate * m / ((1 - o.beta_1**t) * (state["u"] + o.epsilon))


def nadam_rule(o: Any, state: dict[str, float], g: float, t: int) -> float:
    now, following = (o.beta_1 * (1 - 0.5 * 0.96**s) for s in (t, t + 1))
    state["product"] = state.get("product", 1.0) * now
    m, v = mean(state, "m", g, o.beta_1), mean(state, "v", g * g, o.beta_2)
    m_hat = following * m / (1 - state["product"] * following) + (1 - now) * g / (1 - state["product"])
    return o.learning_rate * m_hat / (math.sqrt(v / (1 - o.beta_2**t)) + o.epsilon)


def lion_rule(o: Any, state: dict[str, float], g: float, t: int) -> float:
    direction = o.beta_1 * state.get("m", 0.0) + (1 - o.beta_1) * g
    mean(state, "m", g, o.beta_2)
    return 0.0 if direction == 0 else math.copysign(o.learning_rate, direction)


def lamb(optimizer: Any, theta0: np.ndarray, grads: Sequence[np.ndarray], decayed: int) -> list[np.ndarray]:
    """The whole vector is one parameter."""
    o, theta, thetas = optimizer, [float(value) for value in theta0], []
    states: list[dict[str, float]] = [{} for _ in theta]
    for t, grad in enumerate(grads, start=1):
        for i in range(decayed):
            theta[i] -= o.learning_rate * o.weight_decay * theta[i]
        r = []
        for state, g in zip(states, map(float, grad), strict=True):
            m_hat = mean(state, "m", g, o.beta_1) / (1 - o.beta_1**t)
            v_hat = mean(state, "v", g * g, o.beta_2) / (1 - o.beta_2**t)
            r.append(m_hat / (math.sqrt(v_hat) + o.epsilon))
        size, length = math.hypot(*theta), math.hypot(*r)
        ratio = size / length if size > 0 and length > 0 else 1.0
        theta = [value - o.learning_rate * ratio * step for value, step in zip(theta, r, strict=True)]
        thetas.append(np.array(theta))
    return thetas


sgd = momentum = nesterov = each(sgd_rule)
adam = adamw = amsgrad = each(adam_rule)
adagrad = each(adagrad_rule, a="initial_accumulator_value")
adadelta, rmsprop, adamax, nadam, lion = map(each, (adadelta_rule, rmsprop_rule, adamax_rule, nadam_rule, lion_rule))
