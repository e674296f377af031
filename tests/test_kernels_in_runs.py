"""Which kernels a run takes, that it says so, and what happens where it goes on with others."""

import json

import pytest
from main_job import CONFIGS, dlcli, dlcli_json, run_dirs

from dlcli.app import kernels
from dlcli.app.configure import read
from dlcli.app.loading import build_for, load_data
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.kernels import choice

needs_numba = pytest.mark.skipif(not choice.installed(), reason="needs Numba: pip install 'dlcli[fast]'")
SHORT = (CONFIGS / "xor.yaml", "training.epochs=3")
BOTH = ["numpy", pytest.param("numba", marks=needs_numba)]


@pytest.fixture(autouse=True)
def numpy_again(monkeypatch):
    before = choice.in_use()
    monkeypatch.delenv(choice.VARIABLE, raising=False)
    yield
    monkeypatch.undo()
    choice.use(before)


def recorded(run):
    return json.loads((run / "environment.json").read_text())["kernels"]


@pytest.mark.parametrize("name", BOTH)
def test_a_run_records_its_kernels(capsys, monkeypatch, name):
    monkeypatch.setenv(choice.VARIABLE, name)
    code, result = dlcli_json(capsys, "train", *SHORT)
    assert code == 0
    [run] = [run for run in run_dirs() if run.name == result["run_id"]]
    assert recorded(run) == {"in_use": name, "numba": choice.version() if name == "numba" else None}


@needs_numba
def test_compiled_kernels_give_the_same_weights_again(capsys, monkeypatch):
    monkeypatch.setenv(choice.VARIABLE, "numba")
    digests = {dlcli_json(capsys, "train", *SHORT, "--threads", n)[1]["weights_sha256"] for n in (1, 1, 2)}
    assert len(digests) == 1


def test_work_that_is_soon_done_is_left_to_numpy(tmp_path, monkeypatch):
    def settled(*overrides):
        configured = read(CONFIGS / "xor.yaml", overrides)
        surroundings = Surroundings.of({"DLCLI_CACHE_DIR": str(tmp_path)})
        loaded = load_data(configured, surroundings, Ui())
        return kernels.settle(surroundings, Ui(), built=build_for(configured, loaded), loaded=loaded)["in_use"]

    used = []
    monkeypatch.setattr(choice, "installed", lambda: True)
    monkeypatch.setattr(choice, "version", lambda: "1")
    monkeypatch.setattr(choice, "use", lambda name, **_: used.append(name))
    assert settled("training.epochs=10") == "numpy"
    assert settled("training.epochs=1000000") == "numba"
    assert used == ["numpy", "numba"]
    monkeypatch.setattr(choice, "installed", lambda: False)
    assert settled("training.epochs=1000000") == "numpy"


def test_going_on_with_other_kernels_is_said(capsys, monkeypatch):
    _, result = dlcli_json(capsys, "train", *SHORT)
    [run] = [run for run in run_dirs() if run.name == result["run_id"]]
    environment = json.loads((run / "environment.json").read_text())
    environment["kernels"] = {"in_use": "numba", "numba": "0.1"}
    (run / "environment.json").write_text(json.dumps(environment))
    monkeypatch.setattr(choice, "installed", lambda: False)
    code, _, err = dlcli(capsys, "train", "--resume", run.name, "training.epochs=5")
    assert code == 0
    assert "trained with the kernels of numba and goes on with those of numpy" in " ".join(err.split())
    assert "pip install 'dlcli[fast]'" in " ".join(err.split())
    assert recorded(run)["in_use"] == "numpy"


def test_a_choice_that_cannot_be_is_said_before_anything_is_made(capsys, monkeypatch):
    monkeypatch.setenv(choice.VARIABLE, "fortran")
    before = run_dirs()
    code, _, err = dlcli(capsys, "train", *SHORT)
    assert code == 2 and "expected numpy, numba or auto" in err
    assert run_dirs() == before


def test_doctor_says_which_kernels_there_are(capsys, monkeypatch):
    monkeypatch.setenv(choice.VARIABLE, "numpy")
    assert dlcli_json(capsys, "doctor")[1]["machine"]["kernels"] == {"state": "ok", "text": "NumPy"}
    monkeypatch.setenv(choice.VARIABLE, "numba")
    monkeypatch.setattr(choice, "installed", lambda: False)
    code, found = dlcli_json(capsys, "doctor")
    assert code == 1 and "dlcli[fast]" in found["machine"]["kernels"]["hint"]
