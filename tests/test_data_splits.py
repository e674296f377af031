"""Dividing samples: at random, by class, by group, by time, into folds; what must hold for any of them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset, Fold, Split, Splits
from dlcli.core.target import DataSpec, Target
from dlcli.data import grouped, in_order, stratified
from dlcli.data.classes import classes_of
from dlcli.data.learnable import check_learnable
from dlcli.data.load import load, stand_in
from dlcli.data.setting_aside import divide
from dlcli.errors import DataError

counts_of_classes = st.lists(st.integers(1, 60), min_size=1, max_size=6)
shares = st.floats(0.02, 0.98)
seeds = st.integers(0, 2**32)
turns = st.integers(2, 8)


def labels_of(counts, seed):
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))


def environment(seed, warn=lambda text: None):
    return DataEnv(data_dir=None, cache_dir=None, offline=True, bases=(), seed=seed, warn=warn)


def divided(labels, seed=0, *, groups=None, times=None, spacing=0, spec=None, warn=lambda text: None, **keys):
    """The splits of samples with these labels, drawn as the keys of a data set say."""
    labels = np.asarray(labels)
    if spec is None:
        names = tuple(map(str, range(max(2, int(labels.max()) + 1))))
        spec = DataSpec(input_shape=(1,), dtype="float32", target=Target(kind="classes", labels=names))
    x = np.arange(len(labels), dtype=np.float32)[:, None]
    train = Split(x=x, y=labels, rows=np.arange(len(labels)))
    used = SimpleNamespace(**{
        "test_split": 0.0, "validation_split": 0.0, "stratify": False, "fold": None, "spacing": spacing,
        "autoencode": False, **keys,
    })
    return divide(used, Splits(spec=spec, train=train, groups=groups, times=times), environment(seed, warn))


def rows_of(splits):
    return [split.rows for split in (splits.train, splits.validation, splits.test) if split is not None]


def assert_each_row_once(splits, count):
    rows = rows_of(splits)
    assert all((np.diff(each) > 0).all() for each in rows)
    np.testing.assert_array_equal(np.sort(np.concatenate(rows)), np.arange(count))


def test_rows_drawn_at_random_are_those_that_runs_were_trained_on():
    """The bits of every run depend on these."""
    splits = divided([0, 1] * 10, 42, test_split=0.2, validation_split=0.25)
    assert [rows.tolist() for rows in rows_of(splits)[1:]] == [[9, 14, 15, 17], [2, 5, 11, 16]]


# By class.


@settings(max_examples=300, deadline=None)
@given(counts_of_classes, shares, seeds)
def test_every_class_has_its_share_to_within_one_sample(counts, share, seed):
    labels = labels_of(counts, seed)
    aside = stratified.draw(labels, share, np.random.default_rng(seed))
    taken = np.bincount(labels[aside], minlength=len(counts))
    assert (np.abs(taken - share * np.array(counts)) < 1 + 1e-6).all()
    assert (taken < counts).all(), "training sees every class"
    if min(counts) > 1 / (1 - share):  # none is held back for being the last of its class
        assert taken.sum() == round(len(labels) * share)


@settings(max_examples=100, deadline=None)
@given(counts_of_classes, turns, seeds)
def test_folds_are_equal_overall_and_in_every_class(counts, of, seed):
    labels = labels_of(counts, seed)
    parts = stratified.folds(labels, of, np.random.default_rng(seed))
    assert np.ptp(np.bincount(parts, minlength=of)) <= 1
    for label in range(len(counts)):
        assert np.ptp(np.bincount(parts[labels == label], minlength=of)) <= 1


def test_every_sample_of_a_class_is_as_likely_to_be_set_aside():
    labels = np.repeat([0, 1], [10, 30])
    drawn = np.sum([stratified.draw(labels, 0.3, np.random.default_rng(seed)) for seed in range(2000)], axis=0)
    assert np.abs(drawn / 2000 - 0.3).max() < 0.05  # five standard deviations of a share of 2000


@settings(max_examples=60, deadline=None)
@given(counts_of_classes, st.floats(0.1, 0.5), st.floats(0.1, 0.5), seeds)
def test_stratified_splits_use_every_row_once_and_depend_on_the_seed_alone(counts, test, validation, seed):
    labels = labels_of(counts, seed)
    keys = {"stratify": True, "test_split": test, "validation_split": validation}
    try:
        splits = divided(labels, seed, **keys)
    except DataError:
        assume(False)
    assert_each_row_once(splits, len(labels))
    for one, two in zip(rows_of(splits), rows_of(divided(labels, seed, **keys)), strict=True):
        np.testing.assert_array_equal(one, two)


def test_another_seed_draws_other_rows():
    labels = labels_of([50, 50], 0)
    one, two = (divided(labels, seed, stratify=True, test_split=0.2).test.rows for seed in (1, 2))
    assert (one != two).any()


def test_the_test_split_stays_where_validation_changes():
    labels = labels_of([50, 30], 0)
    tested = [
        divided(labels, 1, stratify=True, test_split=0.2, **keys).test.rows.tolist()
        for keys in ({}, {"validation_split": 0.3}, {"fold": Fold(number=2, of=4)})
    ]
    assert tested[0] == tested[1] == tested[2]


def test_one_hot_labels_are_drawn_like_class_numbers():
    labels = labels_of([40, 10, 4], 0)
    one = divided(labels, 5, stratify=True, test_split=0.25)
    spec = DataSpec(input_shape=(1,), dtype="float32", target=Target(kind="classes", labels=("a", "b", "c")))
    hot = Split(x=np.zeros((54, 1), "f4"), y=np.eye(3)[labels], rows=np.arange(54))
    assert np.array_equal(classes_of(hot, spec), labels)
    used = SimpleNamespace(test_split=0.25, validation_split=0.0, stratify=True, fold=None, spacing=0, autoencode=False)
    two = divide(used, Splits(spec=spec, train=hot), environment(5))
    assert np.array_equal(one.test.rows, two.test.rows)


# By group.


@st.composite
def samples_in_groups(draw):
    sizes = draw(st.lists(st.integers(1, 30), min_size=2, max_size=12))
    seed = draw(seeds)
    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return groups, rng.integers(0, 3, len(groups)), seed


@settings(max_examples=200, deadline=None)
@given(samples_in_groups(), shares, st.booleans())
def test_no_group_is_divided_and_none_of_the_splits_is_empty(samples, share, by_class):
    groups, labels, seed = samples
    aside = grouped.draw(groups, labels if by_class else labels * 0, share, np.random.default_rng(seed))
    assert not set(groups[aside]) & set(groups[~aside])
    assert aside.any() and not aside.all()
    if not by_class:  # no other single group could be moved to come nearer
        missed = abs(aside.sum() - share * len(groups))
        assert missed <= max(np.bincount(groups).max(), 1)


@settings(max_examples=100, deadline=None)
@given(samples_in_groups(), turns)
def test_folds_of_groups_hold_whole_groups(samples, of):
    groups, labels, seed = samples
    assume(len(set(groups)) >= of)
    parts = grouped.folds(groups, labels, of, np.random.default_rng(seed))
    for group in set(groups):
        assert len(set(parts[groups == group])) == 1
    assert set(parts) == set(range(of))


def test_small_groups_meet_the_share_and_keep_the_mixture_of_classes():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 400, 2000)
    labels = (rng.random(2000) < 0.1 + 0.3 * (groups % 2)).astype(int)
    aside = grouped.draw(groups, labels, 0.25, rng)
    assert abs(aside.mean() - 0.25) < 0.005
    assert abs(labels[aside].mean() - labels.mean()) < 0.005
    parts = grouped.folds(groups, labels, 5, rng)
    assert np.abs(np.bincount(parts) / 2000 - 0.2).max() < 0.005
    for part in range(5):
        assert abs(labels[parts == part].mean() - labels.mean()) < 0.01


def test_groups_may_be_text_and_stay_together_in_all_three_splits():
    groups = np.array([f"patient {n % 30}" for n in range(600)])
    splits = divided(np.arange(600) % 2, 3, groups=groups, test_split=0.2, validation_split=0.25)
    assert_each_row_once(splits, 600)
    train, validation, test = (set(groups[rows]) for rows in rows_of(splits))
    assert not train & validation and not train & test and not validation & test
    assert len(splits.test) == 120 and len(splits.validation) == 120


def test_a_share_that_groups_cannot_meet_is_said():
    said = []
    splits = divided([0, 1] * 50, groups=np.arange(100) // 50, test_split=0.2, warn=said.append)
    assert len(splits.test) == 50
    assert "dataset.test_split" in said[0] and "50% in place of 20%" in said[0] and "group" in said[0]


def test_one_group_alone_cannot_be_divided():
    with pytest.raises(DataError, match=r"empty; .*a group is not divided") as error:
        divided([0, 1] * 10, groups=np.zeros(20), test_split=0.2)
    assert error.value.where == "dataset.test_split" and error.value.hint


# By time.


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=80), shares)
def test_the_latest_are_set_aside_and_no_point_in_time_is_divided(times, share):
    times = np.array(times)
    aside = in_order.latest(times, share)
    if aside.any() and not aside.all():
        assert times[~aside].max() < times[aside].min()


def test_dates_divide_like_numbers():
    days = np.datetime64("2024-01-01") + np.random.default_rng(0).permutation(50)
    splits = divided(np.arange(50) % 2, times=days, test_split=0.2, validation_split=0.25)
    assert days[splits.train.rows].max() < days[splits.validation.rows].min()
    assert days[splits.validation.rows].max() < days[splits.test.rows].min()
    assert [len(rows) for rows in rows_of(splits)] == [30, 10, 10]


@pytest.mark.parametrize("spacing", [1, 5])
def test_folds_in_the_order_of_time_train_on_the_past(spacing):
    seen = []
    for number in range(1, 5):
        splits = divided([0, 1] * 50, spacing=spacing, test_split=0.1, fold=Fold(number=number, of=4))
        train, held, test = rows_of(splits)
        assert train[0] == 0 and train[-1] == held[0] - spacing
        assert held[-1] + spacing <= test[0]
        seen += held.tolist()
    assert seen == list(range(seen[0], seen[-1] + 1)), "every part after the first validates once"


def test_folds_by_time_keep_points_in_time_whole():
    times = np.repeat(np.arange(13), 7)
    for number in range(1, 6):
        splits = divided([0, 1] * 45 + [0], times=times, fold=Fold(number=number, of=5))
        assert times[splits.train.rows].max() < times[splits.validation.rows].min()


# Folds.


@settings(max_examples=60, deadline=None)
@given(counts_of_classes, turns, seeds, st.sampled_from([0.0, 0.2]), st.booleans())
def test_every_sample_but_the_tests_validates_once(counts, of, seed, test, by_group):
    labels = labels_of([count + 2 * of for count in counts], seed)
    groups = np.random.default_rng(seed).permutation(len(labels)) % (4 * of) if by_group else None
    held = []
    for number in range(1, of + 1):
        splits = divided(  # a class may be in one group alone, which would be refused if classes were to be learned
            labels, seed, groups=groups, test_split=test, fold=Fold(number=number, of=of), autoencode=True,
        )
        assert_each_row_once(splits, len(labels))
        held.append(splits.validation.rows)
    tested = [] if splits.test is None else splits.test.rows
    np.testing.assert_array_equal(np.sort(np.concatenate(held)), np.setdiff1d(np.arange(len(labels)), tested))


def test_folds_of_numbers_are_drawn_at_random():
    spec = DataSpec(input_shape=(1,), dtype="float32", target=Target(kind="numbers"))
    splits = divided(np.linspace(0, 1, 23), spec=spec, fold=Fold(number=1, of=4))
    assert len(splits.validation) == 6 and (np.diff(splits.validation.rows) != 1).any()


@pytest.mark.parametrize(("keys", "match"), [
    ({"fold": Fold(number=1, of=5)}, "3 samples cannot be cut into 5 parts"),
    ({"fold": Fold(number=1, of=3), "groups": np.array([0, 0, 1])}, "cannot be cut"),
    ({"fold": Fold(number=1, of=3), "times": np.array([4, 4, 4])}, "cannot be cut"),
])
def test_too_few_samples_for_the_folds_are_refused(keys, match):
    with pytest.raises(DataError, match=match) as error:
        divided([0, 1, 0], autoencode=True, **keys)
    assert error.value.where == "dataset.fold" and "fewer folds" in error.value.hint


@pytest.mark.parametrize(("keys", "number"), [
    ({}, 1), ({"groups": np.arange(30) // 3}, 2), ({"times": np.arange(30)}, 3),
])
def test_a_class_that_training_would_not_see_in_some_turn_stops_the_first(keys, number):
    with pytest.raises(DataError, match=r"no sample of class '2', of which there are 1 in 30") as error:
        divided([0, 1] * 14 + [2, 1], fold=Fold(number=number, of=3), **keys)
    assert error.value.where == "dataset.fold"


# The keys of a data set.


@pytest.fixture
def env(tmp_path):
    return replace(environment(3), bases=(tmp_path,))


def test_a_shipped_table_is_drawn_by_class(env):
    loaded = load(from_yaml(Dataset, {"type": "iris", "stratify": True, "validation_split": 0.25}), env)
    counts = [np.bincount(split.y[split.rows]).tolist() for split in (loaded.train, loaded.validation, loaded.test)]
    assert counts == [[30] * 3, [10] * 3, [10] * 3]


@pytest.mark.parametrize("keys", [
    {"type": "diabetes", "stratify": True}, {"type": "shakespeare_excerpt", "stratify": True, "test_split": 0.1},
])
def test_classes_are_asked_for_where_there_are_none(keys, env):
    with pytest.raises(DataError) as error:
        load(from_yaml(Dataset, keys), env)
    assert error.value.where == "dataset.stratify" and error.value.hint == "take stratify out"


def test_a_fallback_is_divided_as_the_wanted_data_would_have_been(env):
    keys = {"type": "npz", "path": "none.npz", "stratify": True, "fold": {"number": 2, "of": 5}}
    loaded = load(from_yaml(Dataset, {**keys, "fallback": {"type": "digits", "validation_split": 0.5}}), env)
    assert loaded.used.fold == Fold(number=2, of=5) and loaded.used.stratify and not loaded.used.validation_split
    assert len(loaded.validation) in (287, 288) and len(loaded.train) + len(loaded.validation) == 1437


def test_a_fallback_in_the_order_of_time_is_not_drawn_by_class():
    wanted = from_yaml(Dataset, {"type": "npz", "path": "none.npz", "stratify": True, "fallback": "sine"})
    assert not stand_in(wanted).stratify


def test_a_validation_split_of_the_datas_own_leaves_no_room_for_folds(env, tmp_path):
    x, y = np.zeros((9, 2), "f4"), np.arange(9) % 3
    np.savez(tmp_path / "a.npz", x_train=x, y_train=y, x_validation=x, y_validation=y)
    keys = {"type": "npz", "path": str(tmp_path / "a.npz"), "fold": {"number": 1, "of": 2}}
    with pytest.raises(DataError, match="brings 9 samples") as error:
        load(from_yaml(Dataset, keys), env)
    assert error.value.where == "dataset.fold"


# Classes that cannot be learned.


def arrays(path, y_train, y_test, **keys):
    np.savez(path, x_train=np.zeros((len(y_train), 2), "f4"), y_train=y_train,
             x_test=np.zeros((len(y_test), 2), "f4"), y_test=y_test)
    return from_yaml(Dataset, {"type": "npz", "path": str(path), **keys})


def test_a_class_that_only_validation_has_is_refused_with_its_row(env, tmp_path):
    rare = np.array([0, 1] * 20 + [2])
    dataset = arrays(tmp_path / "a.npz", rare, [0, 1], validation_split=0.4)
    seed = next(seed for seed in range(50) if 40 in load(dataset, replace(env, seed=seed)).validation.rows)
    with pytest.raises(DataError, match=r"1 of 16 samples .*'2'; the first is row 40") as error:
        check_learnable(load(dataset, replace(env, seed=seed)))
    assert error.value.where.endswith("validation split") and "stratify: true" in error.value.hint
    check_learnable(load(replace(dataset, stratify=True), replace(env, seed=seed)))


def test_targets_that_are_no_classes_of_samples_may_be_anything(env, tmp_path):
    check_learnable(load(arrays(tmp_path / "a.npz", np.zeros(9), np.ones(3)), env))
    autoencode = arrays(tmp_path / "b.npz", np.zeros(9, int), np.ones(3, int), classes=2, autoencode=True)
    check_learnable(load(autoencode, env))
    check_learnable(load(from_yaml(Dataset, {"type": "shakespeare_excerpt", "validation_split": 0.1}), env))
