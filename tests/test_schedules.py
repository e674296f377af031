"""Schedules: cycles, warm-ups, Keras' boundaries, and mistakes in a file."""

import pytest
from main_job import CONFIGS, dlcli

from dlcli.core.component import from_yaml
from dlcli.core.schedule import Schedule


def rates(keys, total=30, base=1.0):
    schedule = from_yaml(Schedule, keys)
    return [schedule.rate(step, base=base, total=total) for step in range(total)]


def test_a_boundary_has_the_rate_before_it():
    found = rates({"type": "piecewise_constant", "boundaries": [2, 4], "values": [3, 2, 1]}, total=7)
    assert found == [3, 3, 3, 2, 2, 1, 1]


def test_warm_up_then_cosine_is_cosine_with_a_warm_up():
    assert rates({"type": "warmup", "steps": 7, "then": "cosine"}) == pytest.approx(
        rates({"type": "cosine", "warmup_steps": 7}), rel=1e-12,
    )


def test_warm_up_rises_to_the_first_rate_of_what_follows():
    then = {"type": "piecewise_constant", "boundaries": [3], "values": [0.5, 0.1]}
    found = rates({"type": "warmup", "steps": 4, "then": then})
    assert found[:4] == pytest.approx([0.1, 0.2, 0.3, 0.4]) and found[4:8] == [0.5] * 4 and found[8] == 0.1


def test_restarts_begin_at_the_top_of_a_longer_and_lower_wave():
    found = rates({"type": "cosine_restarts", "first_decay_steps": 4, "t_mul": 2.0, "m_mul": 0.5})
    assert found[0] == 1 and found[4] == 0.5 and found[12] == 0.25 and found[2] == pytest.approx(0.5)
    assert found[3] > found[11] > found[27]
    same = rates({"type": "cosine_restarts", "first_decay_steps": 5, "t_mul": 1.0})
    assert same[:5] == same[5:10] == same[25:]


def test_a_polynomial_falls_to_its_end_and_stays_or_cycles():
    keys = {"type": "polynomial", "decay_steps": 10, "end_learning_rate": 0.1}
    found = rates(keys)
    assert found[5] == pytest.approx(0.55) and found[10:] == [pytest.approx(0.1)] * 20
    cycled = rates({**keys, "cycle": True})
    assert cycled[11] == pytest.approx(0.9 * (1 - 11 / 20) + 0.1)
    assert rates({"type": "polynomial", "end_learning_rate": 0.0})[15] == pytest.approx(0.5), "over the whole run"


def test_one_cycle_peaks_at_the_rate_of_the_optimizer():
    found = rates("one_cycle", total=100)
    assert found[0] == pytest.approx(1 / 25) and max(found) == found[29] == 1 and found[-1] == pytest.approx(4e-6)
    assert max(rates({"type": "one_cycle", "max_lr": 0.2}, total=100)) == 0.2


def test_inverse_square_root_peaks_after_the_warm_up():
    found = rates({"type": "inverse_square_root", "warmup_steps": 4})
    assert found[:4] == [0.25, 0.5, 0.75, 1.0] and found[15] == 0.5


@pytest.mark.parametrize(("given", "message"), [
    ("{type: piecewise_constant, boundaries: [5, 3], values: [1, 2, 3]}", "boundaries that rise"),
    ("{type: piecewise_constant, boundaries: [3], values: [1]}", "one value more than boundaries"),
    ("{type: warmup, steps: 5, then: cosin}", "did you mean 'cosine'?"),
    ("{type: cosine_restarts, first_decay_steps: 5, t_mul: 0.5}", "schedule.t_mul"),
])
def test_mistakes_are_found_in_the_file(capsys, given, message):
    code, _, err = dlcli(capsys, "check", CONFIGS / "xor.yaml", f"schedule={given}")
    assert code == 2 and message in err
