"""Transforms, alone and as a pipeline."""

import numpy as np
import pytest
from pydantic import ValidationError

from dlcli import registry
from dlcli.core.component import from_yaml
from dlcli.core.target import DataSpec, Target
from dlcli.core.transform import Transform
from dlcli.data import pieces
from dlcli.data.preprocessing import Pipeline
from dlcli.data.splits import set_aside, whole
from dlcli.errors import DataError, ShapeError

EXAMPLES = [
    pytest.param({"type": name, **example.keys}, example.shape, example.integers, id=f"{name}-{i}")
    for name in registry.names("transforms")
    for i, example in enumerate(registry.get("transforms", name).examples)
]


def build(shape, *transforms):
    spec = DataSpec(input_shape=shape, dtype="float64", target=Target(kind="numbers"))
    return Pipeline([from_yaml(Transform, transform) for transform in transforms], spec)


def applied(pipeline, x, dtype="float64"):
    out = np.full((len(x), *pipeline.out_shape), np.nan, dtype)
    pipeline.apply(x, out)
    return out


def samples(shape, n=50, seed=0, integers=0):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, integers, (n, *shape)).astype(float) if integers else rng.normal(3.0, 5.0, (n, *shape))
    return whole(x, np.zeros(n))


@pytest.mark.parametrize(("keys", "shape", "integers"), EXAMPLES)
def test_every_transform_writes_finite_numbers_and_leaves_its_input_alone(keys, shape, integers):
    train = samples(shape, integers=integers)
    pipeline = build(shape, keys)
    pipeline.fit(train)
    before = train.x.copy()
    out = applied(pipeline, train.x)
    assert np.isfinite(out).all()
    np.testing.assert_array_equal(train.x, before)


@pytest.mark.parametrize(("keys", "shape", "integers"), EXAMPLES)
def test_every_transform_that_keeps_the_shape_may_work_in_place(keys, shape, integers):
    train = samples(shape, integers=integers)
    pipeline = build(shape, keys)
    if pipeline.out_shape != shape:
        return
    pipeline.fit(train)
    expected = applied(pipeline, train.x)
    x = train.x.copy()
    pipeline.apply(x, x)
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize(("keys", "shape", "integers"), EXAMPLES)
def test_every_transform_treats_each_sample_alone(keys, shape, integers):
    train = samples(shape, integers=integers)
    pipeline = build(shape, keys)
    pipeline.fit(train)
    np.testing.assert_array_equal(applied(pipeline, train.x)[7:8], applied(pipeline, train.x[7:8]))


@pytest.mark.parametrize(("keys", "shape", "integers"), EXAMPLES)
def test_every_transform_takes_bytes_and_single_precision(keys, shape, integers):
    rng = np.random.default_rng(1)
    train = whole(rng.integers(0, integers or 256, (40, *shape), dtype=np.uint8), np.zeros(40))
    pipeline = build(shape, keys)
    pipeline.fit(train)
    np.testing.assert_allclose(
        applied(pipeline, train.x, "float32"), applied(pipeline, train.x.astype(float)), rtol=2e-6, atol=2e-6,
    )


@pytest.mark.parametrize(("keys", "shape", "integers"), EXAMPLES)
def test_a_stored_state_gives_the_same_numbers(keys, shape, integers):
    train = samples(shape, integers=integers)
    pipeline, again = build(shape, keys), build(shape, keys)
    pipeline.fit(train)
    again.restore(pipeline.state())
    np.testing.assert_array_equal(applied(pipeline, train.x), applied(again, train.x))


def test_rescale_takes_a_fraction():
    out = applied(build((2,), {"type": "rescale", "scale": "1/255", "offset": -0.5}), np.array([[0, 255]], np.uint8))
    np.testing.assert_allclose(out, [[-0.5, 0.5]], rtol=1e-15)


def test_standardize_gives_mean_0_and_deviation_1_over_any_number_of_pieces(monkeypatch):
    train = samples((4,), n=1000)
    pipeline = build((4,), "standardize")
    whole_state = pipeline.transforms[0].fit(train.x, train.rows)
    monkeypatch.setattr(pieces.cuts, "__kwdefaults__", {"values": 40})
    pipeline.fit(train)
    for name in ("mean", "std"):
        np.testing.assert_allclose(pipeline.state()[f"0.{name}"], whole_state[name], rtol=1e-13)
    out = applied(pipeline, train.x)
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-13)
    np.testing.assert_allclose(out.std(axis=0), 1, rtol=1e-13)


def test_standardize_is_exact_where_the_mean_dwarfs_the_deviation():
    rng = np.random.default_rng(0)
    x = 1.6e9 + rng.normal(0, 2.0, (500, 1))
    pipeline = build((1,), "standardize")
    pipeline.fit(whole(x, np.zeros(500)))
    np.testing.assert_allclose(applied(pipeline, x, "float32"), (x - x.mean()) / x.std(), atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, 12345.678])
def test_a_constant_feature_becomes_zero(value):
    x = np.full((777, 1), value)
    for transform in ("standardize", "min_max"):
        pipeline = build((1,), transform)
        pipeline.fit(whole(x, np.zeros(777)))
        np.testing.assert_allclose(applied(pipeline, x), 0, atol=1e-10)


def test_min_max_reaches_from_low_to_high():
    train = samples((3,))
    pipeline = build((3,), {"type": "min_max", "low": -1.0, "high": 2.0})
    pipeline.fit(train)
    out = applied(pipeline, train.x)
    np.testing.assert_allclose(out.min(axis=0), -1, atol=1e-12)
    np.testing.assert_allclose(out.max(axis=0), 2, rtol=1e-12)


def test_min_max_refuses_a_low_above_high():
    with pytest.raises(ValidationError, match="low must be below high"):
        from_yaml(Transform, {"type": "min_max", "low": 2.0})


def test_only_training_rows_are_learned_from():
    split = samples((2,))
    train, validation = set_aside(split, 0.2, np.random.default_rng(0), key="validation_split")
    split.x[validation.rows] = 1e6
    pipeline = build((2,), "standardize")
    pipeline.fit(train)
    np.testing.assert_allclose(pipeline.state()["0.mean"], split.x[train.rows].mean(axis=0), rtol=1e-12)


def test_a_transform_is_fitted_on_what_the_one_before_it_makes():
    train = samples((3,))
    pipeline = build((3,), {"type": "rescale", "scale": 10.0}, "min_max", "standardize")
    pipeline.fit(train)
    np.testing.assert_allclose(pipeline.state()["1.min"], 10 * train.x.min(axis=0), rtol=1e-12)
    np.testing.assert_allclose(applied(pipeline, train.x).std(axis=0), 1, rtol=1e-12)


def test_grey_images_get_three_equal_channels():
    x = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    for grey in (x, x[..., None]):
        np.testing.assert_array_equal(applied(build(grey.shape[1:], "grayscale_to_rgb"), grey), np.stack([x] * 3, -1))


@pytest.mark.parametrize(("shape", "said"), [((3, 4, 3), "have their colours"), ((5,), "data set of images")])
def test_what_is_no_grey_image_gets_no_colours(shape, said):
    with pytest.raises(ShapeError, match="grey images") as caught:
        build(shape, "grayscale_to_rgb")
    assert said in caught.value.hint


def test_the_state_of_another_preprocessing_is_refused():
    with pytest.raises(DataError, match=r"1\.mean"):
        build((3,), "standardize").restore({"1.mean": np.zeros(3)})


def test_one_hot_equals_rows_of_the_unit_matrix():
    rng = np.random.default_rng(4)
    for count, dtype in ((7, "uint8"), (300, "uint8"), (300, "int32"), (300, "float32"), (2, "bool")):
        x = rng.integers(0, min(count, 200), (20, 3)).astype(dtype)
        out = applied(build((3,), {"type": "one_hot", "num_classes": count}), x, "float32")
        np.testing.assert_array_equal(out, np.eye(count)[x.astype(int)])


@pytest.mark.parametrize(("wrong", "shown"), [(5, "5"), (-1, "-1"), (1.5, "1.5"), (np.nan, "nan")])
def test_one_hot_refuses_other_numbers_in_training_and_later(wrong, shown):
    pipeline = build((2,), {"type": "one_hot", "num_classes": 5})
    train = samples((2,), integers=5)
    pipeline.fit(train)
    other = np.array([[0, 4], [1, wrong]])
    for refused in (lambda: pipeline.fit(whole(other, np.zeros(2))), lambda: applied(pipeline, other)):
        with pytest.raises(DataError, match=f"from 0 to 4; found {shown} .1 such of 4") as raised:
            refused()
        assert "one_hot" in raised.value.where
