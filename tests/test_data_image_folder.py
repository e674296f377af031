"""Images in folders: what is found, how they become samples, what is damaged, and what was not there before."""

import io
import json
import os
import shutil
import signal
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
from main_job import dlcli, dlcli_json, run_dirs
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from dlcli.core.component import from_yaml
from dlcli.core.dataset import Dataset
from dlcli.data.batches import Batches
from dlcli.data.datasets import image_folder
from dlcli.data.fingerprint import fingerprint
from dlcli.data.load import load
from dlcli.data.picture_files import Folder
from dlcli.data.preprocessing import Pipeline
from dlcli.errors import DataError, DataUnavailableError
from dlcli.train.loop import Loop

RNG = np.random.default_rng(0)
WARM, COLD = (200, 60, 20), (20, 60, 200)


def picture(colour, size=(6, 9)):
    """A noisy image of about one colour: (H, W, 3)."""
    return np.clip(RNG.normal(colour, 20, (*size, 3)), 0, 255).astype(np.uint8)


def save(path, pixels, **keys):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **keys)
    return pixels


@pytest.fixture
def pets(tmp_path):
    """20 images of two classes, all 9 wide and 6 high."""
    for number in range(10):
        save(tmp_path / f"pets/cats/{number}.png", picture(WARM))
        save(tmp_path / f"pets/dogs/{number}.png", picture(COLD))
    return tmp_path / "pets"


def dataset(**keys):
    return from_yaml(Dataset, {"type": "image_folder", "path": "pets", **keys})


def test_folders_are_classes_and_files_are_samples(pets, env):
    loaded = load(dataset(), env)
    assert loaded.spec.target.labels == ("cats", "dogs") and loaded.spec.input_shape == (6, 9, 3) and loaded.spec.image
    assert np.bincount(loaded.train.y).tolist() == [10, 10] and loaded.test is None and loaded.validation is None
    for row, name in enumerate(loaded.train.x.names):
        np.testing.assert_array_equal(loaded.train.x[np.array([row])][0], np.asarray(Image.open(pets / name)))
    assert dataset().describe(env) == loaded.spec


def test_other_files_hidden_ones_and_deeper_folders(pets, env):
    (pets / "cats" / "notes.txt").write_text("no image")
    (pets / "cats" / ".hidden.png").write_bytes(b"")
    (pets / ".git").mkdir()
    save(pets / "dogs" / "more" / "old" / "x.JPG", picture(COLD), format="JPEG")
    loaded = load(dataset(), env)
    assert len(loaded.train) == 21 and "dogs/more/old/x.JPG" in loaded.train.x.names


def moved_into_splits(pets):
    for part, numbers in (("train", range(6)), ("val", range(6, 8)), ("Test", range(8, 10))):
        for kind in ("cats", "dogs"):
            for number in numbers:
                target = pets / part / kind / f"{number}.png"
                target.parent.mkdir(parents=True, exist_ok=True)
                (pets / kind / f"{number}.png").rename(target)
    for kind in ("cats", "dogs"):
        (pets / kind).rmdir()


def test_folders_of_splits_are_taken_as_such(pets, env):
    moved_into_splits(pets)
    loaded = load(dataset(), env)
    assert [len(split) for split in (loaded.train, loaded.validation, loaded.test)] == [12, 4, 4]
    assert loaded.spec.target.labels == ("cats", "dogs")
    with pytest.raises(DataError, match="brings 4 samples for this split"):
        load(dataset(test_split=0.1), env)


def test_a_class_may_be_called_train(tmp_path, env):
    for kind in ("train", "bus"):
        save(tmp_path / f"pets/{kind}/1.png", picture(WARM))
    assert load(dataset(), env).spec.target.labels == ("bus", "train")


def zipped(folder, target, around=""):
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, around + path.relative_to(folder).as_posix())


@pytest.mark.parametrize("around", ["", "pets/"])
def test_a_zip_archive_is_read_as_the_folder_it_was(pets, env, tmp_path, around):
    (pets / "__MACOSX").mkdir()
    (pets / "__MACOSX" / "1.png").write_bytes(b"")
    wanted = load(dataset(), env)
    zipped(pets, tmp_path / "pets.zip", around)
    loaded = load(dataset(path="pets.zip"), env)
    assert loaded.train.x.names == wanted.train.x.names and loaded.spec == wanted.spec
    rows = np.arange(20)
    np.testing.assert_array_equal(loaded.train.x[rows], wanted.train.x[rows])
    assert fingerprint(loaded)["sha256"] == fingerprint(wanted)["sha256"]


def test_the_order_of_classes_can_be_given(pets, env):
    loaded = load(dataset(classes=["dogs", "cats"]), env)
    assert loaded.spec.target.labels == ("dogs", "cats")
    first = loaded.train.x.names[0]
    assert first.startswith("cats") and loaded.train.y[0] == 1


@pytest.mark.parametrize(("change", "match"), [
    (lambda pets: shutil.rmtree(pets / "dogs"), "two or more classes; found 'cats' alone"),
    (lambda pets: save(pets / "x.png", picture(WARM)), r"1 image\(s\) lie in no folder of a class, such as x.png"),
    (lambda pets: [path.unlink() for path in pets.rglob("*.png")], "found no images"),
    (lambda pets: save(pets / "test/birds/1.png", picture(WARM)) is save(pets / "train/x/1.png", picture(COLD))
     or save(pets / "train/y/1.png", picture(COLD)), "'birds' is no class of the training images; those are x, y"),
])
def test_other_structures_are_refused_with_what_to_do(pets, env, change, match):
    change(pets)
    with pytest.raises(DataError, match=match) as error:
        load(dataset(), env)
    assert str(pets) in error.value.where and error.value.hint


def test_classes_must_name_the_folders(pets, env):
    with pytest.raises(DataError, match="'dogs' is no class"):
        load(dataset(classes=["cats", "birds"]), env)
    (pets / "birds").mkdir()
    with pytest.raises(DataError, match="class 'birds' has no images"):
        load(dataset(classes=["cats", "dogs", "birds"]), env)


def test_an_absent_folder_is_unavailable_and_what_is_no_archive_is_refused(env, tmp_path):
    with pytest.raises(DataUnavailableError, match="no such folder"):
        load(dataset(), env)
    assert dataset().describe(env) is None
    (tmp_path / "pets").write_text("no zip")
    with pytest.raises(DataError, match="archive of images"):
        load(dataset(), env)


# sizes and colours


def test_images_of_several_sizes_need_to_be_told_one(pets, env):
    save(pets / "dogs" / "large.png", picture(COLD, (20, 30)))
    with pytest.raises(DataError, match=r"1 image\(s\) are not of the size") as error:
        load(dataset(on_error="skip"), env)
    assert "large.png: it has 30 x 20 pixels; expected 9 x 6" in error.value.message
    assert "image_size" in error.value.hint
    loaded = load(dataset(image_size=[12, 8]), env)
    assert loaded.spec.input_shape == (12, 8, 3) and loaded.train.x[np.arange(3)].shape == (3, 12, 8, 3)


def decoded(env, pixels, *, name="x.png", image=None, **keys):
    folder = env.bases[0] / "pets"
    shutil.rmtree(folder, ignore_errors=True)
    save(folder / "a" / "other.png", picture(WARM))
    (folder / "b").mkdir()
    (image or Image.fromarray(pixels)).save(folder / "b" / name)
    return load(dataset(**keys), env).train.x[np.array([1])][0]


def test_images_are_stretched_cropped_or_padded(env):
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    assert decoded(env, wide, image_size=[10, 10])[5, :, 0].tolist() != [255] * 10
    assert (decoded(env, wide, image_size=[10, 10], fit="crop") == 255).all()
    padded = decoded(env, wide, image_size=[10, 10], fit="pad", interpolation="area")
    assert (padded[:3] == 0).all() and (padded[-3:] == 0).all() and padded[5, 5, 0] == 255
    small = decoded(env, wide, image_size=[5, 15], interpolation="area")
    np.testing.assert_array_equal(small, wide[::2, ::2])


def test_every_kind_of_image_becomes_bytes_of_the_colours_that_are_wanted(env):
    rgb = picture(COLD, (6, 9))
    gray = np.asarray(Image.fromarray(rgb).convert("L"))
    kinds = {
        "rgb.png": Image.fromarray(rgb), "rgba.png": Image.fromarray(rgb).convert("RGBA"),
        "cmyk.tif": Image.fromarray(rgb).convert("CMYK"), "rgb.webp": None,
    }
    for name, image in kinds.items():
        if image is not None:
            out = decoded(env, rgb, name=name, image=image)
            assert out.shape == (6, 9, 3) and np.abs(out.astype(int) - rgb).mean() < 12, name
    np.testing.assert_array_equal(decoded(env, rgb, color="gray")[..., 0], gray)
    np.testing.assert_array_equal(decoded(env, gray), gray[..., None].repeat(3, axis=2))
    deep = decoded(env, None, image=Image.fromarray((gray.astype(np.uint16) << 8) + 7), color="gray")
    np.testing.assert_array_equal(deep[..., 0], gray)
    black = Image.fromarray(gray > 100)
    np.testing.assert_array_equal(decoded(env, None, image=black, color="gray")[..., 0], (gray > 100) * 255)
    palette = Image.fromarray(rgb).quantize(16)
    np.testing.assert_array_equal(decoded(env, None, image=palette), np.asarray(palette.convert("RGB")))


def test_an_image_that_lies_on_its_side_is_put_upright(env, tmp_path):
    upright = np.zeros((40, 20, 3), np.uint8)
    upright[:20] = 255
    lying, exif = Image.fromarray(np.rot90(upright)), Image.Exif()
    exif[0x0112] = 6  # to be turned with the clock
    save(tmp_path / "pets/a/1.png", upright)
    (tmp_path / "pets/b").mkdir()
    lying.save(tmp_path / "pets/b/1.jpg", exif=exif, quality=95)
    for keys in ({}, {"image_size": [8, 4]}):
        pair = load(dataset(**keys), env).train.x[np.arange(2)].astype(int)
        assert np.abs(pair[0] - pair[1]).max() < 20


# damage


def damage(pets, *names):
    for name in names:
        path = pets / name
        path.write_bytes(path.read_bytes()[:60])


def test_damaged_images_end_the_loading_with_all_their_names(pets, env):
    damage(pets, "cats/3.png", "dogs/7.png")
    (pets / "dogs" / "8.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"3 image\(s\) do not decode") as error:
        load(dataset(), env)
    for name in ("cats/3.png", "dogs/7.png", "dogs/8.png"):
        assert str(pets / name) in error.value.message
    assert "on_error: skip" in error.value.hint


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_damaged_images_are_left_out_where_that_is_wanted_but_never_in_silence(pets, env, warnings, cache):
    damage(pets, "cats/3.png", "dogs/7.png")
    loaded = load(dataset(on_error="skip", cache=cache), env)
    assert len(loaded.train) == len(loaded.train.x) == 18 and loaded.skipped == {"the image does not decode": 2}
    assert "2 image(s)" in warnings[0] and "cats/3.png" in warnings[0] and "dogs/7.png" in warnings[0]
    for row, name in enumerate(loaded.train.x.names):
        np.testing.assert_array_equal(loaded.train.x[np.array([row])][0], np.asarray(Image.open(pets / name)))
        assert loaded.train.y[row] == name.startswith("dogs")


def test_a_class_without_an_image_that_decodes_is_refused(pets, env):
    damage(pets, *(f"dogs/{number}.png" for number in range(10)))
    with pytest.raises(DataError, match="no image of class 'dogs' that decodes"):
        load(dataset(on_error="skip"), env)


# in memory or not


def batches_of(loaded):
    return Batches(loaded.train, Pipeline((), loaded.spec), loaded.spec, batch_size=4, dtype="float32")


def test_decoding_in_every_epoch_gives_the_samples_that_are_kept_in_memory(pets, env):
    order, taken, marks = RNG.permutation(20), [], []
    for cache in ("memory", "none", "auto"):
        loaded = load(dataset(cache=cache, image_size=[5, 7]), env)
        assert loaded.train.x.effort == ("decode" if cache == "none" else "memory")
        with batches_of(loaded).feed(order) as feed:
            taken.append(b"".join(x.tobytes() + y.tobytes() for x, y in feed))
        marks.append(fingerprint(loaded)["sha256"])
    assert len(set(taken)) == 1 and len(set(marks)) == 1


def test_more_than_memory_should_hold_is_decoded_in_every_epoch(pets, env, monkeypatch):
    monkeypatch.setattr(image_folder, "_IN_MEMORY", 20 * 6 * 9 * 3 - 1)
    assert load(dataset(), env).train.x.effort == "decode"
    monkeypatch.setattr(image_folder, "_IN_MEMORY", 20 * 6 * 9 * 3)
    assert load(dataset(), env).train.x.effort == "memory"


def test_files_that_have_not_changed_are_not_looked_at_again(pets, env, monkeypatch):
    read, names = Folder.read, []
    monkeypatch.setattr(Folder, "read", lambda self, name: names.append(name) or read(self, name))
    streamed = dataset(cache="none", image_size=[6, 9])
    first = load(streamed, env)
    assert len(names) == 20
    names.clear()
    again = load(streamed, env)
    assert names == [] and fingerprint(again)["sha256"] == fingerprint(first)["sha256"]
    save(pets / "cats" / "3.png", picture(WARM))
    (pets / "dogs" / "5.png").unlink()
    save(pets / "dogs" / "new.png", picture(COLD))
    other = load(streamed, env)
    assert sorted(names) == ["cats/3.png", "dogs/new.png"]
    assert fingerprint(other)["sha256"] != fingerprint(first)["sha256"]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"key": "other", "files": {}}', b"\xff"])
def test_a_damaged_or_old_index_is_made_anew(pets, env, content):
    streamed = dataset(cache="none", image_size=[6, 9])
    wanted = fingerprint(load(streamed, env))
    (index,) = (env.cache_dir / "image_folder").iterdir()
    index.write_bytes(content)
    assert fingerprint(load(streamed, env)) == wanted
    assert json.loads(index.read_text())["files"].keys() == set(load(streamed, env).train.x.names)


@pytest.mark.parametrize("change", [
    lambda pets: save(pets / "cats" / "3.png", picture(WARM)),
    lambda pets: (pets / "cats" / "3.png").rename(pets / "dogs" / "33.png"),
    lambda pets: (pets / "cats" / "3.png").unlink(),
    lambda pets: shutil.copy(pets / "cats" / "3.png", pets / "cats" / "33.png"),
    lambda pets: (pets / "cats" / "3.png").rename(pets / "cats" / "z.png"),
])
@pytest.mark.parametrize("cache", ["memory", "none"])
def test_the_fingerprint_tells_files_that_were_changed_moved_removed_or_added(pets, env, change, cache):
    before = fingerprint(load(dataset(cache=cache), env))["sha256"]
    assert fingerprint(load(dataset(cache=cache), env))["sha256"] == before
    change(pets)
    assert fingerprint(load(dataset(cache=cache), env))["sha256"] != before


@pytest.mark.parametrize("change", [lambda path: path.unlink(), lambda path: path.write_bytes(b"other")])
def test_a_file_that_is_gone_in_the_middle_of_training_is_told_by_its_name(pets, env, change):
    loaded = load(dataset(cache="none"), env)
    change(pets / "cats" / "3.png")
    with pytest.raises(DataError) as error, batches_of(loaded).feed(np.arange(20)) as feed:
        assert len(list(feed)) < 5
    assert error.value.where == str(pets / "cats" / "3.png") and error.value.hint


# from the command

CONFIG = """\
seed: 3
dataset:
  type: image_folder
  path: pets
  image_size: [6, 9]
  on_error: skip
  test_split: 0.2
  preprocessing: [normalize]
  augmentation: [random_flip]
model:
  layers:
    - flatten
    - {type: dense, units: 2, activation: softmax}
loss: categorical_crossentropy
optimizer: {type: adam, learning_rate: 0.01}
metrics: [accuracy]
training: {epochs: 3, batch_size: 4}
"""


@pytest.fixture
def config(pets, tmp_path):
    (tmp_path / "pets.yaml").write_text(CONFIG)
    return tmp_path / "pets.yaml"


def test_a_run_has_the_same_weights_however_images_are_kept(capsys, config):
    runs = [dlcli_json(capsys, "train", config, f"+dataset.cache={cache}")[1] for cache in ("memory", "none")]
    assert runs[0]["weights_sha256"] == runs[1]["weights_sha256"] and runs[0]["test"] == runs[1]["test"]
    assert runs[0]["test"]["accuracy"] == 1
    sheets = [run / "evaluation" / "test" / "samples.png" for run in run_dirs()]
    assert sheets[0].read_bytes() == sheets[1].read_bytes()


@pytest.mark.parametrize("cache", ["memory", "none"])
def test_a_run_that_is_stopped_ends_its_threads_and_goes_on_with_the_same_bits(capsys, config, monkeypatch, cache):
    keys = (f"+dataset.cache={cache}", "training.epochs=6")
    straight = dlcli_json(capsys, "train", config, *keys)[1]
    tell, steps = Loop._tell_batch, []

    def stop_within_an_epoch(self):
        tell(self)
        steps.append(self.step)
        if len(steps) == 10:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Loop, "_tell_batch", stop_within_an_epoch)
    code, _, err = dlcli(capsys, "train", config, *keys)
    assert code == 130 and "step 10 of 24" in err
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]
    code, gone_on = dlcli_json(capsys, "train", "--resume", "latest")
    assert code == 0 and gone_on["weights_sha256"] == straight["weights_sha256"]
    assert gone_on["metrics"] == straight["metrics"] and gone_on["test"] == straight["test"]


def test_what_is_skipped_is_recorded_in_the_run_and_warned_of(capsys, config, pets):
    damage(pets, "cats/3.png")
    code, _, err = dlcli(capsys, "train", config, "-q")
    assert code == 0 and "1 image(s)" in err and "cats/3.png" in err
    (run,) = run_dirs()
    assert json.loads((run / "environment.json").read_text())["data"]["skipped"] == {"the image does not decode": 1}
    assert "1 sample(s) are skipped" in (run / "train.log").read_text()


def test_a_resumed_run_finds_that_an_image_has_changed(capsys, config, pets):
    run = dlcli_json(capsys, "train", config)[1]
    assert dlcli(capsys, "train", "--resume", run["run_id"], "training.epochs=4")[0] == 0
    save(pets / "cats" / "3.png", picture(WARM))
    code, _, err = dlcli(capsys, "train", "--resume", run["run_id"], "training.epochs=5")
    assert code == 1 and "no longer what the run was trained on" in err


def test_predict_brings_images_of_any_size_and_colour_to_what_the_model_takes(capsys, config, tmp_path):
    dlcli(capsys, "train", config)
    save(tmp_path / "new" / "large.png", picture(WARM, (60, 200)))
    Image.fromarray(picture(COLD, (3, 4))).convert("RGBA").save(tmp_path / "new" / "small.png")
    Image.fromarray(picture(COLD, (30, 40))).save(tmp_path / "new" / "photo.jpg")
    code, out, err = dlcli(capsys, "predict", "latest", tmp_path / "new", "--format", "csv")
    assert code == 0
    predicted = {Path(line.split(",")[0]).name: line.split(",")[1] for line in out.splitlines()[1:]}
    assert predicted == {"large.png": "cats", "photo.jpg": "dogs", "small.png": "dogs"}
    assert "brought to 9 x 6" in err and "RGBA" in err


def test_predict_agrees_with_evaluate(capsys, config, pets):
    dlcli(capsys, "train", config)
    code, result = dlcli_json(capsys, "predict", "latest", *sorted(pets.rglob("*.png")))
    assert code == 0 and len(result["predictions"]) == 20
    assert all(p["prediction"] == Path(p["input"]).parent.name for p in result["predictions"])
    assert dlcli_json(capsys, "predict", "latest", pets)[1] == result, "folders within the folder are looked into"


def test_predict_refuses_another_size_where_training_knew_but_one(capsys, config, tmp_path):
    config.write_text(CONFIG.replace("  image_size: [6, 9]\n", ""))
    assert dlcli(capsys, "train", config)[0] == 0
    save(tmp_path / "large.png", picture(WARM, (60, 200)))
    code, _, err = dlcli(capsys, "predict", "latest", tmp_path / "large.png")
    assert code == 1 and "takes images of 9 x 6 pixels" in err and "found 200 x 60" in err


def test_show_and_check_know_the_folder(capsys, config, pets):
    code, result = dlcli_json(capsys, "datasets", "show", "image_folder", f"path={pets}", "image_size=[6, 9]")
    assert code == 0 and result["splits"]["train"]["classes"] == {"cats": 10, "dogs": 10}
    code, result = dlcli_json(capsys, "check", config)
    assert code == 0 and result["input_shape"] == [6, 9, 3]


def test_the_images_that_ship_are_digits(env):
    loaded = load(dataset(path="shipped/digit_images.zip", color="gray"), env)
    assert loaded.spec.target.labels == tuple("0123456789") and loaded.spec.input_shape == (8, 8, 1)
    assert (len(loaded.train), len(loaded.test)) == (300, 100)


def test_a_large_photograph_is_made_small_without_making_all_of_its_pixels(env, tmp_path, monkeypatch):
    made = []
    draft = JpegImageFile.draft
    monkeypatch.setattr(
        JpegImageFile, "draft", lambda self, mode, size: (draft(self, mode, size), made.append(self.size))[0],
    )
    large = np.kron(RNG.integers(0, 255, (6, 8, 3)), np.ones((200, 200, 1))).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(large).save(content, "JPEG", quality=95)
    for kind in "ab":
        (tmp_path / "pets" / kind).mkdir(parents=True)
        (tmp_path / "pets" / kind / "1.jpg").write_bytes(content.getvalue())
    x = load(dataset(image_size=[12, 16]), env).train.x[np.array([0])][0]
    wanted = np.asarray(Image.fromarray(large).resize((16, 12), Image.Resampling.BILINEAR))
    assert np.abs(x.astype(int) - wanted).mean() < 4 and set(made) == {(200, 150)}
