"""What each augmentation does to images, and what becomes of a training with them."""

import threading
from functools import partial

import numpy as np
import pytest
from main_job import dlcli, dlcli_json
from pydantic import ValidationError

from dlcli import registry
from dlcli.core.augmentation import Augmentation
from dlcli.core.component import from_yaml
from dlcli.core.context import Context, Flow
from dlcli.core.loss import Loss
from dlcli.core.memory import Memory
from dlcli.core.plan import Plan
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec, Target
from dlcli.data.batches import Batches
from dlcli.data.preprocessing import Pipeline
from dlcli.data.splits import whole
from dlcli.errors import DataError, ShapeError
from dlcli.kernels.resample import affine, shift

CLASSES = Target(kind="classes", labels=("a", "b", "c"))
RNG = np.random.default_rng(0)
IMAGES = RNG.random((200, 8, 8, 3)).astype(np.float32)


def changed(kind, x=IMAGES, seed=0, y=None, **keys):
    x, memory = x.copy(), Memory(x.dtype)
    from_yaml(Augmentation, {"type": kind, **keys}).apply(
        x, np.zeros(len(x)) if y is None else y, Streams(seed).fresh("augmentation"), memory,
    )
    return x


def same(a, b):
    return np.array_equal(a, b)


def test_a_flip_mirrors_about_half_and_leaves_the_others():
    for mode, mirrored in (("horizontal", IMAGES[:, :, ::-1]), ("vertical", IMAGES[:, ::-1])):
        out = changed("random_flip", mode=mode)
        flipped = np.array([same(a, b) for a, b in zip(out, mirrored, strict=True)])
        kept = np.array([same(a, b) for a, b in zip(out, IMAGES, strict=True)])
        assert (flipped ^ kept).all() and 70 < flipped.sum() < 130
    out = changed("random_flip")
    ways = [IMAGES, IMAGES[:, :, ::-1], IMAGES[:, ::-1], IMAGES[:, ::-1, ::-1]]
    counts = [sum(same(a, b) for a, b in zip(out, way, strict=True)) for way in ways]
    assert sum(counts) == 200 and min(counts) > 25


def test_a_crop_is_a_part_of_the_padded_image_and_every_part_is_as_likely():
    x = np.tile(np.arange(1, 65, dtype=np.float32).reshape(1, 8, 8), (5000, 1, 1))
    out = changed("random_crop", x, padding=1, fill_value=-1)
    padded = np.pad(x[0], 1, constant_values=-1)
    parts = {(i, j): padded[i:i + 8, j:j + 8] for i in range(3) for j in range(3)}
    counts = {place: sum(same(image, part) for image in out) for place, part in parts.items()}
    assert sum(counts.values()) == 5000 and all(450 < count < 660 for count in counts.values())


@pytest.mark.parametrize(("mode", "pad"), [
    ("constant", {"mode": "constant", "constant_values": 7}), ("nearest", {"mode": "edge"}),
    ("reflect", {"mode": "symmetric"}), ("wrap", {"mode": "wrap"}),
])
def test_images_are_moved_by_whole_pixels_and_filled_from_outside(mode, pad):
    x = IMAGES[:3].copy()
    down, right = np.array([2.0, -3.0, 0.0]), np.array([-1.0, 0.0, 7.0])
    shift(x, down.copy(), right.copy(), fill_mode=mode, fill_value=7, memory=Memory(x.dtype))
    for n in range(3):
        padded = np.pad(IMAGES[n], ((8, 8), (8, 8), (0, 0)), **pad)
        top, left = int(8 - down[n]), int(8 - right[n])
        np.testing.assert_array_equal(x[n], padded[top:top + 8, left:left + 8])


def test_a_translation_keeps_to_its_bounds():
    x = np.zeros((500, 10, 10), np.float32)
    x[:, 5, 5] = 1
    out = changed("random_translation", x, height_factor=0.3, width_factor=[0.0, 0.2], fill_mode="constant")
    _, rows, columns = np.nonzero(out)
    assert len(rows) == 500
    assert set(rows - 5) == {-3, -2, -1, 0, 1, 2, 3} and set(columns - 5) == {0, 1, 2}


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_quarter_turns_are_exact_and_against_the_clock(interpolation):
    for factor, turns in ((0.25, 1), (0.5, 2), (-0.25, 3)):
        out = changed("random_rotation", factor=[factor, factor], interpolation=interpolation)
        np.testing.assert_allclose(out, np.rot90(IMAGES, turns, axes=(1, 2)), atol=1e-5)


def plain_affine(image, matrix, mode, value, interpolation):
    """One pixel after the other, the image made endless by padding."""
    H, W, _ = image.shape
    names = {"nearest": "edge", "reflect": "symmetric", "wrap": "wrap"}
    wide = np.pad(image, ((3 * H, 3 * H), (3 * W, 3 * W), (0, 0)), mode=names.get(mode, "edge"))
    out = np.empty_like(image)
    for i in range(H):
        for j in range(W):
            row, column = matrix @ [i - (H - 1) / 2, j - (W - 1) / 2] + [(H - 1) / 2, (W - 1) / 2]
            if mode == "constant" and not (-0.5 <= row <= H - 0.5 and -0.5 <= column <= W - 0.5):
                out[i, j] = value
            elif interpolation == "nearest":
                out[i, j] = wide[round(row) + 3 * H, round(column) + 3 * W]
            else:
                top, left = int(np.floor(row)), int(np.floor(column))
                for r, c in ((top, left), (top + 1, left), (top, left + 1), (top + 1, left + 1)):
                    part = (1 - abs(row - r)) * (1 - abs(column - c)) * wide[r + 3 * H, c + 3 * W]
                    out[i, j] = part if (r, c) == (top, left) else out[i, j] + part
    return out


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("mode", ["constant", "nearest", "reflect", "wrap"])
def test_turned_and_scaled_images_are_those_of_a_plain_loop(mode, interpolation):
    x = RNG.random((3, 6, 9, 2))
    matrix = np.eye(2) + RNG.normal(0, 0.4, (3, 2, 2))
    wanted = [plain_affine(image, m, mode, 0.3, interpolation) for image, m in zip(x, matrix, strict=True)]
    affine(x, matrix, fill_mode=mode, fill_value=0.3, interpolation=interpolation, memory=Memory(x.dtype))
    np.testing.assert_allclose(x, wanted, atol=1e-12)


def test_zoom_makes_things_larger_or_smaller():
    x = np.zeros((50, 21, 21), np.float32)
    x[:, 8:13, 8:13] = 1  # 25 pixels
    larger = changed("random_zoom", x, height_factor=[-0.5, -0.4]).sum(axis=(1, 2))
    smaller = changed("random_zoom", x, height_factor=[0.5, 0.6]).sum(axis=(1, 2))
    assert larger.min() > 60 and larger.max() < 105 and smaller.max() < 13 and smaller.min() > 7
    stretched = changed("random_zoom", x, height_factor=[0.0, 0.0], width_factor=[-0.5, -0.5])
    rows, columns = stretched.sum(axis=1), stretched.sum(axis=2)
    assert np.count_nonzero(columns[0]) == 5 and np.count_nonzero(rows[0] > 0.1) > 8


def test_brightness_adds_one_number_to_an_image_and_stays_in_range():
    x = 0.4 + 0.2 * IMAGES
    added = (changed("random_brightness", x, factor=0.3) - x).reshape(200, -1)
    np.testing.assert_allclose(added, added[:, :1] * np.ones(192), atol=1e-6)
    assert added.min() < -0.27 and added.max() > 0.27 and np.abs(added).max() <= 0.3 + 1e-6
    out = changed("random_brightness", IMAGES, factor=[0.5, 0.5])
    np.testing.assert_allclose(out, np.minimum(IMAGES + 0.5, 1), atol=1e-6)
    out = changed("random_brightness", IMAGES * 255, factor=[0.5, 0.5], value_range=[0, 255])
    np.testing.assert_allclose(out, np.minimum(IMAGES * 255 + 127.5, 255), atol=1e-3)
    assert changed("random_brightness", IMAGES, factor=[0.5, 0.5], value_range=None).max() > 1.4


def test_contrast_moves_values_from_the_mean_of_their_channel():
    out = changed("random_contrast", IMAGES, factor=[-0.5, -0.5])
    mean = IMAGES.mean(axis=(1, 2), keepdims=True)
    np.testing.assert_allclose(out, (IMAGES + mean) / 2, atol=1e-6)
    assert changed("random_contrast", IMAGES, factor=[1.0, 1.0]).max() == 1


@pytest.mark.parametrize("kind", ["random_brightness", "random_contrast"])
def test_values_outside_of_the_range_are_told_instead_of_lost(kind):
    with pytest.raises(DataError, match=r"values should go from 0 to 1; found .* to 25\d") as error:
        changed(kind, IMAGES * 255, factor=0.2)
    assert kind in error.value.where and "value_range" in error.value.hint


def test_noise_has_the_deviation_that_is_asked_for():
    noise = changed("gaussian_noise", stddev=0.25) - IMAGES
    assert noise.std() == pytest.approx(0.25, rel=0.02) and abs(noise.mean()) < 0.01


def test_a_cut_out_square_is_blank_and_may_lie_over_the_edge():
    x = np.ones((2000, 10, 10), np.float32)
    out = changed("cutout", x, size=4, fill_value=0.5)
    areas = (out == 0.5).sum(axis=(1, 2))
    assert set(np.unique(out)) == {0.5, 1.0} and areas.max() == 16 and 3 < areas.min() < 8
    assert (areas == 16).mean() == pytest.approx(0.49, abs=0.05)  # 7 of 10 places, both ways
    for image in out[:200]:
        rows, columns = (image == 0.5).any(axis=1), (image == 0.5).any(axis=0)
        assert (image == 0.5).sum() == rows.sum() * columns.sum(), "a rectangle without holes"


def test_erased_rectangles_have_the_area_that_was_drawn_and_some_images_are_spared():
    x = np.ones((2000, 20, 30), np.float32)
    out = changed("random_erasing", x, scale=[0.1, 0.2])
    shares = (out == 0).mean(axis=(1, 2))
    assert 0.08 < shares.min() < 0.12 and 0.18 < shares.max() < 0.22 and shares.mean() == pytest.approx(0.15, abs=0.01)
    spared = (changed("random_erasing", x, factor=0.3) == 1).all(axis=(1, 2)).mean()
    assert spared == pytest.approx(0.7, abs=0.05)


def one_hot(labels):
    return np.eye(3, dtype=np.float32)[labels]


def test_mixup_mixes_targets_as_it_mixes_samples():
    labels = RNG.integers(0, 3, 400)
    x, y = one_hot(labels), one_hot(labels)
    out = changed("mixup", x, y=y, alpha=1.0)
    np.testing.assert_allclose(out, y, atol=1e-6)
    mixed = (y.max(axis=1) < 1 - 1e-6).mean()
    assert 0.5 < mixed < 0.8  # two samples in three have a partner of another class
    assert 0.4 < y[np.arange(400), labels].mean() < 0.85


def test_mixup_with_a_small_alpha_leaves_most_of_a_sample_or_hardly_anything():
    y = one_hot(np.arange(3000) % 3)
    changed("mixup", np.zeros((3000, 2), np.float32), y=y, alpha=0.01)
    assert (np.abs(y - y.round()) < 0.01).all(axis=1).mean() > 0.9 and np.isfinite(y).all()


def test_mixup_of_numbers_mixes_the_numbers():
    x = RNG.random((50, 4)).astype(np.float32)
    y = x @ np.array([1, 2, 3, 4], np.float32)
    out = changed("mixup", x, y=y, alpha=1.0)
    np.testing.assert_allclose(out @ np.array([1, 2, 3, 4], np.float32), y, atol=1e-5)


def test_cutmix_shows_as_much_of_another_image_as_its_target_says():
    labels = RNG.integers(0, 3, 300)
    x = np.broadcast_to(labels[:, None, None], (300, 12, 10)).astype(np.float32)
    y = one_hot(labels)
    out = changed("cutmix", x, y=y)
    for k in range(3):
        np.testing.assert_allclose((out == k).mean(axis=(1, 2)), y[:, k], atol=1e-6)
    assert 0.4 < (y.max(axis=1) < 1).mean() < 0.8


def of_one_output_a_class():
    """The losses that compare one output a class with classes."""
    for name in registry.names("losses"):
        try:
            loss = from_yaml(Loss, name)
            loss.check((3,), CLASSES)
        except (ShapeError, ValidationError):
            continue
        yield name


@pytest.mark.parametrize("name", list(of_one_output_a_class()))
def test_losses_for_one_output_a_class_take_the_shares_of_mixed_samples(name):
    loss = from_yaml(Loss, name)
    ctx = Context(
        plan=Plan(out_shape=(3,)), params={}, grads={}, buffers={}, dtype=np.dtype(np.float64), training=True,
        needs_dx=True, rng=None, flow=Flow(),
    )
    p, y = RNG.dirichlet(np.ones(3), 6), RNG.dirichlet(np.ones(3), 6)
    losses = loss.forward(ctx, p, y).copy()
    dy = loss.backward(ctx, 1.0).copy()
    assert losses.shape == (6,) and np.isfinite(losses).all()
    h, direction = 1e-6, RNG.normal(size=p.shape)
    ahead, behind = (loss.forward(ctx, p + s * h * direction, y).sum() for s in (1, -1))
    assert (ahead - behind) / (2 * h) == pytest.approx((dy * direction).sum(), rel=1e-3, abs=1e-5)


def test_there_are_losses_for_mixed_samples():
    assert {"categorical_crossentropy", "kl_divergence"} & set(of_one_output_a_class())


@pytest.mark.parametrize(("kind", "keys", "match"), [
    ("random_translation", {"height_factor": [0.2, -0.2]}, "lower bound first"),
    ("random_rotation", {"factor": -0.1}, "at least 0"),
    ("random_zoom", {"height_factor": [-1.5, 0]}, "nothing below -0.99"),
    ("random_contrast", {"factor": 2.0}, "nothing below -1"),
    ("random_brightness", {"factor": 0.1, "value_range": [1, 0]}, "then a larger one"),
    ("random_erasing", {"scale": [0.5, 0.1]}, "smaller share first"),
    ("mixup", {"alpha": 0}, "greater than 0"),
    ("random_rotation", {}, "factor"),
])
def test_keys_that_mean_nothing_are_refused(kind, keys, match):
    with pytest.raises(ValidationError, match=match):
        from_yaml(Augmentation, {"type": kind, **keys})


def test_batches_that_are_made_ahead_are_those_that_are_made_when_they_are_needed(monkeypatch):
    y = RNG.integers(0, 3, 200)
    spec = DataSpec(input_shape=(8, 8, 3), dtype="float32", target=CLASSES, image=True)
    chosen = ("random_flip", {"type": "random_zoom", "height_factor": 0.2}, "mixup")
    augmentation = [from_yaml(Augmentation, keys) for keys in chosen]
    batches = Batches(
        whole(IMAGES, y), Pipeline((), spec), spec, batch_size=16, dtype="float32", augmentation=augmentation,
    )
    order, made = RNG.permutation(200), []
    for threshold in (1 << 30, 1):
        monkeypatch.setattr("dlcli.data.batches._WORTHWHILE", threshold)
        threads = set()
        with batches.feed(order, partial(Streams(1).fresh, "augmentation", 4), first=2) as feed:
            made.append(b"".join(x.tobytes() + y.tobytes() for x, y in feed))
            threads |= {t.name for t in threading.enumerate() if t.name.startswith("batches")}
        assert bool(threads) == (threshold == 1)
    assert made[0] == made[1]
    with batches.feed(order[16:], partial(Streams(1).fresh, "augmentation", 4), first=3) as feed:
        assert made[0].endswith(b"".join(x.tobytes() + y.tobytes() for x, y in feed)), "as after a resume"
    x, y = batches.take(order[:16])
    assert np.array_equal(x, IMAGES[order[:16]]) and set(np.unique(y)) == {0, 1}


# in a training

CONFIG = """\
seed: 3
dataset:
  type: digits
  validation_split: 0.2
  preprocessing: [{type: rescale, scale: 1/255}]
  augmentation:
    - {type: random_translation, fill_mode: constant}
    - {type: random_rotation, factor: 0.03}
    - {type: mixup, alpha: 0.3}
model:
  layers:
    - flatten
    - {type: dense, units: 24, activation: relu}
    - {type: dense, units: 10, activation: softmax}
loss: categorical_crossentropy
optimizer: adam
metrics: [accuracy]
training: {epochs: 2, batch_size: 32}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "augmented.yaml"
    path.write_text(CONFIG)
    return path


def test_a_training_draws_the_same_changes_again_and_others_in_every_epoch(capsys, config):
    first, again = (dlcli_json(capsys, "train", config)[1] for _ in range(2))
    other = dlcli_json(capsys, "train", config, "dataset.augmentation.1.factor=0.04")[1]
    plain = dlcli_json(capsys, "train", config, "dataset.augmentation=[]")[1]
    assert first["weights_sha256"] == again["weights_sha256"]
    assert len({run["weights_sha256"] for run in (first, other, plain)}) == 3
    streams = Streams(3)
    assert streams.fresh("augmentation", 0, 5).random() != streams.fresh("augmentation", 1, 5).random()


def test_a_run_goes_on_from_within_an_epoch_with_the_same_changes(capsys, config):
    straight = dlcli_json(capsys, "train", config)[1]
    begun = dlcli_json(capsys, "train", config, "~training.epochs", "+training.steps=50")[1]
    gone_on = dlcli_json(capsys, "train", "--resume", begun["run_id"], f"training.steps={straight['step']}")[1]
    assert begun["step"] == 50 < straight["step"] and gone_on["weights_sha256"] == straight["weights_sha256"]


def test_lanes_and_threads_change_no_bit(capsys, config):
    one, many = (
        dlcli_json(capsys, "train", config, "training.lanes=3", "--threads", n)[1] for n in ("1", "3")
    )
    assert one["weights_sha256"] == many["weights_sha256"]


def test_only_training_is_changed(capsys, config):
    run = dlcli_json(capsys, "train", config)[1]
    plain = config.with_name("plain.yaml")
    text = CONFIG[:CONFIG.index("  augmentation:")] + CONFIG[CONFIG.index("model:"):]
    plain.write_text(f"{text}init_from: {{run: {run['run_id']}}}\n")
    untrained = dlcli_json(capsys, "train", plain, "optimizer.learning_rate=1e-30")[1]
    for split in ("train", "validation", "test"):
        found, wanted = (
            dlcli_json(capsys, "evaluate", one["run_id"], "--split", split, "--checkpoint", "last")[1]["metrics"]
            for one in (run, untrained)
        )
        assert found == wanted, f"the {split} split was changed"
    assert run["metrics"]["val_loss"] == untrained["metrics"]["val_loss"]
    assert run["metrics"]["loss"] != untrained["metrics"]["loss"]


def test_gradients_that_accumulate_and_class_weights_go_with_mixed_samples(capsys, config):
    code, run = dlcli_json(
        capsys, "train", config, "+training.accumulate=2", "+training.class_weight={'3': 2.0}", "--fast-dev-run",
    )
    assert code == 0 and run["status"] == "completed"


@pytest.mark.parametrize(("change", "place", "match"), [
    (("  type: digits", "  type: iris"), 7, "needs images (H, W) or (H, W, C); samples have shape (4,)"),
    (("    - {type: mixup, alpha: 0.3}", "    - rescale"), 9, "'rescale' is one of the transforms"),
    (("[{type: rescale, scale: 1/255}]", "[random_flip]"), 5, "'random_flip' is one of the augmentations"),
    (("    - {type: mixup, alpha: 0.3}", "    - {type: mixup, alpa: 0.3}"), 9, "did you mean 'alpha'?"),
])
def test_what_does_not_fit_is_told_with_its_line(capsys, config, change, place, match):
    config.write_text(CONFIG.replace(*change))
    code, _, err = dlcli(capsys, "train", config)
    assert code == 2 and f"augmented.yaml:{place}:" in err and match in " ".join(err.split())


def test_mixed_samples_need_an_output_for_each_class(capsys, config):
    text = CONFIG.replace("type: digits", "type: breast_cancer").replace("{type: rescale, scale: 1/255}", "standardize")
    text = "\n".join(line for line in text.splitlines() if "random_" not in line)
    text = text.replace("units: 10, activation: softmax", "units: 1, activation: sigmoid")
    config.write_text(text.replace("categorical_crossentropy", "binary_crossentropy"))
    code, _, err = dlcli(capsys, "train", config)
    assert code == 2 and "augmented.yaml:7:" in err and "needs an output for each" in " ".join(err.split())
    config.write_text(text.replace("units: 1, activation: sigmoid", "units: 2, activation: softmax"))
    assert dlcli(capsys, "train", config, "--fast-dev-run")[0] == 0


def test_a_mistake_of_an_augmentation_ends_the_run_with_its_place(capsys, config):
    config.write_text(CONFIG.replace("[{type: rescale, scale: 1/255}]", "[]").replace(
        "{type: mixup, alpha: 0.3}", "{type: random_brightness, factor: 0.1}"))
    code, _, err = dlcli(capsys, "train", config)
    assert code == 1 and "dataset.augmentation (random_brightness)" in err and "value_range" in err


def test_a_fallback_is_augmented_as_the_data_that_was_wanted(capsys, config):
    config.write_text(CONFIG.replace("type: digits", "type: mnist\n  fallback: digits"))
    run = dlcli_json(capsys, "train", config)[1]
    config.write_text(CONFIG)
    assert dlcli_json(capsys, "train", config)[1]["weights_sha256"] == run["weights_sha256"]
