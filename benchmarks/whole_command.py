"""The whole command `dlcli train configs/mnist_mlp.yaml` against scikit-learn's MLPClassifier.

    DLCLI_DATA_DIR=... python -m benchmarks.whole_command [--rounds 3] [--epochs 10] [--json]

Both are whole processes, start to end: they load MNIST, train 784-128-64-10 with Adam on batches of 32 for the same
number of epochs on the same 48,000 images, and measure the 10,000 test images. They run in turn; ratios are taken
round by round. dlcli moreover validates after every epoch, writes checkpoints and draws its pictures.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = Path(__file__).parent.parent / "configs" / "mnist_mlp.yaml"

PEER = """
import json, os, sys, warnings
from pathlib import Path
from dlcli.core.dataset import DataEnv
from dlcli.data.datasets.mnist import Mnist
from dlcli.data.load import load
folder = Path(os.environ["DLCLI_DATA_DIR"])
env = DataEnv(data_dir=folder, cache_dir=folder, offline=True, bases=(), seed=42, warn=print)
data = load(Mnist(validation_split=0.2), env)
flat = lambda split: split.x[split.rows].reshape(len(split), -1).astype("float32") / 255
from sklearn.neural_network import MLPClassifier
warnings.simplefilter("ignore")
model = MLPClassifier(
    (128, 64), batch_size=32, max_iter=int(sys.argv[1]), alpha=0, tol=0, n_iter_no_change=1000, random_state=42,
)
model.fit(flat(data.train), data.train.y[data.train.rows])
accuracy = model.score(flat(data.test), data.test.y[data.test.rows])
print(json.dumps({"loss": model.loss_, "accuracy": accuracy, "steps": model.t_ // 32}))
"""


def run(command: list[str], env: dict[str, str]) -> tuple[float, float, dict[str, object]]:
    """(seconds, peak MB, JSON that it printed) of one whole process."""
    started = time.perf_counter()
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{command[:3]} failed with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024, json.loads(out)


def main() -> None:
    """Runs the rounds and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if "DLCLI_DATA_DIR" not in os.environ:
        raise SystemExit("set DLCLI_DATA_DIR to the folder that holds mnist/")
    rows: dict[str, list[tuple[float, float, dict[str, object]]]] = {"dlcli": [], "scikit-learn": []}
    with tempfile.TemporaryDirectory() as runs:
        train = [
            sys.executable, "-m", "dlcli", "train", str(CONFIG), f"training.epochs={options.epochs}",
            "--runs-dir", runs, "--json", "-q",
        ]
        for _ in range(options.rounds):
            rows["dlcli"].append(run(train, dict(os.environ)))
            rows["scikit-learn"].append(run([sys.executable, "-c", PEER, str(options.epochs)], dict(os.environ)))
    ratios = [peer[0] / own[0] for own, peer in zip(rows["dlcli"], rows["scikit-learn"], strict=True)]
    own, peer = rows["dlcli"][-1][2], rows["scikit-learn"][-1][2]
    result = {
        "seconds": {name: statistics.median(r[0] for r in found) for name, found in rows.items()},
        "peak_mb": {name: max(r[1] for r in found) for name, found in rows.items()},
        "train_loss": {"dlcli": own["metrics"]["loss"], "scikit-learn": peer["loss"]},  # type: ignore[index]
        "test_accuracy": {"dlcli": own["test"]["accuracy"], "scikit-learn": peer["accuracy"]},  # type: ignore[index]
        "times_faster": {"min": min(ratios), "median": statistics.median(ratios), "max": max(ratios)},
        "rounds": options.rounds, "epochs": options.epochs,
    }
    if options.json:
        print(json.dumps(result, indent=2))
        return
    for key, value in result.items():
        print(f"{key:14}", value)


if __name__ == "__main__":
    main()
