"""How long `dlcli train CONFIG` takes to its first step: `python -m benchmarks.startup [CONFIG] [--rounds N]`.

From the start of the process to the end of the first step, without the time in which data is loaded. With compiled
kernels, those that are kept from an earlier run; compiling them takes longer, and happens once.
"""

import argparse
import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.whole_command import AS_INSTALLED

ROOT = Path(__file__).parent.parent
CODE = """
import json, os, sys, time
started = float(sys.argv[1])
from dlcli.cli.main import main
from dlcli.app import loading
from dlcli.train import trainer
load, step, loading_took = loading.load_data, trainer.Trainer._run_step, 0.0

def load_data(*args, **keys):
    global loading_took
    began = time.perf_counter()
    try:
        return load(*args, **keys)
    finally:
        loading_took += time.perf_counter() - began

def first(self, rows):
    step(self, rows)
    print(json.dumps(time.time() - started - loading_took), file=sys.__stdout__, flush=True)
    os._exit(0)

loading.load_data, trainer.Trainer._run_step = load_data, first
main(sys.argv[2:])
"""


def seconds(config: str, kernels: str) -> float:
    """Of one process."""
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "-c", CODE, str(time.time()), "train", config, "-q", "--runs-dir", runs]
        done = subprocess.run(
            command, env={**AS_INSTALLED, "DLCLI_KERNELS": kernels}, cwd=ROOT, capture_output=True, text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Prints a line for each set of kernels that there is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("config", nargs="?", default="configs/mnist_mlp.yaml")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    for kernels in ("numpy", "numba") if importlib.util.find_spec("numba") else ("numpy",):
        seconds(options.config, kernels)  # fills the caches
        found = [seconds(options.config, kernels) for _ in range(options.rounds)]
        print(f"{kernels}: {statistics.median(found):.2f} s to the first step "
              f"({min(found):.2f} to {max(found):.2f} in {options.rounds} rounds)")


if __name__ == "__main__":
    main()
