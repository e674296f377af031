"""Batches, preprocessing, splits: the way of samples from a data set to the model."""

import tracemalloc

import numpy as np
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.streams import Streams
from dlcli.core.target import DataSpec, Target
from dlcli.core.transform import Transform
from dlcli.data.batches import Batches
from dlcli.data.preprocessing import Pipeline
from dlcli.data.splits import set_aside, whole
from dlcli.errors import DataError

CLASSES = Target(kind="classes", labels=("a", "b", "c"))


def images(n: int = 103, dtype: str = "uint8"):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (n, 4, 3)).astype(dtype)
    return whole(x, rng.integers(0, 3, n).astype(np.uint8)), DataSpec(
        input_shape=(4, 3), dtype=dtype, target=CLASSES, image=True,
    )


def pipeline(spec, *transforms):
    return Pipeline([from_yaml(Transform, transform) for transform in transforms], spec)


RESCALE = {"type": "rescale", "scale": "1/255"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stored", ["uint8", "float32", "float64", "int64", ">f4"])
def test_a_batch_is_the_rows_asked_for_transformed(dtype, stored):
    split, spec = images(dtype=stored)
    batches = Batches(split, pipeline(spec, RESCALE), spec, batch_size=8, dtype=dtype)
    rows = np.array([5, 3, 102, 3])
    x, y = batches.take(rows)
    assert x.dtype == dtype and y.dtype == np.intp
    np.testing.assert_allclose(x, split.x[rows].astype(float) / 255, rtol=1e-6)
    np.testing.assert_array_equal(y, split.y[rows])


def test_without_transforms_a_batch_is_the_stored_numbers():
    split, spec = images(dtype="float32")
    x, _ = Batches(split, pipeline(spec), spec, batch_size=8, dtype="float32").take(np.arange(8))
    np.testing.assert_array_equal(x, split.x[:8])


def test_the_stored_samples_are_never_changed():
    for stored in ("uint8", "float32"):
        split, spec = images(dtype=stored)
        before = split.x.copy()
        batches = Batches(split, pipeline(spec, RESCALE, RESCALE), spec, batch_size=8, dtype="float32")
        for rows in batches.cut(batches.order(Streams(1), 0, shuffle=True)):
            batches.take(rows)[0][:] = -1
        np.testing.assert_array_equal(split.x, before)


def test_an_epoch_takes_every_row_of_the_split_once():
    split, spec = images()
    train, _ = set_aside(split, 0.2, np.random.default_rng(0), key="validation_split")
    batches = Batches(train, pipeline(spec, RESCALE), spec, batch_size=8, dtype="float32")
    cuts = list(batches.cut(batches.order(Streams(1), 0, shuffle=True)))
    assert len(cuts) == len(batches) == 11 and {len(rows) for rows in cuts} == {8, 2}
    np.testing.assert_array_equal(np.sort(np.concatenate(cuts)), train.rows)


def test_the_order_depends_on_seed_and_epoch_alone():
    split, spec = images()
    batches = Batches(split, pipeline(spec), spec, batch_size=8, dtype="float32")
    order = batches.order(Streams(1), 3, shuffle=True)
    streams = Streams(1)
    streams.kept("dropout").random(100)
    np.testing.assert_array_equal(order, batches.order(streams, 3, shuffle=True))
    assert (order != batches.order(streams, 4, shuffle=True)).any()
    assert (order != batches.order(Streams(2), 3, shuffle=True)).any()
    np.testing.assert_array_equal(batches.order(streams, 3, shuffle=False), split.rows)


def test_two_buffers_keep_a_batch_while_the_next_is_filled():
    split, spec = images()
    batches = Batches(split, pipeline(spec), spec, batch_size=8, dtype="float32", buffers=2)
    x, y = batches.take(np.arange(8))
    kept = x.copy(), y.copy()
    again = batches.take(np.arange(20, 28))
    assert not np.shares_memory(x, again[0]) and not np.shares_memory(y, again[1])
    np.testing.assert_array_equal(x, kept[0])
    np.testing.assert_array_equal(y, kept[1])


def test_a_batch_size_above_the_split_gives_one_batch():
    split, spec = images(n=5)
    batches = Batches(split, pipeline(spec), spec, batch_size=64, dtype="float32")
    assert len(batches) == 1 and len(batches.take(split.rows)[0]) == 5


def test_taking_batches_allocates_no_arrays():
    split, spec = images(n=4000)
    batches = Batches(split, pipeline(spec, RESCALE), spec, batch_size=500, dtype="float32")
    cuts = list(batches.cut(batches.order(Streams(1), 0, shuffle=True)))
    batches.take(cuts[0])
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for rows in cuts:
            batches.take(rows)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < 5000, f"{peak} bytes; one raw batch takes 6000, a transformed one 24000"


def test_rows_of_an_array_that_lies_unaligned_in_memory_are_right():
    content = np.arange(1 + 4 * 60, dtype=np.uint8)
    x = content[1:].view("<f4").reshape(20, 3)
    assert not x.flags.aligned
    split = whole(x, np.zeros(20, int))
    spec = DataSpec(input_shape=(3,), dtype="float32", target=CLASSES)
    taken, _ = Batches(split, pipeline(spec), spec, batch_size=4, dtype="float32").take(np.array([7, 2]))
    assert taken.tobytes() == x[[7, 2]].tobytes()


def test_targets_that_are_numbers_come_in_the_dtype_of_the_model():
    split = whole(np.zeros((6, 2)), np.arange(12).reshape(6, 2))
    spec = DataSpec(input_shape=(2,), dtype="float64", target=Target(kind="numbers", shape=(2,)))
    _, y = Batches(split, pipeline(spec), spec, batch_size=4, dtype="float32").take(np.array([5, 0]))
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, [[10, 11], [0, 1]])


def test_set_aside_rows_are_disjoint_sorted_and_complete():
    split, _ = images(n=100)
    kept, aside = set_aside(split, 0.25, np.random.default_rng(3), key="test_split")
    assert len(kept) == 75 and len(aside) == 25
    np.testing.assert_array_equal(np.sort(np.concatenate([kept.rows, aside.rows])), split.rows)
    assert (np.diff(kept.rows) > 0).all() and (np.diff(aside.rows) > 0).all()


@pytest.mark.parametrize(("n", "share"), [(3, 0.1), (1, 0.9)])
def test_an_empty_split_is_refused(n, share):
    split, _ = images(n=n)
    with pytest.raises(DataError, match="empty") as error:
        set_aside(split, share, np.random.default_rng(0), key="validation_split")
    assert error.value.where == "dataset.validation_split"




RESIZE = {"type": "resize", "height": 3, "width": 5}


@pytest.mark.parametrize("transforms", [(), (RESCALE,), (RESIZE, RESCALE, "standardize")], ids=len)
@pytest.mark.parametrize("first", [0, 8, 56])
def test_a_feed_gives_the_batches_of_its_order_wherever_it_begins(first, transforms):
    split, spec = images(n=20_003)
    batches, single = (
        Batches(split, pipeline(spec, *transforms), spec, batch_size=8, dtype="float32") for _ in range(2)
    )
    for made in (batches, single):
        made.pipeline.fit(split)
    order = batches.order(Streams(1), 0, shuffle=True)[first:]
    with batches.feed(order) as feed:
        given = [(x.copy(), y.copy()) for x, y in feed]
    assert len(given) == len(list(single.cut(order)))
    for (x, y), rows in zip(given, single.cut(order), strict=True):
        wanted, labels = single.take(rows)
        assert np.array_equal(x, wanted) and np.array_equal(y, labels)


@pytest.mark.parametrize("wide", ["x", "y", "between"])
def test_little_memory_is_taken_where_samples_or_targets_are_wide(wide):
    shape, n, transforms = ((4, 3), 2_000, ())
    if wide != "y":
        shape, transforms = (60, 70), ({"type": "resize", "height": 2, "width": 2},)
    x = np.zeros((n, *(shape if wide == "x" else (2, 2) if wide == "between" else shape)), np.uint8)
    if wide == "between":
        transforms = ({"type": "resize", "height": 60, "width": 70}, *transforms)
    y = np.zeros((n, 4_000), np.float32) if wide == "y" else np.zeros(n, np.uint8)
    target = Target(kind="numbers", shape=(4_000,)) if wide == "y" else CLASSES
    spec = DataSpec(input_shape=x.shape[1:], dtype="uint8", target=target, image=True)
    split = whole(x, y)
    batches = Batches(split, pipeline(spec, *transforms), spec, batch_size=8, dtype="float32")
    batches.pipeline.fit(split)
    tracemalloc.start()
    try:
        with batches.feed(np.arange(n)) as feed:
            for _ in feed:
                pass
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000
