"""What every optimizer and every schedule promises, checked on every example."""

import copy

import numpy as np
import pytest
from contracts.memory import LIMIT, culprits, peak_of
from contracts.walk import cases
from references import optimizers as references

from dlcli.config.dump import dump
from dlcli.config.load import loads
from dlcli.core.component import from_yaml
from dlcli.core.optimizer import Optimizer
from dlcli.core.schedule import Schedule

every_optimizer = pytest.mark.parametrize("case", cases("optimizers"))
every_schedule = pytest.mark.parametrize("case", cases("schedules"))
PARAMETERS, DECAYED, STEPS = 7, 4, 25


class Course:
    """An optimizer on its way: theta, slots and scratch, the scratch full of NaN before every step."""

    def __init__(self, optimizer, theta, decayed=DECAYED):
        self.optimizer, self.theta, self.decayed = optimizer, theta.copy(), decayed
        self.slots = {name: np.zeros_like(theta) for name in optimizer.slots()}
        self.scratch = np.empty((optimizer.scratch, theta.size), theta.dtype)
        self.taken = 0

    def step(self, grad, lr=None):
        self.taken += 1
        self.scratch.fill(np.nan)
        rate = self.optimizer.learning_rate if lr is None else lr
        self.optimizer.step(
            self.theta, grad.astype(self.theta.dtype), self.slots, self.scratch,
            lr=rate, step=self.taken, decayed=self.decayed,
        )


def made(dtype="float64", parameters=PARAMETERS, steps=STEPS):
    rng = np.random.default_rng(0)
    return rng.standard_normal(parameters).astype(dtype), rng.standard_normal((steps, parameters))


@every_optimizer
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 1e-5)])
def test_trajectory_agrees_with_the_plain_reference(case, dtype, tolerance):
    reference = getattr(references, case.name, None)
    assert reference is not None, (
        f"write `def {case.name}(optimizer, theta0, grads, decayed)` in tests/references/optimizers.py: theta after "
        "each gradient, a parameter at a time"
    )
    theta, grads = made(dtype)
    course = Course(case.build(), theta)
    for wanted, grad in zip(reference(case.build(), theta, grads, DECAYED), grads, strict=True):
        course.step(grad)
        np.testing.assert_allclose(course.theta, wanted, rtol=tolerance, atol=tolerance)


@every_optimizer
def test_steps_happen_in_place_and_go_down_the_gradient(case):
    theta, _ = made()
    course = Course(case.build(), theta)
    held = {"theta": course.theta, **course.slots}
    for _ in range(STEPS):
        course.step(course.theta.copy())  # of |theta|^2 / 2
    assert course.theta is held["theta"] and all(course.slots[name] is held[name] for name in course.slots)
    assert np.isfinite(course.theta).all() and np.linalg.norm(course.theta) < np.linalg.norm(theta)


@every_optimizer
def test_the_whole_state_lies_in_theta_and_slots(case):
    """What a checkpoint stores is enough: a copy of it goes on with the same bits."""
    theta, grads = made()
    course = Course(case.build(), theta)
    for grad in grads[:10]:
        course.step(grad)
    resumed = Course(case.build(), course.theta)
    resumed.slots, resumed.taken = copy.deepcopy(course.slots), course.taken
    for grad in grads[10:]:
        course.step(grad)
        resumed.step(grad)
    assert np.array_equal(course.theta, resumed.theta)


@every_optimizer
def test_slots_are_distinct_names(case):
    slots = case.build().slots()
    assert len(set(slots)) == len(slots) and all(name.isidentifier() for name in slots)


@every_optimizer
def test_the_rate_of_the_step_counts_and_not_the_one_of_the_optimizer(case):
    theta, grads = made()
    slow, fast = Course(case.build(), theta), Course(case.build(), theta)
    slow.step(grads[0], lr=1e-9)
    fast.step(grads[0], lr=1e-2)
    assert np.linalg.norm(slow.theta - theta) < 1e-3 * np.linalg.norm(fast.theta - theta)


@every_optimizer
def test_no_parameters_at_all_are_no_fault(case):
    theta, grads = made(parameters=0)
    Course(case.build(), theta, decayed=0).step(grads[0])


@every_optimizer
def test_no_array_is_allocated_by_a_step(case):
    theta, grads = made("float32", parameters=100_000, steps=1)
    grad = grads[0].astype(np.float32)
    optimizer, course = case.build(), Course(case.build(), theta, decayed=50_000)

    def step():
        course.taken += 1
        optimizer.step(course.theta, grad, course.slots, course.scratch, lr=1e-3, step=course.taken, decayed=50_000)

    peak = peak_of(step)
    assert peak < LIMIT, f"{peak} bytes for theta of {theta.nbytes}; work in `scratch`\n{culprits(step)}"


@every_optimizer
def test_optimizer_round_trips_through_yaml(case):
    optimizer = case.build()
    assert from_yaml(Optimizer, loads(dump({"optimizer": optimizer.to_yaml()}), "text").data["optimizer"]) == optimizer


@every_schedule
def test_rate_is_a_pure_function_of_the_step(case):
    schedule = case.build()
    steps = [0, 1, 7, 50, 99, 100, 150]
    rates = [schedule.rate(step, base=0.1, total=100) for step in steps]
    again = [case.build().rate(step, base=0.1, total=100) for step in reversed(steps)]
    assert rates == again[::-1]
    assert all(type(rate) is float and np.isfinite(rate) and rate >= 0 for rate in rates)


@pytest.mark.parametrize("case", cases("schedules", lambda case: not case.build().absolute))
def test_rate_is_in_proportion_to_the_optimizers_own(case):
    schedule = case.build()
    for step in range(0, 100, 9):
        single, double = schedule.rate(step, base=0.1, total=100), schedule.rate(step, base=0.2, total=100)
        assert double == pytest.approx(2 * single, rel=1e-12)


@every_schedule
def test_training_of_one_step_has_a_rate(case):
    assert case.build().rate(0, base=0.1, total=1) >= 0


@every_schedule
def test_schedule_round_trips_through_yaml(case):
    schedule = case.build()
    assert from_yaml(Schedule, loads(dump({"schedule": schedule.to_yaml()}), "text").data["schedule"]) == schedule
