"""Tables of known content: Boston housing from CSV and from Keras' file; small tables that are shipped."""

import numpy as np
import pytest

from dlcli.core.component import from_yaml
from dlcli.core.dataset import DataEnv, Dataset
from dlcli.data import housing
from dlcli.data.datasets.boston_housing import BostonHousing
from dlcli.data.load import load
from dlcli.errors import DataError, DataUnavailableError

HEAD = "CRIM,ZN,INDUS,CHAS,NOX,RM,AGE,DIS,RAD,TAX,PTRATIO,B,LSTAT,MEDV"
TABLE = np.random.default_rng(0).random((506, 14)).round(3)
TABLE[:, -1] += 22.532806 - TABLE[:, -1].mean()


@pytest.fixture
def env(tmp_path):
    return DataEnv(
        data_dir=tmp_path / "data", cache_dir=tmp_path / "cache", offline=True, bases=(tmp_path,), seed=3,
        warn=lambda text: None,
    )


def boston(**keys):
    return from_yaml(Dataset, {"type": "boston_housing", **keys})


def as_csv(table=TABLE, head=HEAD):
    return "\n".join([head, *(",".join(f"{value:.6f}" for value in row) for row in table)])


def place(env, content, name="boston_housing.csv"):
    path = env.data_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.mark.parametrize("name", ["boston_housing.csv", "boston_housing/boston_housing.csv"])
@pytest.mark.parametrize("change", [str, str.lower, lambda text: text.replace(",", ";")])
def test_the_table_is_found_and_read(name, change, env):
    place(env, change(as_csv()), name)
    loaded = load(boston(), env)
    np.testing.assert_allclose(loaded.train.x, TABLE[:, :13], rtol=1e-6)
    np.testing.assert_allclose(loaded.train.y, TABLE[:, 13], rtol=1e-6)
    assert (len(loaded.train), len(loaded.test)) == (405, 101) and loaded.spec == boston().describe(env)


def test_columns_are_taken_by_name_in_any_order(env):
    order = np.random.default_rng(1).permutation(14)
    place(env, as_csv(TABLE[:, order], ",".join(np.array(HEAD.split(","))[order])))
    np.testing.assert_allclose(load(boston(), env).train.x, TABLE[:, :13], rtol=1e-6)


def test_the_file_of_keras_gives_the_same(env):
    env.data_dir.mkdir()
    np.savez(env.data_dir / "boston_housing.npz", x=TABLE[:, :13], y=TABLE[:, 13])
    np.testing.assert_allclose(load(boston(), env).train.x, TABLE[:, :13], rtol=1e-6)


@pytest.mark.parametrize(("content", "match"), [
    (as_csv(TABLE[:-1]), r"expected 506 rows of 13 features .*found x of shape \(505, 13\)"),
    (as_csv(TABLE + 1), "mean target of 22.5328; found"), (as_csv(head=HEAD.replace("NOX", "NO")), "no column 'NOX'"),
    (as_csv().replace("0.", "?", 1), "expected a finite number"), ("", "nothing in it"),
    (as_csv() + "\n1,2,3", "expected 14 cells, as in line 1; found 3"),
])
def test_another_table_is_refused(content, match, env):
    path = place(env, content)
    with pytest.raises(DataError, match=match) as error:
        load(boston(fallback="diabetes"), env)
    assert str(path) in error.value.where and error.value.hint


def test_an_absent_table_says_how_to_place_it_and_a_fallback_answers(env):
    with pytest.raises(DataUnavailableError) as error:
        load(boston(), env)
    assert str(env.data_dir / "boston_housing.csv") in error.value.hint and "offline" in error.value.message
    assert load(boston(fallback="diabetes"), env).used.type_name() == "diabetes"


def test_what_mirrors_give_is_kept_in_the_cache(env, monkeypatch):
    from dataclasses import replace


    asked = []

    def download(url, path):
        asked.append(url)
        if url.endswith(".npz"):
            raise OSError("no route")
        path.write_text(as_csv())

    monkeypatch.setattr("dlcli.data.download.download", download)
    online = replace(env, offline=False)
    load(boston(), online)
    load(boston(), online)
    assert [url.rpartition(".")[2] for url in asked] == ["npz", "csv"]
    assert BostonHousing.collection.place("boston_housing.csv", env) == (
        env.cache_dir / "boston_housing" / "boston_housing.csv"
    )


@pytest.mark.parametrize(("name", "samples", "features", "classes"), [
    ("iris", 150, 4, 3), ("wine", 178, 13, 3), ("breast_cancer", 569, 30, 2), ("diabetes", 442, 10, 0),
])
def test_shipped_tables_are_whole(name, samples, features, classes, env):
    loaded = load(from_yaml(Dataset, {"type": name}), env)
    assert loaded.train.x.shape == (samples, features) and loaded.spec.target.classes == classes
    assert len(loaded.test) == round(samples / 5)


def test_shipped_tables_equal_those_of_scikit_learn(env):
    datasets = pytest.importorskip("sklearn.datasets", reason="pip install scikit-learn to compare with it")
    for name in ("iris", "wine", "breast_cancer"):
        loaded, wanted = load(from_yaml(Dataset, {"type": name}), env), getattr(datasets, f"load_{name}")()
        np.testing.assert_array_equal(loaded.train.x, wanted.data.astype(np.float32))
        np.testing.assert_array_equal(loaded.train.y, wanted.target)
        assert loaded.spec.target.labels == tuple(map(str, wanted.target_names))


def test_a_known_table_is_told_by_its_rows_and_its_mean():
    assert housing.describe(housing.Content(("a", "b", "y"), 3, 1.0)).input_shape == (2,)
