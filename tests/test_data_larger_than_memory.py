"""Arrays in files that need not fit into memory: the same samples, the same weights, and little memory."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from main_job import dlcli, dlcli_json
from pydantic import ValidationError

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.data import archive, scattered
from dlcli.data.datasets.digits import Digits
from dlcli.data.file_rows import FileRows
from dlcli.data.load import load
from dlcli.errors import DataError, DataUnavailableError

X = np.random.default_rng(0).random((3000, 7)).astype(np.float32)
Y = (np.arange(3000) % 3).astype(np.uint8)
CONFIG = """\
seed: 3
dataset:
  {dataset}
  validation_split: 0.2
  preprocessing: [standardize]
model:
  layers:
    - flatten
    - {{type: dense, units: 16, activation: relu}}
    - {{type: dense, units: 10, activation: softmax}}
loss: categorical_crossentropy
optimizer: adam
metrics: [accuracy]
training: {{epochs: 2, batch_size: 32}}
"""


@pytest.fixture
def env(tmp_path):
    return DataEnv(
        data_dir=None, cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3, warn=pytest.fail,
    )


@pytest.fixture
def read_by_rows(monkeypatch):
    """Even small arrays are read by rows."""
    monkeypatch.setattr(archive, "READ_BY_ROWS_FROM", 1)


def dataset(kind, **keys):
    return from_yaml(Dataset, {"type": kind, **keys})


def rows_of(path, array=X):
    np.save(path, array)
    header = archive.npy_header(path)
    return FileRows(path, start=header.size, shape=header.shape, dtype=header.dtype)


@pytest.mark.parametrize("way", ["many at once", "one by one", "without preadv", "refused by the file system"])
@pytest.mark.parametrize("rows", [
    [5], [2999, 0, 17, 17, 5], range(40, 90), range(0, 90, 2), range(90, 40, -1), range(0, 3000, 100), [],
    np.random.default_rng(1).permutation(3000),
], ids=["one", "any", "in order", "with gaps", "backwards", "far apart", "none", "all"])
def test_rows_of_a_file_are_those_of_the_array(way, rows, tmp_path, monkeypatch):
    if way != "many at once":
        monkeypatch.setattr(scattered._Many, "_refused", way != "refused by the file system")
    if way == "without preadv":
        monkeypatch.setattr(scattered, "_read_at", scattered._seek_and_read)
    if way == "refused by the file system":
        monkeypatch.setattr(scattered._Many, "read", lambda *args: False)
    rows = np.array(list(rows), np.intp)
    for array in (X, (X * 200).astype(np.uint8), X[:, 0].astype(">f8"), X.reshape(3000, 7, 1).astype("<i2")):
        source = rows_of(tmp_path / "x.npy", array)
        assert np.array_equal(source[rows], array[rows])
        assert source.shape == array.shape and source.dtype == array.dtype


@pytest.mark.skipif(not scattered._KNOWN, reason="run it on Linux, which reads many pieces at once")
def test_the_system_reads_many_pieces_at_once(tmp_path, monkeypatch):
    def one_by_one(*args):
        raise AssertionError("a piece was read by itself")

    source = rows_of(tmp_path / "x.npy")
    if scattered._Many.take() is None:
        pytest.skip("let the system allow io_setup (a container may forbid it)")
    monkeypatch.setattr(scattered, "read_piece", one_by_one)
    rows = np.random.default_rng(1).permutation(3000)
    assert np.array_equal(source[rows], X[rows])


def test_pieces_behind_the_end_of_a_file_are_an_error(tmp_path):
    (tmp_path / "file").write_bytes(bytes(100))
    target = np.empty((3, 10), np.uint8)
    with (tmp_path / "file").open("rb") as file:
        scattered.read_pieces(file.fileno(), np.array([90, 0, 50]), target)
        with pytest.raises(EOFError):
            scattered.read_pieces(file.fileno(), np.array([91, 0, 50]), target)
        with pytest.raises(EOFError):
            scattered.read_pieces(file.fileno(), np.array([0, 50, 400]), target)


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="run it on a system with posix_fadvise, such as Linux")
def test_a_disk_that_lets_wait_is_told_beforehand_what_will_be_read(tmp_path, monkeypatch):
    source, told, clock = rows_of(tmp_path / "x.npy"), [], []
    monkeypatch.setattr(os, "posix_fadvise", lambda file, place, size, advice: told.append((place, size)))
    monkeypatch.setattr("dlcli.data.file_rows.time", SimpleNamespace(monotonic=lambda: clock.pop(0)))
    rows, header = np.array([2000, 5, 70]), archive.npy_header(tmp_path / "x.npy").size
    told_at = []
    for seconds in (1e-6, 1.0, 1.0, 1e-6, 1e-6):  # from the cache, from a slow disk, and at last from the cache again
        before, clock[:] = len(told), [0.0, seconds]
        assert np.array_equal(source[rows], X[rows])
        told_at.append(len(told) - before)
    assert told_at == [0, 0, 3, 3, 0]
    assert told[:3] == [(header + row * 28, 28) for row in rows.tolist()]


def test_a_file_that_is_changed_while_it_is_in_use_is_told_by_its_name(tmp_path):
    source = rows_of(tmp_path / "x.npy")
    rows = np.arange(2900, 3000)[::-1]
    with (tmp_path / "x.npy").open("r+b") as file:
        file.truncate(5000)
    with pytest.raises(DataError, match="changed while it was in use") as error:
        source[rows]
    assert error.value.where == str(tmp_path / "x.npy") and error.value.hint


def split_files(folder, **arrays):
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def test_large_arrays_are_read_by_rows_and_small_ones_as_a_whole(tmp_path, env, monkeypatch):
    monkeypatch.setattr(archive, "READ_BY_ROWS_FROM", X.nbytes)
    (tmp_path / "folder").mkdir()
    split_files(tmp_path / "folder", x_train=X, y_train=Y, x_test=X[:9], y_test=Y[:9])
    np.savez(tmp_path / "file.npz", x_train=X, y_train=Y, x_test=X[:9], y_test=Y[:9])
    np.savez_compressed(tmp_path / "packed.npz", x_train=X, y_train=Y, x_test=X[:9], y_test=Y[:9])
    np.savez(tmp_path / "columns.npz", x_train=np.asfortranarray(X), y_train=Y, x_test=X[:9], y_test=Y[:9])
    rows = np.random.default_rng(1).permutation(3000)[:100]
    for path, by_rows in (("folder", True), ("file.npz", True), ("packed.npz", False), ("columns.npz", False)):
        loaded = load(dataset("npz", path=path), env)
        assert isinstance(loaded.train.x, FileRows) == by_rows, path
        assert isinstance(loaded.test.x, np.ndarray) and isinstance(loaded.train.y, np.ndarray)
        assert np.array_equal(loaded.train.x[rows], X[rows]) and np.array_equal(loaded.train.y, Y)
        assert np.array_equal(loaded.test.x, X[:9])


def test_targets_that_are_numbers_may_be_large_too(tmp_path, env, read_by_rows):
    split_files(tmp_path, x=X, y=X[:, :2])
    loaded = load(dataset("npy", path="x.npy", target_path="y.npy"), env)
    assert isinstance(loaded.train.y, FileRows) and loaded.spec.target.shape == (2,)
    assert np.array_equal(loaded.train.y[np.array([7, 2])], X[[7, 2], :2])


def test_npy_files_bring_the_splits_that_are_named(tmp_path, env):
    split_files(tmp_path, x=X, y=Y, xt=X[:9], yt=Y[:9], xv=X[9:20], yv=Y[9:20])
    alone = dataset("npy", path="x.npy", target_path="y.npy", classes=["a", "b", "c"])
    loaded = load(alone, env)
    assert loaded.test is None and loaded.validation is None and loaded.spec.target.labels == ("a", "b", "c")
    assert alone.describe(env) == loaded.spec
    loaded = load(dataset(
        "npy", path="x.npy", target_path="y.npy", test_path="xt.npy", test_target_path="yt.npy",
        validation_path="xv.npy", validation_target_path="yv.npy",
    ), env)
    assert len(loaded.test) == 9 and len(loaded.validation) == 11
    with pytest.raises(ValidationError, match="found test_path without test_target_path"):
        dataset("npy", path="x.npy", target_path="y.npy", test_path="xt.npy")


@pytest.mark.parametrize(("content", "match"), [
    (b"", "cannot be read as an array file"),
    (b"some text", "cannot be read as an array file"),
    ("cut", r"an array of shape \(3000, 7\) takes 84000 bytes; found 83900"),
])
def test_what_is_no_whole_npy_file_is_refused(content, match, tmp_path, env):
    split_files(tmp_path, x=X, y=Y)
    path = tmp_path / "x.npy"
    path.write_bytes(path.read_bytes()[:-100] if content == "cut" else content)
    with pytest.raises(DataError, match=match) as error:
        load(dataset("npy", path="x.npy", target_path="y.npy"), env)
    assert "x.npy" in error.value.where and error.value.hint


def test_absent_npy_files_are_unavailable(tmp_path, env):
    split_files(tmp_path, x=X)
    with pytest.raises(DataUnavailableError, match=r"looked for y\.npy"):
        load(dataset("npy", path="x.npy", target_path="y.npy"), env)
    assert dataset("npy", path="x.npy", target_path="y.npy").describe(env) is None


def test_an_npz_may_be_a_folder_but_not_one_without_arrays(tmp_path, env):
    split_files(tmp_path, x_train=X, y_train=Y)
    assert len(load(dataset("npz", path="."), env).train) == 3000
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"the directory holds no \.npy files"):
        load(dataset("npz", path="empty"), env)


@pytest.fixture
def digit_files(tmp_path, env):
    digits = Digits().load(env)
    split_files(tmp_path, x=digits.train.x, y=digits.train.y)
    np.savez(tmp_path / "digits.npz", x_train=digits.train.x, y_train=digits.train.y)
    for kind in ("npy, path: x.npy, target_path: y.npy", "npz, path: digits.npz"):
        text = CONFIG.format(dataset="\n  ".join(f"type: {kind}".split(", ")))
        (tmp_path / f"{kind[:3]}.yaml").write_text(text)
    return tmp_path


def test_a_run_that_reads_by_rows_has_the_weights_of_one_in_memory(capsys, digit_files, monkeypatch):
    inside = [dlcli_json(capsys, "train", digit_files / f"{kind}.yaml")[1] for kind in ("npy", "npz")]
    monkeypatch.setattr(archive, "READ_BY_ROWS_FROM", 1)
    outside = [dlcli_json(capsys, "train", digit_files / f"{kind}.yaml")[1] for kind in ("npy", "npz")]
    assert len({run["weights_sha256"] for run in (*inside, *outside)}) == 1
    assert {run["metrics"]["val_loss"] for run in outside} == {inside[0]["metrics"]["val_loss"]}


def test_a_run_that_reads_by_rows_goes_on_from_within_an_epoch(capsys, digit_files, read_by_rows):
    straight = dlcli_json(capsys, "train", digit_files / "npy.yaml")[1]
    path, steps = digit_files / "npy.yaml", ("~training.epochs", "+training.steps=50")
    begun = dlcli_json(capsys, "train", path, *steps)[1]
    gone_on = dlcli_json(capsys, "train", "--resume", begun["run_id"], "training.steps=90")[1]
    assert begun["step"] == 50 and gone_on["step"] == straight["step"] == 90
    assert gone_on["weights_sha256"] == straight["weights_sha256"]


def test_a_resumed_run_finds_that_its_file_has_changed(capsys, digit_files, read_by_rows):
    run = dlcli_json(capsys, "train", digit_files / "npy.yaml")[1]
    x = np.load(digit_files / "x.npy")
    x[700, 3, 3] ^= 1
    np.save(digit_files / "x.npy", x)
    code, _, err = dlcli(capsys, "train", "--resume", run["run_id"], "training.epochs=3")
    assert code == 1 and "no longer what the run was trained on" in err


@pytest.mark.skipif(sys.platform != "linux", reason="run it on Linux: memory is counted otherwise elsewhere")
def test_a_file_of_a_gigabyte_trains_in_little_memory(tmp_path):
    """The file has a hole in place of most samples, and so takes no room on the disk."""
    rows = 1 << 16
    with (tmp_path / "x.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (rows, 4096)})
        file.truncate(file.tell() + rows * 4096 * 4)
    np.save(tmp_path / "y.npy", (np.arange(rows) % 10).astype(np.uint8))
    text = CONFIG.format(dataset="type: npy\n  path: x.npy\n  target_path: y.npy").replace("epochs: 2", "steps: 60")
    (tmp_path / "large.yaml").write_text(text.replace("  preprocessing: [standardize]\n", ""))
    code = (
        "import re, sys; from dlcli.cli.main import main; code = main(sys.argv[1:])\n"
        # Not `ru_maxrss`, which begins with what the process that started this one held.
        "peak = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]\n"
        "print('peak', int(peak) // 1024); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "train", str(tmp_path / "large.yaml"), "-q", "--no-progress"],
        capture_output=True, text=True, timeout=300, env={**os.environ, "DLCLI_RUNS_DIR": str(tmp_path / "runs")},
    )
    assert done.returncode == 0, done.stderr
    peak = int(done.stdout.split("peak ")[1])
    assert peak < 300, f"{peak} MB for a file of 1024 MB"


def test_predict_reads_large_arrays_by_rows(capsys, digit_files, read_by_rows, monkeypatch):
    assert dlcli(capsys, "train", digit_files / "npy.yaml")[0] == 0
    np.savez(digit_files / "new.npz", x=np.load(digit_files / "x.npy"))
    monkeypatch.setattr(archive, "load_npy", None)  # what would read all of it
    read = []
    gather = FileRows.gather
    monkeypatch.setattr(FileRows, "gather", lambda self, rows, out: read.append(len(rows)) or gather(self, rows, out))
    names = ("x.npy", "new.npz")
    answers = [dlcli(capsys, "predict", "latest", digit_files / name, "--format", "csv") for name in names]
    assert [code for code, *_ in answers] == [0, 0] and max(read) < 1797 < sum(read)
    predicted = [[line.split(",")[1:] for line in out.splitlines()] for _, out, _ in answers]
    assert predicted[0] == predicted[1] and len(predicted[0]) == 1798
