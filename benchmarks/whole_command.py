"""The whole command `dlcli train configs/mnist_mlp.yaml` against the same training with scikit-learn and PyTorch.

All are whole processes, start to end: they load MNIST, train 784-128-64-10 with Adam on batches of 32 for the same
number of epochs on the same 48,000 images, and measure the 10,000 test images. They run in turn; ratios are taken
round by round. dlcli moreover validates after every epoch, writes checkpoints and draws its pictures. Its schedule is
taken out, since scikit-learn's Adam keeps its learning rate: so losses can be compared.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

NAME = "whole-command"
ROOT = Path(__file__).parent.parent
CONFIG = ROOT / "configs" / "mnist_mlp.yaml"
DATA = """
import json, os, sys, warnings
from pathlib import Path
import numpy as np
from dlcli.core.dataset import DataEnv
from dlcli.data.datasets.mnist import Mnist
from dlcli.data.load import load
folder = Path(os.environ["DLCLI_DATA_DIR"])
env = DataEnv(data_dir=folder, cache_dir=folder, offline=True, bases=(), seed=42, warn=print)
data = load(Mnist(validation_split=0.2), env)
flat = lambda split: split.x[split.rows].reshape(len(split), -1).astype("float32") / 255
x, y, x_test, y_test = flat(data.train), data.train.y[data.train.rows], flat(data.test), data.test.y[data.test.rows]
epochs = int(sys.argv[1])
"""
AS_INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Everybody's modules lie compiled, as after an installation, also those of a checkout."""
PEERS = {
    "scikit_learn": ("scikit-learn", DATA + """
from sklearn.neural_network import MLPClassifier
warnings.simplefilter("ignore")
model = MLPClassifier(
    (128, 64), batch_size=32, max_iter=epochs, alpha=0, tol=0, n_iter_no_change=1000, random_state=42,
)
model.fit(x, y)
print(json.dumps({"loss": model.loss_, "accuracy": model.score(x_test, y_test)}))
"""),
    "by_torch": ("torch with DataLoader", DATA + """
import torch
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(42)
nn = torch.nn
model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
pairs = TensorDataset(torch.from_numpy(x), torch.from_numpy(y.astype(np.int64)))
loader = DataLoader(pairs, batch_size=32, shuffle=True)
for epoch in range(epochs):
    total = 0.0
    for a, b in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(a), b)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(b)
with torch.inference_mode():
    right = (model(torch.from_numpy(x_test)).argmax(1).numpy() == y_test).mean()
print(json.dumps({"loss": total / len(x), "accuracy": float(right)}))
"""),
}


def run(command: list[str], env: dict[str, str]) -> tuple[float, float, dict[str, Any]]:
    """(seconds, peak MB, JSON that it printed) of one whole process."""
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise SystemExit(f"{command[:3]} failed with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024, json.loads(out)


def possible() -> bool:
    """Whether it is known where MNIST is."""
    return "DLCLI_DATA_DIR" in os.environ


def measure(*, rounds: int, epochs: int, sides: Collection[str]) -> dict[str, Any]:
    """Those of all sides in turn, round by round; dlcli is always one."""
    with tempfile.TemporaryDirectory() as runs:
        train = [
            sys.executable, "-m", "dlcli", "train", str(CONFIG), f"training.epochs={epochs}", "~schedule",
            "--runs-dir", runs, "--json", "-q",
        ]
        commands = {"dlcli": (train, {"DLCLI_KERNELS": "numpy"})}
        if "fast" in sides:
            commands["dlcli fast"] = (train, {"DLCLI_KERNELS": "numba"})
        for name, (label, code) in PEERS.items():
            if name in sides:
                commands[label] = ([sys.executable, "-c", code, str(epochs)], {})
        found: dict[str, list[tuple[float, float, dict[str, Any]]]] = {label: [] for label in commands}
        if "fast" in sides:
            # Compiles what is not cached.
            run([*train, "training.epochs=1"], {**AS_INSTALLED, "DLCLI_KERNELS": "numba"})
        for _ in range(rounds):
            for label, (command, environ) in commands.items():
                found[label].append(run(command, {**AS_INSTALLED, **environ}))
    return {"epochs": epochs, "rounds": rounds, "sides": {label: _summary(label, found) for label in found}}


def _summary(label: str, found: dict[str, list[tuple[float, float, dict[str, Any]]]]) -> dict[str, Any]:
    mine, last = found[label], found[label][-1][2]
    dlcli = label.startswith("dlcli")
    return {
        "label": label,
        "seconds": statistics.median(seconds for seconds, _, _ in mine),
        "peak_mb": max(peak for _, peak, _ in mine),
        "loss": last["metrics"]["loss"] if dlcli else last["loss"],
        "accuracy": last["test"]["accuracy"] if dlcli else last["accuracy"],
        "times": {} if dlcli else {
            own: statistics.median(b[0] / a[0] for a, b in zip(found[own], mine, strict=True))
            for own in ("dlcli", "dlcli fast") if own in found
        },
    }
