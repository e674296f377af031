"""Transforms of images: what becomes of their pixels."""

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from dlcli.core.component import from_yaml
from dlcli.core.target import DataSpec, Target
from dlcli.core.transform import Transform
from dlcli.data.preprocessing import Pipeline
from dlcli.data.splits import whole
from dlcli.errors import ShapeError

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 6, 8, 3)).astype(np.uint8)


def fitted(x, *transforms, rows=None):
    spec = DataSpec(input_shape=x.shape[1:], dtype=str(x.dtype), target=Target(kind="numbers", shape=(1,)), image=True)
    pipeline = Pipeline([from_yaml(Transform, transform) for transform in transforms], spec)
    split = whole(x, np.zeros((len(x), 1)))
    pipeline.fit(split if rows is None else type(split)(x=x, y=split.y, rows=rows))
    return pipeline


def made(x, *transforms, dtype="float64"):
    pipeline = fitted(x, *transforms)
    out = np.empty((len(x), *pipeline.out_shape), dtype)
    pipeline.apply(x, out)
    return out


def test_each_channel_gets_mean_0_and_deviation_1():
    x = IMAGES * np.array([1, 0.5, 0.1]) + np.array([0, 30, 200])
    out = made(x, "normalize")
    np.testing.assert_allclose(out.mean(axis=(0, 1, 2)), 0, atol=1e-9)
    np.testing.assert_allclose(out.std(axis=(0, 1, 2)), 1, atol=1e-9)
    assert fitted(x, "normalize").state()["0.mean"].shape == (3,)


def test_gray_images_without_a_channel_axis_have_one_channel():
    out = made(IMAGES[..., 0], "normalize")
    assert abs(out.mean()) < 1e-9 and out.std() == pytest.approx(1)


def test_a_channel_of_one_value_becomes_0():
    x = IMAGES.astype(np.float32)
    x[..., 1] = 0.1
    out = made(x, "normalize")
    assert (out[..., 1] == 0).all() and np.isfinite(out).all()


def test_given_numbers_are_used_in_the_place_of_learned_ones():
    given = {"type": "normalize", "mean": [10.0, 20.0, 30.0], "std": [1.0, 2.0, 4.0]}
    np.testing.assert_allclose(made(IMAGES, given), (IMAGES - np.array([10, 20, 30])) / np.array([1, 2, 4]))


@pytest.mark.parametrize("keys", [{"mean": [0.5]}, {"mean": [0.5], "std": [1, 2]}, {"mean": [0.5], "std": [0]}])
def test_numbers_that_do_not_go_together_are_refused(keys):
    with pytest.raises(ValidationError):
        from_yaml(Transform, {"type": "normalize", **keys})


def test_numbers_for_another_count_of_channels_are_refused_with_their_place():
    with pytest.raises(ShapeError, match=r"3 numbers are given, but samples of shape \(6, 8\) have 1") as error:
        fitted(
            IMAGES[..., 0], {"type": "rescale", "scale": 2.0},
            {"type": "normalize", "mean": [0, 0, 0], "std": [1, 1, 1]},
        )
    assert error.value.path == (1,) and "preprocessing[1]" in error.value.where


def test_gray_is_as_bright_as_pillow_makes_it():
    wanted = np.stack([np.asarray(Image.fromarray(image).convert("L")) for image in IMAGES])
    out = made(IMAGES, "grayscale")
    assert out.shape == (40, 6, 8, 1)
    np.testing.assert_allclose(out[..., 0], wanted, atol=0.51)  # Pillow rounds
    with pytest.raises(ShapeError, match="red, green and blue"):
        fitted(IMAGES[..., :2], "grayscale")


def test_nearest_repeats_pixels_and_area_averages_them():
    twice = made(IMAGES, {"type": "resize", "height": 12, "width": 16, "interpolation": "nearest"})
    np.testing.assert_array_equal(twice, IMAGES.repeat(2, axis=1).repeat(2, axis=2))
    half = made(IMAGES, {"type": "resize", "height": 3, "width": 4, "interpolation": "area"})
    np.testing.assert_allclose(half, IMAGES.reshape(40, 3, 2, 4, 2, 3).mean(axis=(2, 4)))


def test_nearest_pixels_of_other_sizes_are_those_of_pillow():
    x = IMAGES[..., 0].astype(np.float32)
    out = made(x, {"type": "resize", "height": 4, "width": 5, "interpolation": "nearest"})
    wanted = [np.asarray(Image.fromarray(image).resize((5, 4), Image.Resampling.NEAREST)) for image in x]
    np.testing.assert_array_equal(out, wanted)


def test_areas_that_cover_parts_of_pixels_lose_no_light():
    x = IMAGES[..., 0].astype(np.float64)
    out = made(x, {"type": "resize", "height": 4, "width": 5, "interpolation": "area"})
    np.testing.assert_allclose(out.mean(axis=(1, 2)), x.mean(axis=(1, 2)))
    np.testing.assert_allclose(out[:, 0, 0], (x[:, :2, :2] * [[[1, 0.6], [0.5, 0.3]]]).sum(axis=(1, 2)) / 2.4)
