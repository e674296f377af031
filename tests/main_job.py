"""Runs dlcli as a user does, inside this process or as a process of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from dlcli.cli.main import main

CONFIGS = Path(__file__).parent.parent / "configs"


def runs_dir():
    return Path(os.environ["DLCLI_RUNS_DIR"])


def run_dirs():
    return sorted(runs_dir().iterdir()) if runs_dir().exists() else []


def dlcli(capsys, *args):
    """(exit code, standard output, standard error) of one command."""
    code = main([str(a) for a in args])
    out, err = capsys.readouterr()
    return code, out, err


def dlcli_json(capsys, *args):
    """The document that a command prints with --json; it must be the only thing on standard output."""
    code, out, _ = dlcli(capsys, *args, "--json")
    return code, json.loads(out)


def start(*args):
    """`dlcli ARGS` as a process of its own, which a SIGHUP ends although the tests themselves may run under nohup."""
    command = [sys.executable, "-m", "dlcli", *map(str, args)]
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
        )
    finally:
        signal.signal(signal.SIGHUP, before)


def history(run, without=("seconds",)):
    lines = [line.split(",") for line in (Path(run) / "history.csv").read_text().splitlines()]
    kept = [i for i, name in enumerate(lines[0]) if name not in without]
    return [[line[i] for i in kept] for line in lines]
