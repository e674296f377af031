"""Made points: moons, blobs, spirals, straight lines."""

import numpy as np
import pytest
from pydantic import ValidationError

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.data.load import load


@pytest.fixture
def env(tmp_path):
    return DataEnv(
        data_dir=None, cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3, warn=lambda text: None,
    )


def made(env, name, **keys):
    split = load(from_yaml(Dataset, {"type": name, "test_split": 0.0, **keys}), env).train
    return split.x, split.y


@pytest.mark.parametrize(("name", "keys"), [
    ("moons", {}), ("blobs", {}), ("spirals", {}), ("make_regression", {}), ("sine", {"noise": 0.1}),
])
def test_made_points_depend_on_the_seed_alone(name, keys, env):
    (x, y), (again, _), (other, _) = (made(env, name, **keys, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(x, made(env, name, **keys)[0]) and np.array_equal(x, again) and (x != other).any()
    assert len(x) == len(y) == 1000 and x.dtype == np.float32


@pytest.mark.parametrize(("name", "keys", "classes"), [
    ("moons", {}, 2), ("blobs", {"classes": 4}, 4), ("spirals", {"classes": 3}, 3),
])
def test_classes_come_in_equal_shares_and_random_order(name, keys, classes, env):
    _, y = made(env, name, samples=101, **keys)
    counts = np.bincount(y)
    assert len(counts) == classes and counts.max() - counts.min() <= 1 and (np.diff(y) != 0).sum() > 30


def test_moons_without_noise_are_half_circles(env):
    x, y = made(env, "moons", noise=0.0)
    np.testing.assert_allclose(np.hypot(*x[y == 0].T), 1, rtol=1e-5)
    np.testing.assert_allclose(np.hypot(*(x[y == 1] - [1, 0.5]).T), 1, rtol=1e-5)
    assert x[y == 0][:, 1].min() >= -1e-6 and x[y == 1][:, 1].max() <= 0.5 + 1e-6


def test_spirals_without_noise_have_the_angle_that_their_radius_says(env):
    x, y = made(env, "spirals", noise=0.0, turns=2.0, classes=2)
    r = np.hypot(*x.T)
    wanted = 2 * np.pi * (2 * r + y / 2)
    np.testing.assert_allclose(x, r[:, None] * np.stack([np.cos(wanted), np.sin(wanted)], 1), atol=1e-5)


def test_blobs_lie_around_their_centres(env):
    x, y = made(env, "blobs", std=0.1, features=5)
    assert all(x[y == k].std(axis=0).max() < 0.2 for k in range(3)) and np.abs(x).max() < 11


def test_a_straight_line_explains_made_numbers_up_to_the_noise(env):
    x, y = made(env, "make_regression", noise=2.0, bias=7.0, targets=2, features=6, informative=3)
    solution, *_ = np.linalg.lstsq(np.c_[x, np.ones(len(x))], y, rcond=None)
    missed = y - np.c_[x, np.ones(len(x))] @ solution
    assert y.shape == (1000, 2) and missed.std() == pytest.approx(2, rel=0.1)
    assert (np.abs(solution[:-1]).max(axis=1) > 1).sum() == 3 and solution[-1] == pytest.approx([7, 7], abs=0.5)


@pytest.mark.parametrize("keys", [
    {"type": "blobs", "classes": 1}, {"type": "make_regression", "informative": 11}, {"type": "spirals", "turns": 0.0},
])
def test_impossible_points_are_refused_as_configuration(keys):
    with pytest.raises(ValidationError):
        from_yaml(Dataset, keys)
