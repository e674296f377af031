"""The python version of CIFAR-10: read without running its pickles, kept unpacked, refused where it is damaged."""

import hashlib
import io
import os
import struct
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.data.cifar import PYTHON
from dlcli.data.datasets import cifar10 as module
from dlcli.data.inert import Call, bytes_array, plain_data
from dlcli.data.load import load
from dlcli.errors import DataError

RNG = np.random.default_rng(0)
RECORDS = 20
FILES = (*(f"data_batch_{number}" for number in range(1, 6)), "test_batch")
IMAGES = {name: RNG.integers(0, 256, (RECORDS, 3072), dtype=np.uint8) for name in FILES}
LABELS = {name: RNG.integers(0, 10, RECORDS).tolist() for name in FILES}


def written(value):
    """A value in the instructions that Python 2 wrote with protocol 2, as those of the archive are."""
    if isinstance(value, bytes):
        return (b"U" + bytes([len(value)]) if len(value) < 256 else b"T" + struct.pack("<i", len(value))) + value
    if isinstance(value, int):
        return b"K" + bytes([value]) if value < 256 else b"M" + struct.pack("<H", value)
    if isinstance(value, list):
        return b"]q\x05(" + b"".join(map(written, value)) + b"e"
    if isinstance(value, dict):
        return b"}q\x01(" + b"".join(written(key) + written(item) for key, item in value.items()) + b"u"
    dtype = b"cnumpy\ndtype\nq\x09U\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    made = b"cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03K\x00\x85U\x01b\x87R"
    rows, columns = value.shape
    shape = written(rows) + written(columns) + b"\x86"
    return made + b"(K\x01" + shape + dtype + b"\x89" + written(value.tobytes()) + b"tb"


def batch(name):
    return b"\x80\x02" + written({
        b"batch_label": name.encode(), b"labels": LABELS[name], b"data": IMAGES[name],
        b"filenames": [b"%d.png" % number for number in range(RECORDS)],
    }) + b"."


def archive(*, mode="w:gz", damaged=None):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as tar:
        for name in FILES:
            content = batch(name) if name != damaged else batch(name)[:-500]
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def env(tmp_path):
    (tmp_path / "data").mkdir()
    return DataEnv(
        data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True, bases=(), seed=3, warn=pytest.fail,
    )


@pytest.fixture
def small(monkeypatch):
    files = {name: hashlib.md5(batch(name)).hexdigest() for name in FILES}
    monkeypatch.setattr(module, "_RECORDS", RECORDS)
    monkeypatch.setattr(module, "_FORMS", (module.BINARY, replace(PYTHON, files=files)))


def loaded(env):
    return load(from_yaml(Dataset, "cifar10"), env)


def check(found):
    x = np.concatenate([IMAGES[name] for name in FILES[:5]]).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    assert np.array_equal(found.train.x, x) and found.train.y.tolist() == [y for n in FILES[:5] for y in LABELS[n]]
    assert len(found.test) == RECORDS and found.test.y.tolist() == LABELS["test_batch"]


@pytest.mark.parametrize(("place", "mode"), [
    ("cifar-10-python.tar.gz", "w:gz"), ("cifar10/cifar-10-python.tar.gz", "w:gz"), ("cifar-10-python.tar.gz", "w"),
])
def test_the_archive_is_read_however_it_is_packed(place, mode, env, small):
    path = env.data_dir / place
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(archive(mode=mode))
    check(loaded(env))


def test_the_unpacked_files_are_read(env, small):
    folder = env.data_dir / "cifar10" / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_bytes(batch(name))
    check(loaded(env))
    (folder / "data_batch_4").unlink()
    with pytest.raises(DataError, match="cannot be read"):
        loaded(env)


def test_the_content_of_each_file_is_checked(env, small):
    (env.data_dir / "cifar-10-python.tar.gz").write_bytes(archive(damaged="data_batch_2"))
    with pytest.raises(DataError, match=r"expected md5 .*, found") as error:
        loaded(env)
    assert error.value.where.endswith("data_batch_2") and "cifar-10-python.tar.gz" in error.value.hint


def test_the_published_checksums_are_asked_for(env, monkeypatch):
    monkeypatch.setattr(module, "_RECORDS", RECORDS)
    (env.data_dir / "cifar-10-python.tar.gz").write_bytes(archive())
    with pytest.raises(DataError, match="expected md5 c99cafc152244af753f735de768cd75f"):
        loaded(env)


# The second time


def counted(monkeypatch):
    unpacked = []
    read = module._read
    monkeypatch.setattr(module, "_read", lambda path: unpacked.append(path) or read(path))
    return unpacked


def test_what_was_unpacked_is_read_from_the_cache_the_next_time(env, small, monkeypatch):
    path = env.data_dir / "cifar-10-python.tar.gz"
    path.write_bytes(archive())
    unpacked = counted(monkeypatch)
    for _ in range(3):
        check(loaded(env))
    assert len(unpacked) == 1
    os.utime(path, (1, 1))  # another file, for all that is known
    check(loaded(env))
    assert len(unpacked) == 2 and len(list((env.cache_dir / "cifar10").iterdir())) == 1


@pytest.mark.parametrize("damage", [lambda c: c[:1000], lambda c: c[:60_000] + b"?" + c[60_001:], lambda c: b""])
def test_a_damaged_copy_in_the_cache_is_made_anew(env, small, monkeypatch, damage):
    (env.data_dir / "cifar-10-python.tar.gz").write_bytes(archive())
    check(loaded(env))
    (copy,) = (env.cache_dir / "cifar10").iterdir()
    copy.write_bytes(damage(copy.read_bytes()))
    unpacked = counted(monkeypatch)
    check(loaded(env))
    check(loaded(env))
    assert len(unpacked) == 1


def test_a_cache_that_cannot_be_written_is_no_mistake(env, small, monkeypatch):
    (env.data_dir / "cifar-10-python.tar.gz").write_bytes(archive())
    env.cache_dir.write_text("a file where a folder should be")
    unpacked = counted(monkeypatch)
    check(loaded(env))
    check(loaded(env))
    assert len(unpacked) == 2


# Pickles


def test_nothing_in_a_pickle_is_run(tmp_path):
    trap = tmp_path / "trap"
    content = b"\x80\x02cos\nsystem\nU" + bytes([len(f"touch {trap}")]) + f"touch {trap}".encode() + b"\x85R."
    found = plain_data(content, "here")
    assert found == Call("os.system", (f"touch {trap}".encode(),)) and not trap.exists()
    with pytest.raises(DataError, match="array of bytes"):
        bytes_array(found, "here")


@pytest.mark.parametrize(("content", "match"), [
    (b"", "plain data"), (b"\x80\x02}q", "plain data"), (b"\x80\x02}", "plain data"), (b"<html>", "plain data"),
    (b"\x80\x02(i__main__\nX\n.", "INST is not one of plain data"), (b"\x80\x02u.", "plain data"),
    (b"\x80\x02h\x05.", "plain data"),
])
def test_what_is_no_plain_pickle_is_refused(content, match):
    with pytest.raises(DataError, match=match) as error:
        plain_data(content, "here")
    assert error.value.where == "here" and error.value.hint


def test_plain_data_comes_as_it_was():
    value = {b"a": [1, 300, b"x" * 300], b"b": {b"c": []}}
    assert plain_data(b"\x80\x02" + written(value) + b".", "here") == value
    array = RNG.integers(0, 256, (300, 7), np.uint8)
    assert np.array_equal(bytes_array(plain_data(b"\x80\x02" + written(array) + b".", "here"), "here"), array)


@pytest.mark.parametrize("value", [
    {b"labels": [1] * RECORDS}, {b"labels": [1] * RECORDS, b"data": b"no array"}, [1, 2], 7,
    {b"labels": [1] * (RECORDS - 1), b"data": IMAGES["test_batch"]}, {b"data": IMAGES["test_batch"]},
    {b"labels": [b"1"] * RECORDS, b"data": IMAGES["test_batch"]},
    {b"labels": [10] * RECORDS, b"data": IMAGES["test_batch"]},
    {b"labels": [1] * RECORDS, b"data": IMAGES["test_batch"][:, :-1]},
])
def test_dictionaries_of_another_content_are_refused(value):
    with pytest.raises(DataError):
        PYTHON.read(b"\x80\x02" + written(value) + b".", RECORDS, "here")
