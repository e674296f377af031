"""Loading: MNIST from files, cache and mirrors; the fallback; splits; the fingerprint."""

import gzip
import hashlib
import struct
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.data.datasets.mnist import Mnist
from dlcli.data.fingerprint import fingerprint
from dlcli.data.idx import parse
from dlcli.data.load import load
from dlcli.errors import DataError, DataUnavailableError

RNG = np.random.default_rng(0)
ARRAYS = {
    "train-images-idx3-ubyte": RNG.integers(0, 256, (20, 28, 28), dtype=np.uint8),
    "train-labels-idx1-ubyte": (np.arange(20) % 10).astype(np.uint8),
    "t10k-images-idx3-ubyte": RNG.integers(0, 256, (10, 28, 28), dtype=np.uint8),
    "t10k-labels-idx1-ubyte": np.arange(10).astype(np.uint8),
}
MNIST = {"type": "mnist", "validation_split": 0.2, "preprocessing": [{"type": "rescale", "scale": "1/255"}]}


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


CONTENT = {name: idx(array) for name, array in ARRAYS.items()}


@pytest.fixture(autouse=True)
def small_mnist(monkeypatch):
    files = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    monkeypatch.setattr(Mnist, "collection", replace(Mnist.collection, files=files, mirrors=("https://a", "https://b")))


@pytest.fixture
def env(tmp_path, warnings):
    return DataEnv(
        data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3,
        warn=warnings.append,
    )


def place(base, wrap=lambda name: (f"{name}.gz", gzip.compress)):
    (base / "mnist").mkdir(parents=True)
    for name, content in CONTENT.items():
        file, compress = wrap(name)
        (base / "mnist" / file).write_bytes(compress(content))


def mnist(**keys):
    return from_yaml(Dataset, {**MNIST, **keys})


@pytest.mark.parametrize("wrap", [
    lambda name: (f"{name}.gz", gzip.compress),
    lambda name: (name, bytes),
    lambda name: (name.replace("-idx", ".idx"), bytes),
    lambda name: (f"{name.replace('-idx', '.idx')}.gz", gzip.compress),
], ids=["gz", "plain", "dotted", "dotted gz"])
@pytest.mark.parametrize("base", ["data_dir", "cache_dir"])
def test_mnist_is_found_under_any_of_its_names(wrap, base, env, warnings):
    place(getattr(env, base), wrap)
    loaded = load(mnist(), env)
    np.testing.assert_array_equal(loaded.train.x, ARRAYS["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(loaded.test.y, ARRAYS["t10k-labels-idx1-ubyte"])
    assert (len(loaded.train), len(loaded.validation), len(loaded.test)) == (16, 4, 10)
    assert not warnings and loaded.fell_back is None


def test_a_file_with_another_content_is_refused_by_name(env):
    place(env.data_dir)
    path = env.data_dir / "mnist" / "train-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(CONTENT["t10k-labels-idx1-ubyte"]))
    with pytest.raises(DataError, match=r"expected sha256 .* found") as error:
        load(mnist(fallback="digits"), env)
    assert error.value.where == str(path) and "delete this file" in error.value.hint


@pytest.mark.parametrize("damage", [lambda c: c[:-200], lambda c: c[:5], lambda c: c[:100] + b"?" + c[101:]])
def test_a_damaged_gzip_file_is_refused_by_name(damage, env):
    place(env.data_dir)
    path = env.data_dir / "mnist" / "train-images-idx3-ubyte.gz"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError) as error:
        load(mnist(), env)
    assert error.value.where == str(path) and not isinstance(error.value, DataUnavailableError)


@pytest.mark.parametrize(("content", "match"), [
    (b"", "found nothing"), (b"\x89PNG....", "header of an IDX"), (b"\0\0\x08\x03\0\0", "cut short"),
    (idx(np.zeros((2, 3), np.uint8))[:-1], "takes 18 bytes; found 17"),
])
def test_what_is_no_idx_is_refused(content, match):
    with pytest.raises(DataError, match=match):
        parse(content, "file")


def test_idx_of_other_number_types_is_read():
    array = np.array([[1.5, -2.0]], ">f4")
    content = b"\0\0\x0d\x02" + struct.pack(">2I", 1, 2) + array.tobytes()
    np.testing.assert_array_equal(parse(content, "file"), array)


def test_unavailable_data_lists_what_was_tried_and_how_to_place_it(env):
    with pytest.raises(DataUnavailableError) as error:
        load(mnist(), env)
    text = str(error.value)
    for part in (str(env.data_dir / "mnist"), str(env.cache_dir / "mnist"), "offline", "DLCLI_DATA_DIR", *CONTENT):
        assert part in text


def test_the_fallback_takes_over_what_it_does_not_set_itself_and_warns(env, warnings):
    loaded = load(mnist(fallback="digits"), env)
    assert loaded.used == from_yaml(Dataset, {**MNIST, "type": "digits"})
    assert len(loaded.validation) == round(0.2 * 1437) and loaded.spec.input_shape == (8, 8)
    assert "train-images-idx3-ubyte" in loaded.fell_back
    (warning,) = warnings
    for part in ("NOT THE DATA", "wanted: mnist", "used instead: digits", "(8, 8)", "offline"):
        assert part in warning


def test_keys_of_the_fallback_itself_are_kept(env):
    own = {"type": "digits", "validation_split": 0.5, "preprocessing": ["standardize"]}
    loaded = load(mnist(fallback=own), env)
    assert loaded.used == from_yaml(Dataset, own)


def test_no_fallback_where_the_data_is_there(env, warnings):
    place(env.data_dir)
    assert load(mnist(fallback="digits"), env).used.type_name() == "mnist" and not warnings


# Fetching; no network: `download` is replaced, or a server runs on this machine.


def mirror(monkeypatch, answers):
    """`answers` gives for each URL what it returns in turn; the last one for ever."""
    asked = []

    def download(url, path):
        asked.append(url)
        answer = answers(url, sum(u == url for u in asked))
        if isinstance(answer, Exception):
            raise answer
        path.write_bytes(answer)

    monkeypatch.setattr("dlcli.data.download.download", download)
    return asked


def packed(url):
    return gzip.compress(CONTENT[url.rpartition("/")[2].removesuffix(".gz")])


def test_files_are_fetched_once_and_kept(env, monkeypatch):
    asked = mirror(monkeypatch, lambda url, n: packed(url))
    online = replace(env, offline=False)
    load(mnist(), online)
    load(mnist(), online)
    load(mnist(), env)
    assert len(asked) == 4
    assert sorted(p.name for p in (env.cache_dir / "mnist").iterdir()) == sorted(f"{name}.gz" for name in CONTENT)


def test_the_next_mirror_is_asked_where_one_fails(env, monkeypatch):
    asked = mirror(monkeypatch, lambda url, n: OSError("no route") if url.startswith("https://a") else packed(url))
    load(mnist(), replace(env, offline=False))
    assert len(asked) == 8


def test_a_wrong_checksum_is_fetched_again_once(env, monkeypatch):
    asked = mirror(monkeypatch, lambda url, n: b"<html>" if n == 1 else packed(url))
    load(mnist(), replace(env, offline=False))
    assert len(asked) == 8


def test_a_checksum_that_is_wrong_twice_is_refused(env, monkeypatch):
    asked = mirror(monkeypatch, lambda url, n: b"<html>log in</html>")
    with pytest.raises(DataError, match=r"twice in a row: .*expected sha256 .*found") as error:
        load(mnist(fallback="digits"), replace(env, offline=False))
    assert len(asked) == 2 and error.value.where.startswith("https://a/")
    assert not list((env.cache_dir / "mnist").iterdir())


def test_a_damaged_file_in_the_cache_is_fetched_again(env, monkeypatch):
    place(env.cache_dir)
    path = env.cache_dir / "mnist" / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:1000])
    asked = mirror(monkeypatch, lambda url, n: packed(url))
    load(mnist(), replace(env, offline=False))
    load(mnist(), env)
    assert asked == ["https://a/t10k-images-idx3-ubyte.gz"]


def test_all_mirrors_failing_names_each(env, monkeypatch):
    mirror(monkeypatch, lambda url, n: OSError("no route"))
    with pytest.raises(DataUnavailableError, match=r"(?s)https://a/.*no route.*https://b/.*no route"):
        load(mnist(), replace(env, offline=False))


def test_pooch_fetches_from_a_server(tmp_path, env, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    place(tmp_path / "served")

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path / "served")) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            address = f"http://127.0.0.1:{server.server_port}"
            collection = replace(Mnist.collection, mirrors=(f"{address}/absent", f"{address}/mnist"))
            content = collection.content("t10k-labels-idx1-ubyte", replace(env, offline=False))
        finally:
            server.shutdown()
    assert content == CONTENT["t10k-labels-idx1-ubyte"]


# Splits and fingerprints.


def test_splits_depend_on_the_seed_alone(env):
    digits = from_yaml(Dataset, {"type": "digits", "validation_split": 0.2})
    first, again, other = load(digits, env), load(digits, env), load(digits, replace(env, seed=4))
    np.testing.assert_array_equal(first.validation.rows, again.validation.rows)
    assert (first.validation.rows != other.validation.rows).any()
    np.testing.assert_array_equal(first.test.rows, other.test.rows)


def test_the_test_split_stays_where_the_validation_split_changes(env):
    def tested(share):
        return load(from_yaml(Dataset, {"type": "make_classification", "validation_split": share}), env).test.rows

    np.testing.assert_array_equal(tested(0.0), tested(0.3))


def test_a_split_that_is_not_there_is_an_error_that_names_the_key(env):
    loaded = load(from_yaml(Dataset, {"type": "make_classification", "test_split": 0.0}), env)
    assert loaded.test is None and loaded.split("train") is loaded.train
    with pytest.raises(DataError, match=r"dataset\.test_split is 0"):
        loaded.split("test")


def test_a_fingerprint_changes_with_content_rows_and_type_only(env):
    digits = from_yaml(Dataset, {"type": "digits", "validation_split": 0.2})
    loaded = load(digits, env)
    first = fingerprint(loaded)
    assert first == fingerprint(load(digits, env))
    assert first["splits"] == {"train": 1150, "validation": 287, "test": 360} and first["dataset"] == "digits"
    x = loaded.train.x.copy()
    x[loaded.train.rows[5], 3, 3] ^= 1
    changed = [
        replace(loaded, train=replace(loaded.train, x=x)),
        replace(loaded, train=replace(loaded.train, x=loaded.train.x.astype(np.int8))),
        replace(loaded, train=replace(loaded.train, rows=loaded.train.rows[:-1])),
        load(digits, replace(env, seed=4)),
    ]
    assert len({first["sha256"], *(fingerprint(each)["sha256"] for each in changed)}) == 5
