"""A reader of standard error that goes away takes nothing with it: what is trained is trained to its end."""

import errno
import json
import os
import pty
import signal
import subprocess
import sys

import pytest
from main_job import CONFIGS, dlcli, run_dirs

from dlcli.cli.streams import Output

TRAIN = [sys.executable, "-m", "dlcli", "train", str(CONFIGS / "binary_three_layer.yaml"), "training.epochs=30"]


def finished(process):
    assert process.wait(60) == 0
    (run,) = run_dirs()
    assert json.loads((run / "status.json").read_text())["status"] == "completed"
    return run


def test_a_closed_pipe_of_standard_error_does_not_end_a_training():
    with subprocess.Popen(TRAIN, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stderr.close()
        out = process.stdout.read()
        finished(process)
    assert b"weights sha256" in out, "what goes to standard output is still read"


def test_a_reader_of_both_streams_that_has_seen_enough_does_not_end_a_training():
    with subprocess.Popen(TRAIN, stderr=subprocess.STDOUT, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        run = finished(process)
    assert (run / "history.csv").read_text().count("\n") == 31


@pytest.mark.parametrize("bar", [True, False], ids=["bar", "lines"])
def test_a_terminal_that_is_gone_does_not_end_a_training(bar):
    """Where no signal tells of it, as for a process that has left the terminal's session."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*TRAIN, *(() if bar else ("--no-progress",))], stderr=theirs, stdout=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm"},
    ) as process:
        os.close(theirs)
        assert b"epoch" in os.read(ours, 200)
        os.close(ours)
        finished(process)


def test_nohup_is_honoured():
    """A hang-up that is ignored when dlcli starts stays ignored."""
    with subprocess.Popen(
        TRAIN, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    ) as process:
        assert b"epoch" in process.stderr.readline()
        process.send_signal(signal.SIGHUP)
        process.stderr.read()
        finished(process)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_an_error_for_a_reader_that_is_gone_keeps_its_exit_code(options):
    command = [*TRAIN[:4], "none.yaml", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        process.stdout.close()
        assert process.wait(60) == 2


class Broken:
    def __init__(self, number):
        self.number = number

    def write(self, text):
        raise OSError(self.number, "no")

    flush = write


def test_other_failures_of_a_stream_are_told():
    with pytest.raises(OSError, match="no"):
        Output(Broken(errno.ENOSPC), results=False).write("text")


def test_a_reader_of_results_that_has_seen_enough_ends_a_command_that_makes_more_of_them():
    with subprocess.Popen([*TRAIN[:3], "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b"" and process.wait(60) == 0


def test_the_streams_are_put_back(capsys):
    before = sys.stdout, sys.stderr
    dlcli(capsys, "check", "none.yaml")
    assert (sys.stdout, sys.stderr) == before
