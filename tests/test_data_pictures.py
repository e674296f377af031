"""Fashion-MNIST and CIFAR-10, on small files in their formats."""

import gzip
import hashlib
import io
import struct
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.data.datasets import cifar10 as module
from dlcli.data.datasets.fashion_mnist import FashionMnist
from dlcli.data.load import load
from dlcli.errors import DataError, DataUnavailableError

RNG = np.random.default_rng(0)
RECORDS = 20
CIFAR = {
    name: (np.arange(RECORDS, dtype=np.uint8) % 10, RNG.integers(0, 256, (RECORDS, 3, 32, 32), dtype=np.uint8))
    for name in (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")
}


@pytest.fixture
def env(tmp_path):
    (tmp_path / "data").mkdir()
    return DataEnv(
        data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3,
        warn=lambda text: None,
    )


def dataset(name, **keys):
    return from_yaml(Dataset, {"type": name, **keys})


def content(name):
    labels, pixels = CIFAR[name]
    return b"".join(bytes([label]) + image.tobytes() for label, image in zip(labels, pixels, strict=True))


def archive(names=CIFAR):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in names:
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content(name))
            tar.addfile(member, io.BytesIO(content(name)))
    return packed.getvalue()


@pytest.fixture
def small_cifar(monkeypatch):
    monkeypatch.setattr(module, "_RECORDS", RECORDS)
    forms = tuple(replace(form, md5="", files=dict.fromkeys(form.files, "")) for form in module._FORMS)
    monkeypatch.setattr(module, "_FORMS", forms)


@pytest.mark.parametrize("place", ["cifar-10-binary.tar.gz", "cifar10/cifar-10-binary.tar.gz"])
def test_cifar_is_read_from_its_archive(place, env, small_cifar):
    path = env.data_dir / place
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(archive())
    check_cifar(load(dataset("cifar10"), env))


@pytest.mark.parametrize("folder", ["cifar-10-batches-bin", "cifar10/cifar-10-batches-bin"])
def test_cifar_is_read_from_the_unpacked_files(folder, env, small_cifar):
    path = env.data_dir / folder
    path.mkdir(parents=True)
    for name in CIFAR:
        (path / name).write_bytes(content(name))
    check_cifar(load(dataset("cifar10"), env))
    (path / "data_batch_3.bin").unlink()
    with pytest.raises(DataError, match="cannot be read") as error:
        load(dataset("cifar10"), env)
    assert error.value.where.endswith("data_batch_3.bin")


def check_cifar(loaded):
    assert (len(loaded.train), len(loaded.test)) == (5 * RECORDS, RECORDS) and loaded.spec.target.classes == 10
    labels, pixels = CIFAR["data_batch_2.bin"]
    assert np.array_equal(loaded.train.y[RECORDS:2 * RECORDS], labels)
    assert np.array_equal(loaded.train.x[RECORDS:2 * RECORDS], pixels.transpose(0, 2, 3, 1))
    assert np.array_equal(loaded.test.x, CIFAR["test_batch.bin"][1].transpose(0, 2, 3, 1))


@pytest.mark.parametrize(("damage", "match"), [
    (lambda c: c[:-3000], "cannot be read as an archive"), (lambda c: b"<html>", "cannot be read as an archive"),
    (lambda c: archive(list(CIFAR)[:4]), r"lacks data_batch_5\.bin, test_batch\.bin"),
])
def test_a_damaged_archive_is_refused(damage, match, env, small_cifar):
    (env.data_dir / "cifar-10-binary.tar.gz").write_bytes(damage(archive()))
    with pytest.raises(DataError, match=match) as error:
        load(dataset("cifar10", fallback="digits"), env)
    assert "cifar-10-binary.tar.gz" in error.value.where and error.value.hint


def test_the_published_md5_is_asked_for(env):
    (env.data_dir / "cifar-10-binary.tar.gz").write_bytes(archive())
    with pytest.raises(DataError, match="expected md5 c32a1d4ab5d03f1284b67883e8d87530, found"):
        load(dataset("cifar10"), env)


def test_files_of_another_length_or_label_are_refused(env, small_cifar, monkeypatch):
    (env.data_dir / "cifar-10-binary.tar.gz").write_bytes(archive())
    monkeypatch.setattr(module, "_RECORDS", RECORDS + 1)
    with pytest.raises(DataError, match=r"expected 21 records of 3073 bytes"):
        load(dataset("cifar10"), env)
    monkeypatch.setattr(module, "_RECORDS", RECORDS)
    CIFAR["test_batch.bin"][0][3] = 10
    try:
        (env.data_dir / "cifar-10-binary.tar.gz").write_bytes(archive())
    finally:
        CIFAR["test_batch.bin"][0][3] = 3
    with pytest.raises(DataError, match="found label 10"):
        load(dataset("cifar10"), env)


@pytest.mark.parametrize("name", ["cifar10", "fashion_mnist"])
def test_absent_pictures_are_unavailable_and_a_fallback_answers(name, env):
    with pytest.raises(DataUnavailableError, match="offline") as error:
        load(dataset(name), env)
    assert str(env.data_dir) in error.value.hint
    assert load(dataset(name, fallback="digits"), env).used == dataset("digits")


# Fashion-MNIST

FILES = {
    "train-images-idx3-ubyte": RNG.integers(0, 256, (20, 28, 28), dtype=np.uint8),
    "train-labels-idx1-ubyte": (np.arange(20) % 10).astype(np.uint8),
    "t10k-images-idx3-ubyte": RNG.integers(0, 256, (10, 28, 28), dtype=np.uint8),
    "t10k-labels-idx1-ubyte": np.arange(10).astype(np.uint8),
}


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def small_fashion(monkeypatch):
    files = {
        name: hashlib.sha256(idx(array)).hexdigest() if "labels" in name else "" for name, array in FILES.items()
    }
    packed = {
        name: hashlib.md5(gzip.compress(idx(array), mtime=0), usedforsecurity=False).hexdigest()
        for name, array in FILES.items()
    }
    monkeypatch.setattr(FashionMnist, "collection", replace(FashionMnist.collection, files=files, packed=packed))


@pytest.mark.parametrize("folder", ["fashion_mnist", "fashion-mnist"])
def test_fashion_mnist_is_found_in_either_folder(folder, env, small_fashion):
    (env.data_dir / folder).mkdir()
    for name, array in FILES.items():
        (env.data_dir / folder / name).write_bytes(idx(array))
    loaded = load(dataset("fashion_mnist"), env)
    assert np.array_equal(loaded.train.x, FILES["train-images-idx3-ubyte"]) and len(loaded.test) == 10
    assert loaded.spec.target.labels[9] == "Ankle boot" and loaded.spec.image


def test_what_is_fetched_is_held_against_the_published_md5(env, small_fashion, monkeypatch):
    asked = []

    def download(url, path):
        asked.append(url)
        good = gzip.compress(idx(FILES[url.rpartition("/")[2].removesuffix(".gz")]), mtime=0)
        path.write_bytes(good if len(asked) > 1 else good[:-1] + b"?")

    monkeypatch.setattr("dlcli.data.download.download", download)
    online = replace(env, offline=False)
    assert len(load(dataset("fashion_mnist"), online).train) == 20
    assert len(asked) == 5 and asked[0] == asked[1]
    load(dataset("fashion_mnist"), online)
    assert len(asked) == 5
