"""`dlcli datasets`: what can be loaded and from where, fetching, looking at samples."""

import gzip
import hashlib
import json
import struct

import numpy as np
import pytest
from PIL import Image

from dlcli import registry
from dlcli.cli.main import main
from dlcli.cli.text_art import gallery
from dlcli.data.datasets.mnist import Mnist
from dlcli.data.fetch import Collection


def data(capsys, *args, code=0):
    assert main(["datasets", *args, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def idx(array):
    """An array as an IDX file."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def small_mnist(monkeypatch, tmp_path):
    """Twelve images in MNIST's place, in a data directory."""
    rng = np.random.default_rng(0)
    contents = {}
    for part, count in (("train", 12), ("t10k", 5)):
        contents[f"{part}-images-idx3-ubyte"] = idx(rng.integers(0, 256, (count, 28, 28), dtype=np.uint8))
        contents[f"{part}-labels-idx1-ubyte"] = idx((np.arange(count) % 10).astype(np.uint8))
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    monkeypatch.setattr(Mnist, "collection", Collection(folder="mnist", files=sums, mirrors=("http://nowhere",)))
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    monkeypatch.setenv("DLCLI_DATA_DIR", str(folder.parent))
    return folder


def test_list_says_where_each_data_set_comes_from(capsys):
    found = {one["name"]: one["origin"] for one in data(capsys, "list")}
    assert set(found) == set(registry.names("datasets"))
    expected = {"digits": "shipped", "mnist": "to be fetched", "npz": "your file", "logic_gate": "made"}
    assert {name: found[name] for name in expected} == expected


def test_list_finds_files_in_the_data_directory_and_in_the_cache(capsys, small_mnist, monkeypatch):
    assert {one["name"]: one["origin"] for one in data(capsys, "list")}["mnist"] == "data directory"
    monkeypatch.setenv("DLCLI_CACHE_DIR", str(small_mnist.parent))
    monkeypatch.delenv("DLCLI_DATA_DIR")
    assert {one["name"]: one["origin"] for one in data(capsys, "list")}["mnist"] == "cache"


def test_fetch_names_the_files_and_checks_them(capsys, small_mnist):
    assert main(["datasets", "fetch", "mnist"]) == 0
    captured = capsys.readouterr()
    assert captured.out.replace("\n", "").count(".gz") == 4
    assert "its content is right" in captured.err
    (small_mnist / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"something else"))
    assert data(capsys, "fetch", "mnist", code=1)["error"]["type"] == "data"


def test_fetch_without_a_network_fails_and_says_what_to_do(capsys):
    error = data(capsys, "fetch", "mnist", code=1)["error"]
    assert error["type"] == "data_unavailable"
    assert "DLCLI_DATA_DIR" in error["hint"]


@pytest.mark.parametrize(("name", "why"), [("digits", "ships"), ("logic_gate", "made"), ("npz", "file of yours")])
def test_there_is_nothing_to_fetch_of_what_is_always_there(capsys, name, why):
    assert main(["datasets", "fetch", name]) == 0
    assert why in capsys.readouterr().err


def test_an_unknown_data_set_is_a_usage_error(capsys):
    assert data(capsys, "fetch", "mnits", code=2)["error"]["hint"] == "did you mean 'mnist'?"
    assert data(capsys, "show", "mnits", code=2)["error"]["type"] == "usage"


def test_show_counts_classes_and_bounds_values(capsys, small_mnist):
    found = data(capsys, "show", "mnist", "-n", "2")
    assert (found["input_shape"], found["dtype"]) == ([28, 28], "uint8")
    assert found["splits"]["train"]["samples"] == 12
    assert found["splits"]["train"]["classes"] == {**dict.fromkeys("23456789", 1), "0": 2, "1": 2}
    assert 0 <= found["splits"]["test"]["range"][0] < found["splits"]["test"]["range"][1] <= 255
    assert [sample["y"] for sample in found["first"]] == ["0", "1"]


@pytest.mark.parametrize("width", [80, 140])
def test_show_draws_images_as_text_that_fits(capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["datasets", "show", "digits"]) == 0
    text = capsys.readouterr().out
    assert "8 x 8" in text
    assert "█" in text
    assert max(map(len, text.splitlines())) <= width


def test_show_takes_keys_of_the_data_set(capsys):
    found = data(capsys, "show", "logic_gate", "gate=xor", "-n", "4")
    assert found["first"] == [
        {"x": [0, 0], "y": "0"}, {"x": [0, 1], "y": "1"}, {"x": [1, 0], "y": "1"}, {"x": [1, 1], "y": "0"}]
    assert main(["datasets", "show", "logic_gate", "gate=xor"]) == 0
    assert "x1" in capsys.readouterr().out
    for settings in (["gate=xnor"], [], ["gate=xor", "gait=1"]):
        assert data(capsys, "show", "logic_gate", *settings, code=2)["error"]["type"] == "config"


def test_show_reads_arrays_with_numbers_for_targets(capsys, tmp_path):
    path = tmp_path / "numbers.npz"
    np.savez(path, x_train=np.linspace(-1, 1, 30).reshape(10, 3), y_train=np.arange(20.0).reshape(10, 2))
    found = data(capsys, "show", "npz", f"path={path}")
    assert (found["target"], found["target_shape"]) == ("numbers", [2])
    assert found["splits"]["train"]["range"] == [-1, 1]
    assert main(["datasets", "show", "npz", f"path={path}"]) == 0


def test_show_draws_a_picture(capsys, tmp_path):
    path = tmp_path / "grid.png"
    assert main(["datasets", "show", "digits", "-n", "10", "-o", str(path)]) == 0
    with Image.open(path) as image:
        assert image.width > 400


def test_there_is_no_picture_of_what_is_no_image(capsys, tmp_path):
    path = tmp_path / "grid.png"
    assert "no images" in data(capsys, "show", "make_classification", "-o", str(path), code=2)["error"]["message"]
    assert not path.exists()


@pytest.mark.parametrize("shape", [(3, 28, 28), (2, 8, 8), (1, 64, 48, 3), (2, 1, 1), (1, 5, 90), (2, 6, 6, 1)])
def test_text_images_stand_side_by_side_within_the_width(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    lines = gallery(images, ["a label that is very long indeed"] * shape[0], 80).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) > 1


def test_ink_is_dark_and_paper_is_empty_in_text_images():
    image = np.zeros((1, 16, 16), np.uint8)
    image[:, 8:] = 255
    _, *lines = gallery(image, ["half"], 80).splitlines()
    assert lines[:4] == [""] * 4
    assert lines[4:8] == ["█" * 16] * 4
