"""What every initializer promises, checked on every example."""

import numpy as np
import pytest
from contracts.walk import cases

from dlcli.config.dump import dump
from dlcli.config.load import loads
from dlcli.core.component import from_yaml
from dlcli.core.initializer import Initializer
from dlcli.errors import ShapeError

every_example = pytest.mark.parametrize("case", cases("initializers"))
SHAPES = [(40,), (6, 9), (9, 6), (3, 3, 4, 5)]


def drawn(case, shape, seed=0):
    return case.build().draw(shape, np.random.default_rng(seed))


@every_example
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_values_have_the_shape_and_are_finite_float64_or_the_shape_is_refused(case, shape):
    try:
        case.build().check(shape)
    except ShapeError as error:
        assert error.message and error.hint, "say what it is for and what to do"
        return
    values = drawn(case, shape)
    assert values.shape == shape and values.dtype == np.float64 and np.isfinite(values).all()


@every_example
@pytest.mark.parametrize("shape", SHAPES[1:2], ids=str)
def test_the_seed_alone_decides(case, shape):
    assert np.array_equal(drawn(case, shape), drawn(case, shape))
    used = np.random.default_rng(0)
    case.build().draw(shape, used)
    takes_numbers = used.bit_generator.state != np.random.default_rng(0).bit_generator.state
    assert np.array_equal(drawn(case, shape), drawn(case, shape, seed=1)) is not takes_numbers


@every_example
def test_two_draws_share_no_memory(case):
    initializer = case.build()
    rng = np.random.default_rng(0)
    first = initializer.draw((4, 4), rng)
    kept = first.copy()
    initializer.draw((4, 4), rng)[...] = 7
    assert np.array_equal(first, kept)


@every_example
def test_yaml_round_trip(case):
    initializer = case.build()
    assert from_yaml(Initializer, loads(dump({"of": initializer.to_yaml()}), "text").data["of"]) == initializer
