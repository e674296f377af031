"""dlcli as it is in this folder against dlcli as it was: each workload in turn, losses compared.

    python -m benchmarks.against COMMIT [--only NAME ...] [--fast] [--rounds 15] [--threads N]

The files of the commit are laid into a temporary folder; the steps of both are measured round by round, each in a
process of its own that sleeps while the other works. What the machine does besides then slows both.
"""

import argparse
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from benchmarks.rounds import HOME, measure
from benchmarks.sides.dlcli import Dlcli
from benchmarks.sides.fast import Fast
from benchmarks.workload import workloads


def main() -> None:
    """Prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit", metavar="COMMIT", help="whatever git takes for one: HEAD~1, a tag, a hash")
    parser.add_argument("--only", nargs="+", default=[""], metavar="NAME", help="the beginnings of workloads' names")
    parser.add_argument("--fast", action="store_true", help="with the kernels that Numba compiles")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    chosen = [workload for workload in workloads() if workload.name.startswith(tuple(options.only))]
    if not chosen:
        parser.error(f"no workload begins with {' or '.join(options.only)}")
    name, side = ("fast", Fast) if options.fast else ("dlcli", Dlcli)
    then = f"{name}@{options.commit}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            _lay_out(options.commit, Path(folder))
        except subprocess.CalledProcessError:
            sys.exit(2)  # git has said why
        print(f"| workload | now, ms | {options.commit}, ms | now faster by |\n| --- | --- | --- | --- |")
        for workload in chosen:
            both = measure(
                workload, {name: side, then: side}, rounds=options.rounds, threads=options.threads, peak=1.0,
                homes={then: Path(folder)},
            )
            wrong = "; ".join(one.invalid for one in both.sides.values() if one.invalid)
            now, before = (f"{1000 * one.median:.3g}" for one in both.sides.values())
            faster = wrong or f"{statistics.median(both.times(name, then)):.2f} x"
            print(f"| {workload.title} | {now} | {before} | {faster} |", flush=True)


def _lay_out(commit: str, folder: Path) -> None:
    packed = subprocess.check_output(["git", "archive", commit, "dlcli", "benchmarks"], cwd=HOME)
    with tarfile.open(fileobj=io.BytesIO(packed)) as files:
        files.extractall(folder, filter="data")


if __name__ == "__main__":
    main()
