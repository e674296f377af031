"""Imports run one way, as CONTRIBUTING.md draws it; the terminal's libraries stay in cli/; --help needs no NumPy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dlcli
from dlcli import registry

ROOT = Path(dlcli.__file__).parent
ORDER = (
    {"version", "errors", "registry"}, {"files", "core"}, {"kernels"}, {"initializers"},
    {"layers", "losses", "optimizers", "schedules", "metrics", "data"}, {"fusions"},
    {"model", "report"}, {"train"}, {"runs"}, {"config"}, {"app"}, {"cli"}, {"__main__"},
)
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
FILES = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in sorted(ROOT.rglob("*.py"))]


def imports(path):
    """(module, names) of every import of a file, those inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide the direction"
            yield node.module, tuple(alias.name for alias in node.names)


def part(path):
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES)
def test_imports_run_one_way(path):
    mine = part(path)
    for module, names in imports(path):
        if mine == "__init__" or module.partition(".")[0] != "dlcli":
            continue
        for theirs in [module.split(".")[1]] if "." in module else names:
            assert theirs in RANK, f"{theirs} has no place yet in ORDER of this test"
            assert theirs == mine or RANK[theirs] < RANK[mine], f"{mine} must not import {module}: it stands above"


@pytest.mark.parametrize("path", FILES)
def test_only_the_command_line_knows_the_terminal(path):
    used = {module.partition(".")[0] for module, _ in imports(path)}
    assert part(path) == "cli" or not used & {"click", "rich", "tqdm"}


@pytest.mark.parametrize("path", FILES)
def test_components_leave_the_internals_of_their_siblings_alone(path):
    packages = tuple(f"{package}." for package in registry.PACKAGES.values())
    for module, names in imports(path):
        if module.startswith(packages):  # `from dlcli.layers import _windows` is a file that is shared, and named so
            private = [name for name in names if name.startswith("_")]
            assert not private, f"{module} keeps {private} to itself: move what is shared to a file of its own"


@pytest.mark.parametrize("argv", [[], ["--help"], ["--version"], ["train", "--help"], ["check", "--help"]], ids=str)
def test_help_imports_no_numpy(argv):
    code = (
        "import sys; from dlcli.cli.main import main\n"
        f"main({argv!r}) if {argv!r} else None\n"
        "heavy = {'numpy', 'pydantic', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_dry_run_loads_nothing_that_only_training_needs():
    code = (
        "import sys; from dlcli.cli.main import main\n"
        "assert main(['check', 'configs/mnist_mlp.yaml']) == 0\n"
        "unneeded = {'numpy.random', 'matplotlib', 'PIL', 'gzip', 'threadpoolctl', 'dlcli.train.lanes',\n"
        "            'dlcli.data.load', 'dlcli.app.transfer', 'dlcli.config.build_gan', 'dlcli.core.table'}"
        " & set(sys.modules)\n"
        "sys.exit(f'imported: {unneeded}' if unneeded else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT.parent)
    assert done.returncode == 0, done.stderr
