"""`dlcli doctor`: what is in order, what is missing, what is broken."""

import json

import pytest

from dlcli.app import doctor
from dlcli.cli.main import main


@pytest.fixture(autouse=True)
def quick(request, monkeypatch):
    """Only one test trains."""
    if "trains" not in request.node.name:
        passed = doctor.Finding(group="self test", name="train", state="ok", text="not run")
        monkeypatch.setattr(doctor, "_self_test", lambda: passed)


def examined(capsys, code=0):
    assert main(["doctor", "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_a_sound_installation_passes_and_trains(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = examined(capsys)
    assert found["ok"]
    assert found["versions"]["numpy"]["state"] == "ok"
    assert "4 steps" in found["self_test"]["train"]["text"]
    assert list(tmp_path.iterdir()) == []


def test_the_text_names_every_group(capsys):
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert all(group in text for group in ("versions", "machine", "folders", "data", "self test", "needs works"))


def test_missing_data_is_a_note_with_the_command_that_gets_it(capsys):
    mnist = examined(capsys)["data"]["mnist"]
    assert (mnist["state"], mnist["hint"]) == ("note", "`dlcli datasets fetch mnist` gets it")


def test_a_data_directory_that_is_not_there_is_broken(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("DLCLI_DATA_DIR", str(tmp_path / "nowhere"))
    found = examined(capsys, code=1)
    assert not found["ok"]
    assert found["folders"]["data"]["state"] == "broken"


def test_a_runs_directory_that_cannot_be_made_is_broken(capsys, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DLCLI_RUNS_DIR", str(tmp_path / "file" / "runs"))
    assert examined(capsys, code=1)["folders"]["runs"]["state"] == "broken"
    assert main(["doctor"]) == 1
    assert "1 thing(s) broken" in capsys.readouterr().out


def test_a_missing_extra_comes_with_its_pip_command(capsys, monkeypatch):
    requirements = [
        "numpy>=2", "not-there-at-all>=1; extra == 'magic'", 'click; extra == "there"', "pytest; extra == 'test'",
    ]
    monkeypatch.setattr("importlib.metadata.requires", lambda _name: requirements)
    extras = examined(capsys)["extras"]
    assert extras["magic"]["hint"] == "pip install 'dlcli[magic]'"
    assert extras["there"]["state"] == "ok"
    assert set(extras) == {"magic", "there"}


def test_a_training_that_fails_is_broken_and_trains_nothing(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "_SELF_TEST", "name: [")
    found = examined(capsys, code=1)
    assert "ConfigError" in found["self_test"]["train"]["text"]
