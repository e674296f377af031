"""`dlcli runs`: tables of runs, one in full, comparisons, removal."""

import fcntl
import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from dlcli.cli.amounts import age, size
from dlcli.cli.main import main

XOR = """
name: {name}
dataset: {{type: logic_gate, gate: xor}}
model: {{layers: [{{type: dense, units: {units}, activation: tanh}}, {{type: dense, units: 1, activation: sigmoid}}]}}
loss: binary_crossentropy
optimizer: {{type: adam, learning_rate: {rate}}}
metrics: [accuracy]
training: {{epochs: {epochs}, batch_size: 4}}
"""
FIRST, SECOND = "20260101-000000-small-aaaa", "20260102-000000-large-bbbb"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two finished runs under names that tests can spell."""
    base = tmp_path_factory.mktemp("trained")
    runs = base / "made"
    for name, units, rate, epochs, tag, final in (
        ("small", 2, 0.1, 3, "first", FIRST), ("large", 8, 0.2, 7, "second", SECOND),
    ):
        config = base / f"{name}.yaml"
        config.write_text(XOR.format(name=name, units=units, rate=rate, epochs=epochs))
        assert main(["train", str(config), "-q", "--runs-dir", str(runs), "--tag", tag, "--tag", "both"]) == 0
        (made,) = (path for path in runs.iterdir() if path.name not in (FIRST, SECOND))
        made.rename(runs / final)
        change(runs / final, created=f"{final[:4]}-{final[4:6]}-{final[6:8]}T00:00:00+00:00")
    return runs


@pytest.fixture
def runs(trained, tmp_path, monkeypatch):
    """A copy of them as the runs directory."""
    folder = tmp_path / "runs"
    shutil.copytree(trained, folder)
    monkeypatch.setenv("DLCLI_RUNS_DIR", str(folder))
    return folder


def change(run, **changes):
    """Changes keys of a status.json."""
    path = run / "status.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def data(capsys, *args):
    """The JSON document of a command that succeeds."""
    assert main([*args, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def listed(capsys, *args):
    return [run["run_id"] for run in data(capsys, "runs", "list", *args)]


def error(capsys, *args):
    assert main([*args, "--json"]) == 2
    return json.loads(capsys.readouterr().out)["error"]


def test_list_has_the_newest_first(runs, capsys):
    found = data(capsys, "runs", "list")
    assert [run["run_id"] for run in found] == [SECOND, FIRST]
    assert (found[0]["status"], found[0]["epoch"], found[0]["epochs"], found[0]["tags"]) == (
        "completed", 7, 7, ["second", "both"])
    assert found[0]["test"]["accuracy"] == pytest.approx(found[0]["metrics"]["accuracy"], abs=1)


@pytest.mark.parametrize("width", [80, 140])
def test_list_fits_the_width_and_names_runs_in_full(runs, capsys, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["runs", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert any(line.startswith(SECOND) and "completed" in line and "7/7" in line for line in lines)
    assert ("both" in "".join(lines)) or width == 80


def test_a_wide_terminal_shows_more_figures_than_a_narrow_one(runs, capsys, monkeypatch):
    headings = []
    for width in (60, 160):
        monkeypatch.setenv("COLUMNS", str(width))
        assert main(["runs", "list"]) == 0
        headings.append(capsys.readouterr().out.count("test_"))
    assert headings[0] <= 1 < headings[1]


@pytest.mark.parametrize(("where", "expected"), [
    (["epoch>3"], [SECOND]),
    (["epoch>=3"], [SECOND, FIRST]),
    (["epoch<7", "status=completed"], [FIRST]),
    (["tag=first"], [FIRST]),
    (["tag!=first"], [SECOND]),
    (["optimizer.learning_rate < 0.15"], [FIRST]),
    (["model.layers.0.units=8"], [SECOND]),
    (["name=large"], [SECOND]),
    (["created>2026-01-01T12:00"], [SECOND]),
    (["test_loss>1000"], []),
])
def test_where_chooses_runs(runs, capsys, where, expected):
    options = [part for text in where for part in ("--where", text)]
    assert listed(capsys, *options) == expected


def test_tag_chooses_runs(runs, capsys):
    assert listed(capsys, "--tag", "both") == [SECOND, FIRST]
    assert listed(capsys, "--tag", "both", "--tag", "first") == [FIRST]


def test_sort_orders_runs_and_a_minus_turns_the_order(runs, capsys):
    assert listed(capsys, "--sort", "epoch") == [FIRST, SECOND]
    assert listed(capsys, "--sort", "-epoch") == [SECOND, FIRST]
    assert listed(capsys, "--sort", "name") == [SECOND, FIRST]


@pytest.mark.parametrize("where", ["__import__('os').system('true')", "epoch", "epoch>", ">3", "epoch ~ 3"])
def test_a_condition_that_is_none_is_a_usage_error(runs, capsys, where):
    assert "expected KEY" in error(capsys, "runs", "list", "--where", where)["message"]


def test_an_unknown_key_is_a_usage_error_with_what_was_meant(runs, capsys):
    assert error(capsys, "runs", "list", "--where", "acuracy>0")["hint"] == "did you mean 'accuracy'?"
    assert "optimizer.learning_rate" in error(capsys, "runs", "list", "--sort", "optimizer.lerning_rate")["hint"]


def test_an_empty_runs_directory_is_an_empty_list(tmp_path, capsys):
    assert listed(capsys, "--runs-dir", str(tmp_path), "--where", "accuracy>0") == []
    assert main(["runs", "list", "--runs-dir", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "dlcli train" in captured.err


def test_list_survives_runs_of_which_hardly_anything_is_there(runs, capsys):
    broken = runs / "20260103-000000-broken-cccc"
    broken.mkdir()
    (broken / "status.json").write_text("{")
    (broken / "history.csv").write_text("epoch,st")
    (runs / "stray").mkdir()
    assert listed(capsys)[0] == broken.name
    assert main(["runs", "list"]) == 0
    assert "failed" in capsys.readouterr().out
    assert main(["runs", "show", broken.name]) == 0


def test_show_has_everything(runs, capsys):
    found = data(capsys, "runs", "show", "latest")
    status = json.loads((runs / SECOND / "status.json").read_text())
    assert found["weights_sha256"] == status["weights_sha256"]
    assert found["checkpoints"] == {
        path.stem: path.stat().st_size for path in (runs / SECOND / "checkpoints").iterdir()}
    assert found["data"]["dataset"] == "logic_gate"
    assert found["environment"]["libraries"]["numpy"]
    assert [row["epoch"] for row in found["history"]] == [3, 4, 5, 6, 7]
    assert main(["runs", "show", FIRST[:8]]) == 0
    text = capsys.readouterr().out
    assert found["weights_sha256"] not in text
    assert json.loads((runs / FIRST / "status.json").read_text())["weights_sha256"] in text
    assert "last epochs" in text


def test_show_says_that_other_data_stands_in(runs, capsys):
    path = runs / SECOND / "environment.json"
    environment = json.loads(path.read_text())
    environment["data"]["fell_back"] = "dataset mnist: cannot be had"
    path.write_text(json.dumps(environment))
    assert main(["runs", "show", SECOND]) == 0
    assert "STANDS IN" in capsys.readouterr().out


def test_compare_shows_figures_and_settings_that_differ(runs, capsys):
    found = data(capsys, "runs", "compare", FIRST, SECOND)
    assert found["figures"]["epoch"] == [3, 7]
    assert found["config"]["optimizer.learning_rate"] == [0.1, 0.2]
    assert found["config"]["model.layers.0"] == [
        "{type: dense, units: 2, activation: tanh}", "{type: dense, units: 8, activation: tanh}"]
    assert "loss.type" not in found["config"]
    assert main(["runs", "compare", FIRST, SECOND]) == 0
    assert "* the best" in capsys.readouterr().out


def test_the_best_figure_is_the_smallest_loss(runs, capsys):
    found = data(capsys, "runs", "compare", FIRST, SECOND)
    losses = dict(zip(found["runs"], found["figures"]["loss"], strict=True))
    assert found["best"]["loss"] == min(losses, key=losses.get)
    assert "epoch" not in found["best"]


def test_diff_knows_equal_weights(runs, capsys):
    twin = runs / "20260104-000000-twin-dddd"
    shutil.copytree(runs / FIRST, twin)
    found = data(capsys, "runs", "diff", FIRST, twin.name)
    assert found["same_weights"]
    assert (found["config"], found["surroundings"]) == ({}, {})
    assert not data(capsys, "runs", "diff", FIRST, SECOND)["same_weights"]
    assert main(["runs", "diff", FIRST, twin.name]) == 0
    assert "the same weights" in capsys.readouterr().out


def test_one_run_cannot_be_compared(runs, capsys):
    assert "two" in error(capsys, "runs", "diff", FIRST, FIRST)["message"]
    assert "the beginning of 2 runs" in error(capsys, "runs", "compare", "2026", FIRST)["message"]


def test_a_run_is_found_by_its_name_where_only_one_has_it(runs, capsys):
    assert data(capsys, "runs", "show", "small")["run_id"] == FIRST
    change(runs / SECOND, name="Large & Deep")
    for name in ("Large & Deep", "large"):  # as it was given, and as it stands in the id
        assert data(capsys, "runs", "show", name)["run_id"] == SECOND
    assert error(capsys, "runs", "show", "smal")["hint"] == "did you mean 'small'?"
    again = "20260105-000000-small-eeee"
    shutil.copytree(runs / FIRST, runs / again)
    told = error(capsys, "runs", "show", "small")
    assert "the name of 2 runs" in told["message"] and FIRST in told["message"] and again in told["message"]
    shutil.copytree(runs / FIRST, runs / "small-is-an-id-too")
    assert data(capsys, "runs", "show", "small")["run_id"] == "small-is-an-id-too", "ids come first"


def test_rm_asks_and_without_a_terminal_wants_yes(runs, capsys):
    assert "-y" in error(capsys, "runs", "rm", FIRST)["hint"]
    assert (runs / FIRST).is_dir()
    assert data(capsys, "runs", "rm", FIRST, "-y")["removed"] == [FIRST]
    assert not (runs / FIRST).exists()
    assert (runs / SECOND).is_dir()


def test_rm_does_what_the_user_answers(runs, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer, there in ((False, True), (True, False)):
        monkeypatch.setattr("click.confirm", lambda *_args, answer=answer, **_kwargs: answer)
        assert main(["runs", "rm", FIRST]) == 0
        assert (runs / FIRST).exists() is there


def test_rm_refuses_a_run_that_is_being_trained(runs, capsys):
    change(runs / FIRST, status="running", pid=4711)
    with (runs / FIRST / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "4711" in error(capsys, "runs", "rm", SECOND, FIRST, "-y")["message"]
    assert (runs / FIRST).is_dir()
    assert (runs / SECOND).is_dir()  # all or nothing


def test_rm_takes_no_checkpoint_for_a_run(runs, capsys):
    path = runs / FIRST / "checkpoints" / "last.safetensors"
    assert "checkpoint" in error(capsys, "runs", "rm", str(path), "-y")["message"]
    assert path.exists()


def test_prune_removes_old_runs_that_came_to_nothing(runs, capsys):
    now = datetime.now(UTC)
    for number, (status, days) in enumerate([("failed", 40), ("diverged", 40), ("interrupted", 40), ("failed", 1)]):
        run = runs / f"20260105-00000{number}-x-eeee"
        run.mkdir()
        (run / "status.json").write_text(json.dumps(
            {"status": status, "created": (now - timedelta(days=days)).isoformat()}))
    old = {f"20260105-00000{number}-x-eeee" for number in range(3)}
    found = data(capsys, "runs", "prune", "--dry-run")
    assert (set(found["found"]), found["removed"]) == (old, [])
    assert "-y" in error(capsys, "runs", "prune")["hint"]
    assert set(data(capsys, "runs", "prune", "-y")["removed"]) == old
    assert set(data(capsys, "runs", "prune", "-y", "--older-than", "0")["removed"]) == {"20260105-000003-x-eeee"}
    assert listed(capsys) == [SECOND, FIRST]


def test_ages_and_sizes_read_well():
    now = datetime(2026, 1, 2, tzinfo=UTC)
    spans = [timedelta(seconds=-3), timedelta(seconds=59), timedelta(minutes=61), timedelta(days=40)]
    assert [age(now - span, now) for span in spans] == ["0 s", "59 s", "1 h", "40 d"]
    assert [size(count) for count in (0, 999, 1500, 123456, 2.5e9)] == ["0 B", "999 B", "1.5 kB", "123 kB", "2.5 GB"]
