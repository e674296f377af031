"""What every data set and every transform promises, checked on every example."""

import numpy as np
import pytest
from contracts.memory import LIMIT, culprits, peak_of, samples_for
from contracts.walk import cases

from dlcli.config.dump import dump
from dlcli.config.load import loads
from dlcli.core.component import from_yaml
from dlcli.core.dataset import Dataset, Split
from dlcli.core.memory import Memory
from dlcli.core.target import DataSpec, Target
from dlcli.core.transform import Transform
from dlcli.data.load import load
from dlcli.data.preprocessing import Pipeline

every_dataset = pytest.mark.parametrize("case", cases("datasets"))
every_transform = pytest.mark.parametrize("case", cases("transforms"))


@every_dataset
def test_samples_are_what_the_spec_says(case, env):
    loaded = load(case.build(), env)
    spec = loaded.spec
    for split in (loaded.train, loaded.validation, loaded.test):
        if split is None:
            continue
        assert split.x.shape[1:] == spec.input_shape and split.x.dtype == spec.dtype
        assert len(split) > 0 and split.rows.min() >= 0 and split.rows.max() < len(split.x) == len(split.y)
        y = split.y[split.rows]
        if spec.target.kind == "numbers":
            assert y.shape[1:] == spec.target.shape and y.dtype.kind == "f" and np.isfinite(y).all()
        elif y.ndim == 1 + len(spec.target.shape):
            assert y.dtype.kind in "iu" and y.min() >= 0 and y.max() < spec.target.classes
        else:
            assert y.shape[1:] == (*spec.target.shape, spec.target.classes)


@every_dataset
def test_description_agrees_with_the_samples(case, env):
    dataset = case.build()
    described = dataset.describe(env)
    if described is not None and case.shape:
        assert described.input_shape == case.shape, "the shape of the example is that of one sample"
    loaded = load(dataset, env)
    assert loaded.used.describe(env) in (None, loaded.spec)


@every_dataset
def test_loading_twice_gives_the_same_samples_in_the_same_splits(case, env):
    first, second = load(case.build(), env), load(case.build(), env)
    for name in ("train", "validation", "test"):
        one, two = getattr(first, name), getattr(second, name)
        assert (one is None) == (two is None)
        if one is not None:
            assert np.array_equal(one.rows, two.rows)
            assert np.array_equal(one.x[:], two.x[:]) and np.array_equal(one.y[:], two.y[:])


@every_dataset
def test_splits_share_no_sample(case, env):
    loaded = load(case.build(), env)
    splits = [s for s in (loaded.train, loaded.validation, loaded.test) if s is not None]
    for i, one in enumerate(splits):
        assert len(np.unique(one.rows)) == len(one.rows)
        for two in splits[i + 1:]:
            if one.x is two.x and not np.array_equal(one.rows, two.rows):  # a truth table is trained and tested whole
                assert not np.intersect1d(one.rows, two.rows).size


@every_dataset
def test_a_fallback_is_never_taken_in_silence(case, env, warnings):
    dataset = case.build()
    loaded = load(dataset, env)
    assert (loaded.fell_back is not None) == bool(warnings)
    if warnings:
        assert dataset.type_name() in warnings[0] and loaded.used.type_name() in warnings[0]
    else:
        assert loaded.used == dataset


@every_dataset
def test_dataset_round_trips_through_yaml(case):
    dataset = case.build()
    assert from_yaml(Dataset, loads(dump({"dataset": dataset.to_yaml()}), "text").data["dataset"]) == dataset


def samples(case, count=12, dtype="float32", seed=0):
    """Samples that suit pixels and features alike: whole numbers from 0 to 200."""
    top = case.integers or 200
    return np.random.default_rng(seed).integers(0, top, (count, *case.shape)).astype(dtype)


def fitted(case, x, rows=None, dtype=None):
    spec = DataSpec(input_shape=case.shape, dtype=str(x.dtype), target=Target(kind="numbers", shape=(1,)))
    pipeline = Pipeline([case.build()], spec)
    rows = np.arange(len(x)) if rows is None else rows
    pipeline.fit(Split(x=x, y=np.zeros((len(x), 1), np.float32), rows=rows))
    return pipeline


def applied(pipeline, x, dtype="float32"):
    out = np.full((len(x), *pipeline.out_shape), np.nan, dtype)
    pipeline.apply(x, out)
    return out


@every_transform
def test_transformed_samples_have_the_planned_shape_and_are_finite(case):
    x = samples(case)
    out = applied(fitted(case, x), x)
    assert out.shape == (len(x), *case.build().plan(case.shape)) and np.isfinite(out).all()


@every_transform
def test_bytes_and_numbers_of_every_size_come_out_alike(case):
    wanted = applied(fitted(case, samples(case, dtype="float64")), samples(case, dtype="float64"), "float64")
    for dtype in ("uint8", "int32", "float32", "float64"):
        x = samples(case, dtype=dtype)
        pipeline = fitted(case, x)
        for out in ("float32", "float64"):
            tolerance = 1e-10 if out == "float64" and dtype != "float32" else 2e-5
            np.testing.assert_allclose(applied(pipeline, x, out), wanted, rtol=tolerance, atol=tolerance)


@every_transform
def test_samples_are_left_as_they_are_unless_transformed_in_place(case):
    x = samples(case)
    kept = x.copy()
    pipeline = fitted(case, x)
    x.flags.writeable = False
    out = applied(pipeline, x)
    assert np.array_equal(x, kept)
    if pipeline.out_shape == pipeline.in_shape:
        inside = kept.copy()
        pipeline.apply(inside, inside)
        np.testing.assert_allclose(inside, out, rtol=1e-6, atol=1e-6)


@every_transform
def test_only_training_rows_are_learned_from(case):
    x = samples(case)
    rows = np.array([1, 4, 5, 9])
    elsewhere = x.copy()
    elsewhere[np.setdiff1d(np.arange(len(x)), rows)] = 1e6
    state, other = fitted(case, x, rows).state(), fitted(case, elsewhere, rows).state()
    assert state.keys() == other.keys()
    assert all(np.array_equal(array, other[name]) for name, array in state.items())


@every_transform
def test_a_sample_alone_comes_out_as_among_others(case):
    x = samples(case)
    pipeline = fitted(case, x)
    whole = applied(pipeline, x)
    for i in (0, 5):
        np.testing.assert_allclose(applied(pipeline, x[i:i + 1]), whole[i:i + 1], rtol=1e-6, atol=1e-6)


@every_transform
def test_what_was_learned_survives_a_checkpoint(case):
    x = samples(case)
    pipeline = fitted(case, x)
    state = {name: array.copy() for name, array in pipeline.state().items()}
    restored = Pipeline([case.build()], DataSpec(
        input_shape=case.shape, dtype="float32", target=Target(kind="numbers", shape=(1,)),
    ))
    restored.restore(state)
    assert np.array_equal(applied(restored, x), applied(pipeline, x))


@every_transform
def test_no_array_is_allocated_after_the_first_batch(case):
    for dtype in ("uint8", "float32"):
        x = samples(case, samples_for(case.shape, itemsize=4), dtype)
        pipeline, memory = fitted(case, x), Memory(np.dtype(np.float32))
        out = np.empty((len(x), *pipeline.out_shape), np.float32)

        def step(pipeline=pipeline, x=x, out=out, memory=memory):
            pipeline.apply(x, out, memory)

        peak = peak_of(step)
        assert peak < LIMIT, f"{peak} bytes for samples of {out.nbytes}\n{culprits(step)}"


@every_transform
def test_transform_round_trips_through_yaml(case):
    transform = case.build()
    assert from_yaml(Transform, loads(dump({"of": transform.to_yaml()}), "text").data["of"]) == transform
