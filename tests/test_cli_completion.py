"""What the shell offers on Tab, asked in the way the shells ask; and how little `--help` imports."""

import os
import shutil
import subprocess
import sys

import pytest

from dlcli.cli.main import cli, main
from dlcli.config import shipped

CONFIG = str(shipped.path("mnist_mlp"))


@pytest.fixture
def offered(capsys, monkeypatch):
    """What bash is offered for a line; the cursor stands at its end."""

    def ask(line):
        monkeypatch.setenv("_DLCLI_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_LINE", line)
        with pytest.raises(SystemExit) as stopped:
            main([])
        assert stopped.value.code == 0
        captured = capsys.readouterr()
        assert captured.err == ""
        return [answer.partition(",")[2] for answer in captured.out.splitlines() if answer]

    return ask


def test_commands_are_offered(offered):
    assert offered("dlcli tr") == ["train"]
    assert {"list", "show", "rm", "compare", "diff", "prune"} == set(offered("dlcli runs "))
    assert offered("dlcli datasets f") == ["fetch"]
    assert "--json" in offered("dlcli list --")


def test_a_command_that_is_none_is_no_error_while_completing(offered):
    assert "train" in offered("dlcli bogus ")


def test_configurations_are_offered(offered, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some").mkdir()
    for name in ("some/a.yaml", "some/b.txt", "solo.yml"):
        (tmp_path / name).write_text("")
    assert offered("dlcli train so") == ["solo.yml", "some/"]
    assert offered("dlcli train some/") == ["some/a.yaml"]


def test_runs_are_offered_the_newest_first(offered, tmp_path, monkeypatch):
    for name in ("20260101-a", "20260102-b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "status.json").write_text("{}")
    assert offered(f"dlcli runs show --runs-dir {tmp_path} ") == ["latest", "20260102-b", "20260101-a"]
    monkeypatch.setenv("DLCLI_RUNS_DIR", str(tmp_path))
    assert offered("dlcli runs compare latest 20260101") == ["20260101-a"]
    assert offered("dlcli train --resume la") == ["latest"]


def test_keys_of_the_file_are_offered_and_then_those_it_could_have(offered):
    assert offered(f"dlcli train {CONFIG} opt") == ["optimizer=", "optimizer.type=", "optimizer.learning_rate="]
    assert offered(f"dlcli train {CONFIG} training.shu") == ["training.shuffle="]
    assert offered(f"dlcli train {CONFIG} optimizer.beta_1") == ["optimizer.beta_1="]
    assert "model.layers.1.use_bias=" in offered(f"dlcli train {CONFIG} model.layers.1.us")


@pytest.mark.parametrize(("key", "some"), [
    ("optimizer.type=", {"adam", "sgd"}), ("optimizer.type=ad", {"adam"}), ("dtype=", {"float32", "float64"}),
    ("training.shuffle=", {"true", "false"}), ("loss=", {"mse"}), ("model.layers.1.activation=", {"relu", "tanh"}),
    ("dataset.fallback=", {"digits"}), ("training.early_stopping.mode=", {"min", "max"}),
])
def test_values_are_offered_where_they_can_be_listed(offered, key, some):
    found = set(offered(f"dlcli train {CONFIG} {key}"))
    assert some <= found
    assert "dense" not in found
    assert all(value.startswith(key.partition("=")[2]) for value in found)


def test_nothing_is_offered_for_a_number_or_a_file_that_is_none(offered, tmp_path):
    assert offered(f"dlcli train {CONFIG} seed=") == []
    assert offered("dlcli train nowhere.yaml opt") == []


def test_components_and_examples_are_offered(offered):
    assert offered("dlcli list opt") == ["optimizers"]
    assert "sgd" in offered("dlcli list optimizer ")
    assert offered("dlcli list loss categorical_c") == ["categorical_crossentropy"]
    assert offered("dlcli datasets show dig") == ["digits"]
    assert offered("dlcli init --example mnist_mlp_6") == ["mnist_mlp_64"]
    assert offered("dlcli completion z") == ["zsh"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_are_printed_and_are_good_shell(capsys, shell):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_DLCLI_COMPLETE" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n", "/dev/stdin"], input=script, text=True, check=True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="install bash to test its completion")
def test_bash_completes_behind_an_equals_sign(capsys, tmp_path):
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    program = tmp_path / "dlcli"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -m dlcli \"$@\"\n")
    program.chmod(0o755)
    line = f"dlcli train {CONFIG} optimizer.type=adam"
    asked = f"""{script}
COMP_LINE='{line}' COMP_POINT={len(line)}
_dlcli_completion {program} 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    answered = subprocess.run(["bash", "--norc"], input=asked, text=True, capture_output=True, check=True)
    assert answered.stdout.split()[:1] == ["adam"]


def test_an_unknown_shell_is_a_usage_error(capsys):
    assert main(["completion", "tcsh"]) == 2
    assert "bash" in capsys.readouterr().err


HEAVY = ("numpy", "pydantic", "rich", "yaml", "matplotlib", "tqdm", "safetensors", "pooch", "PIL")


@pytest.mark.parametrize("args", [
    ["--help"], ["--version"], ["train", "--help"], ["runs", "--help"], ["runs", "list", "--help"],
    ["datasets", "show", "--help"], ["completion", "zsh"],
], ids=" ".join)
def test_help_imports_nothing_heavy(args):
    code = (
        "import sys; from dlcli.cli.main import main; main(sys.argv[1:]); "
        f"sys.exit(str([name for name in {HEAVY} if name in sys.modules] or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True)
    assert done.stderr.strip() == ""


@pytest.mark.long
def test_help_answers_within_a_fifth_of_a_second():
    spent = []
    for _ in range(5):
        before = os.times()
        subprocess.run([sys.executable, "-m", "dlcli", "--help"], capture_output=True, check=True)
        after = os.times()
        spent.append(after.elapsed - before.elapsed)
    assert min(spent) < 0.2


@pytest.mark.parametrize("name", cli.list_commands(None))
def test_every_command_explains_itself(capsys, name):
    assert main([name, "--help"]) == 0
    assert "Usage: dlcli" in capsys.readouterr().out
