"""Samples that are not all in memory: read as an array would be, in the same batches, by threads that end."""

import threading
from dataclasses import dataclass, replace

import numpy as np
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset, Split, Splits
from dlcli.core.source import Source
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec, Target
from dlcli.core.transform import Transform
from dlcli.data.ahead import ahead
from dlcli.data.batches import Batches
from dlcli.data.checks import check
from dlcli.data.fingerprint import fingerprint
from dlcli.data.load import Loaded
from dlcli.data.preprocessing import Pipeline
from dlcli.data.sources import source_of
from dlcli.data.splits import whole
from dlcli.data.windows import windows
from dlcli.errors import DataError

CLASSES = Target(kind="classes", labels=("a", "b", "c"))


class Elsewhere(Source):
    """Samples that lie in an array, but are only given out row by row, as a file would."""

    def __init__(self, array, *, bad=None, most=1 << 30):
        self.array, self.bad, self.most = array, bad, most
        self.shape, self.dtype = array.shape, array.dtype
        self.readers = set()
        self.gathered = threading.Semaphore(0)

    def gather(self, rows, out):
        assert len(rows) <= self.most, f"{len(rows)} rows at once"
        assert out.dtype == self.dtype and out.flags.c_contiguous
        self.readers.add(threading.current_thread().name)
        if self.bad is not None and self.bad in rows:
            raise DataError("cannot be read", where=f"row {self.bad}")
        out[...] = self.array[rows]
        self.gathered.release()


@dataclass(frozen=True, kw_only=True)
class Given(Dataset):
    """Splits that are there already."""

    path: str = ""

    def describe(self, env):
        """Not needed."""
        return None

    def load(self, env: DataEnv) -> Splits:
        """Not needed."""
        raise NotImplementedError


def samples(n=301, dtype="float32"):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (n, 4, 3)).astype(dtype), rng.integers(0, 3, n).astype(np.uint8)


def spec_of(x):
    return DataSpec(input_shape=x.shape[1:], dtype=str(x.dtype), target=CLASSES, image=True)


def batches_of(split, *transforms, **keys):
    spec = spec_of(split.x)
    pipeline = Pipeline([from_yaml(Transform, transform) for transform in transforms], spec)
    pipeline.fit(split)
    return Batches(split, pipeline, spec, batch_size=16, dtype="float32", **keys)


@pytest.fixture(params=["disk", "decode"])
def effort(request, monkeypatch):
    """Both ways of being ready ahead; what is read comes in blocks of two batches."""
    monkeypatch.setattr(Elsewhere, "effort", request.param)
    monkeypatch.setattr("dlcli.data.batches._BLOCK", (40, 1 << 22))
    return request.param


def fed(batches, order):
    with batches.feed(order) as feed:
        return [(x.copy(), y.copy()) for x, y in feed]


def reading_threads():
    return [t for t in threading.enumerate() if t.name.startswith("batches")]


@pytest.mark.parametrize("dtype", ["float32", "uint8", ">f4"])
@pytest.mark.parametrize("transforms", [(), ({"type": "standardize"}, {"type": "min_max"})], ids=["raw", "fitted"])
def test_samples_that_are_read_give_the_batches_of_an_array(dtype, transforms, effort):
    x, y = samples(dtype=dtype)
    inside = whole(x, y)
    outside = replace(inside, x=Elsewhere(x), y=Elsewhere(y))
    order = Streams(3).fresh("shuffle", 0).permutation(inside.rows)
    given, wanted = (fed(batches_of(split, *transforms), order) for split in (outside, inside))
    assert len(given) == len(wanted) == 19 and len(given[-1][0]) == 301 - 18 * 16
    for (x_given, y_given), (x_wanted, y_wanted) in zip(given, wanted, strict=True):
        assert x_given.tobytes() == x_wanted.tobytes() and y_given.tobytes() == y_wanted.tobytes()


def test_what_lies_on_a_disk_or_is_decoded_is_read_by_other_threads(effort):
    x, y = samples()
    source = Elsewhere(x)
    fed(batches_of(replace(whole(x, y), x=source)), np.arange(301))
    assert source.readers and threading.main_thread().name not in source.readers


def test_what_lies_in_memory_is_read_by_the_thread_that_trains(monkeypatch):
    monkeypatch.setattr(Elsewhere, "effort", "memory")
    x, y = samples()
    source = Elsewhere(x)
    fed(batches_of(replace(whole(x, y), x=source)), np.arange(301))
    assert source.readers == {threading.main_thread().name}


def test_a_batch_stays_as_it_is_until_the_next_one_is_asked_for(effort, monkeypatch):
    monkeypatch.setattr("dlcli.data.batches._READERS", 2)
    monkeypatch.setattr("dlcli.data.batches.cores", lambda: 2)
    x, y = samples()
    source = Elsewhere(x)
    batches = batches_of(replace(whole(x, y), x=source))
    rows = list(batches.cut(np.arange(301)))
    jobs, unit = (19, 1) if effort == "decode" else (10, 2)  # how often is gathered, and for how many batches
    depth = 3 if effort == "decode" else 2
    gathered = 0
    with batches.feed(np.arange(301)) as feed:
        for number, (x_batch, _) in enumerate(feed):
            while gathered < min(number // unit + 1 + depth, jobs):  # all that may be read ahead has been
                assert source.gathered.acquire(timeout=20)
                gathered += 1
            np.testing.assert_array_equal(x_batch, x[rows[number]])
    assert gathered == jobs


def test_an_error_of_a_reading_thread_is_raised_at_its_batch_and_ends_the_threads(effort):
    x, y = samples()
    batches = batches_of(replace(whole(x, y), x=Elsewhere(x)))
    batches.split.x.bad = 100  # in batch 6, the first of its block
    taken = 0
    with pytest.raises(DataError, match="cannot be read") as error, batches.feed(np.arange(301)) as feed:
        for _ in feed:
            taken += 1
    assert error.value.where == "row 100" and taken == 6
    assert not reading_threads()


@pytest.mark.parametrize("reason", [KeyboardInterrupt, ValueError, None])
def test_the_threads_end_however_the_epoch_ends(reason, effort):
    x, y = samples()
    batches = batches_of(replace(whole(x, y), x=Elsewhere(x)))

    def begin():
        with batches.feed(np.arange(301)) as feed:
            next(feed)
            assert reading_threads()
            if reason is not None:
                raise reason

    if reason is None:
        begin()
    else:
        with pytest.raises(reason):
            begin()
    assert not reading_threads()
    assert len(fed(batches, np.arange(301))) == 19, "and the next epoch is read as the first was"


def test_jobs_are_done_ahead_but_never_further_than_asked():
    started = []
    gate = threading.Semaphore(0)

    def job(number):
        started.append(number)
        gate.release()
        return number

    with ahead(((lambda n=n: job(n)) for n in range(10)), threads=2, depth=3) as results:
        assert next(results) == 0
        for _ in range(4):
            assert gate.acquire(timeout=10)
        assert sorted(started) == [0, 1, 2, 3]
        assert list(results) == list(range(1, 10))


def test_overflow_is_treated_by_the_reading_threads_as_by_the_one_that_asks():
    with np.errstate(over="raise"), pytest.raises(FloatingPointError), \
            ahead([lambda: np.float32(1e38) * np.float32(1e38)], threads=1, depth=1) as results:
        next(results)


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_the_fingerprint_is_that_of_the_same_samples_in_memory(dtype):
    x, y = samples(dtype=dtype)
    inside = whole(x, y)

    def taken(split):
        return fingerprint(Loaded(spec=spec_of(x), train=split, validation=None, test=None, used=Given(), wanted="g"))

    assert taken(replace(inside, x=Elsewhere(x), y=Elsewhere(y))) == taken(inside)
    other = x.copy()
    other[200, 1, 1] += 1
    assert taken(replace(inside, x=Elsewhere(other))) != taken(inside)


def checked(x, y):
    spec = DataSpec(input_shape=x.shape[1:], dtype=str(x.dtype), target=CLASSES)
    check(Splits(spec=spec, train=Split(x=x, y=y, rows=np.arange(len(x)))), "there")


def test_samples_are_checked_a_piece_at_a_time():
    x = np.zeros((700, 1000), np.float32)
    y = np.zeros(700, np.uint8)
    checked(Elsewhere(x, most=300), Elsewhere(y))
    x[600, 3] = np.nan
    with pytest.raises(DataError, match=r"1 value\(s\) that are NaN or infinite, the first in row 600"):
        checked(Elsewhere(x, most=300), y)
    y[650:] = 3
    with pytest.raises(DataError, match=r"label 3 in row 650.*\(50 row\(s\)"):
        checked(Elsewhere(np.zeros_like(x)), Elsewhere(y))


def test_pieces_are_read_where_a_transform_is_fitted():
    x = np.random.default_rng(1).normal(3, 2, (900, 1000)).astype(np.float32)
    source = Elsewhere(x, most=300)
    rows = np.arange(0, 900, 2)
    transforms = [from_yaml(Transform, {"type": kind}) for kind in ("standardize", "min_max")]
    states = []
    for content in (x, source):
        pipeline = Pipeline(transforms, spec_of(x))
        pipeline.fit(Split(x=content, y=np.zeros(900, int), rows=rows))
        states.append(pipeline.state())
    assert all(np.array_equal(states[0][name], states[1][name]) for name in states[0])


def test_windows_are_gathered_by_several_threads_at_once():
    series = np.arange(20_000, dtype=np.float32)
    source = source_of(windows(series, 8, 19_000))
    wrong = []

    def read(seed):
        rng = np.random.default_rng(seed)
        out = np.empty((64, 8), np.float32)
        for _ in range(200):
            rows = rng.integers(0, 19_000, 64)
            source.gather(rows, out)
            if not np.array_equal(out, rows[:, None] + np.arange(8)):
                wrong.append(seed)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_slice_of_a_source_is_that_of_the_array():
    x, _ = samples()
    source = Elsewhere(x)
    for piece in (slice(None, 5), slice(290, 400), slice(-3, None), slice(0, 20, 4)):
        assert np.array_equal(source[piece], x[piece])
    assert len(source) == 301 and source.ndim == 3
