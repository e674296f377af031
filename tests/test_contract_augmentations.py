"""What every augmentation promises, checked on every example."""

import numpy as np
import pytest
from contracts.memory import LIMIT, culprits, peak_of, samples_for
from contracts.walk import cases

from dlcli.config.dump import dump
from dlcli.config.load import loads
from dlcli.core.augmentation import Augmentation
from dlcli.core.component import from_yaml
from dlcli.core.memory import Memory
from dlcli.core.streams import Streams
from dlcli.core.target import Target

every_augmentation = pytest.mark.parametrize("case", cases("augmentations"))
CLASSES = Target(kind="classes", labels=("a", "b", "c"))


def samples(case, count=64, dtype="float32"):
    """Numbers from 0 to 1, which every range of values has in it."""
    return np.random.default_rng(0).random((count, *case.shape)).astype(dtype)


def targets(count=64, dtype="float32"):
    return np.eye(3, dtype=dtype)[np.arange(count) % 3]


def applied(case, x, seed=0, y=None):
    x, y = x.copy(), targets(len(x), x.dtype) if y is None else y
    case.build().apply(x, y, Streams(seed).fresh("augmentation", 0, 0), Memory(x.dtype))
    return x, y


@every_augmentation
def test_most_samples_change_and_all_numbers_stay_finite(case):
    x = samples(case)
    case.build().check(case.shape, CLASSES)
    out, y = applied(case, x)
    assert out.shape == x.shape and out.dtype == x.dtype and np.isfinite(out).all()
    changed = (out != x).reshape(len(x), -1).any(axis=1)
    assert changed.mean() > 0.3, "an augmentation that hardly changes anything is none"
    if case.build().mixes:
        np.testing.assert_allclose(y.sum(axis=1), 1, rtol=1e-5)
        assert (y >= 0).all() and (y != targets()).any()
    else:
        np.testing.assert_array_equal(y, targets())


@every_augmentation
def test_the_same_draws_give_the_same_bits_and_others_give_others(case):
    x = samples(case)
    first, again, other = (applied(case, x, seed)[0] for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes() and (first != other).any()


@every_augmentation
def test_what_was_in_memory_before_does_not_matter(case):
    x, memory = samples(case), Memory(np.dtype(np.float32))
    augmentation, wanted = case.build(), applied(case, x)[0]
    for size in (64, 7, 64):
        part, y = x[:size].copy(), targets(size)
        augmentation.apply(part, y, Streams(0).fresh("augmentation", 0, 0), memory)
    assert part.tobytes() == wanted.tobytes()


@every_augmentation
def test_a_single_sample_works_too(case):
    out, y = applied(case, samples(case, 1))
    assert np.isfinite(out).all() and np.isfinite(y).all()


@pytest.mark.parametrize("case", [case for case in cases("augmentations") if "noise" not in case.values[0].name])
def test_both_precisions_are_changed_alike(case):
    """All but noise, which is drawn in the precision of the samples."""
    single, double = (applied(case, samples(case).astype(dtype))[0] for dtype in ("float32", "float64"))
    far = np.abs(single - double) > 1e-4  # a place that lies right between two pixels may go to either
    assert far.mean() < 0.02


@every_augmentation
def test_no_array_is_allocated_after_the_first_batch(case):
    x = samples(case, samples_for(case.shape, itemsize=4))
    y, memory, augmentation, rng = targets(len(x)), Memory(np.dtype(np.float32)), case.build(), Streams(0).fresh("a")

    def step(x=x, y=y, rng=rng, memory=memory, augmentation=augmentation):
        np.clip(x, 0, 1, out=x)
        augmentation.apply(x, y, rng, memory)

    peak = peak_of(step)
    assert peak < LIMIT, f"{peak} bytes for samples of {x.nbytes}\n{culprits(step)}"


@every_augmentation
def test_augmentation_round_trips_through_yaml(case):
    augmentation = case.build()
    assert from_yaml(Augmentation, loads(dump({"of": augmentation.to_yaml()}), "text").data["of"]) == augmentation
