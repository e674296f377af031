"""Trains the configurations that ship, on real data, and says what came out.

    DLCLI_DATA_DIR=... python -m benchmarks.real_results [NAME ...] [--runs-dir DIR] [--json]

Each is trained by the command that a user would type, `dlcli train configs/NAME.yaml`, with the seed that stands in it;
`boston_housing_mlp` with five seeds, since its test split has a hundred rows only. A figure is that of
the test split, with the weights of the best epoch, unless it begins with `val_`: then it is that of the last epoch's
validation. A GAN is judged by the classifier of `mnist_cnn`, which is trained first: of 1,000 new digits, the share
that it names with a confidence over 0.9, and how many different digits it finds among those.
"""

import argparse
import json
import operator
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

CONFIGS = Path(__file__).parent.parent / "configs"
JUDGE = "mnist_cnn"
DIGITS = 1000


@dataclass(frozen=True)
class Goal:
    """A figure and its bound; None where none is set."""

    figure: str
    bound: float | None = None
    reached: Callable[[float, float], bool] = operator.ge

    def says(self) -> str:
        """The bound, for people."""
        if self.bound is None:
            return ""
        return f"{'at least' if self.reached is operator.ge else 'at most'} {self.bound:g}"


@dataclass(frozen=True)
class Result:
    """What a configuration reached, the mean over its seeds."""

    name: str
    seeds: tuple[int, ...]
    seconds: float
    figures: dict[str, float]
    goals: tuple[Goal, ...]

    def good(self) -> bool:
        """Whether all bounds are kept."""
        return all(g.bound is None or g.reached(self.figures[g.figure], g.bound) for g in self.goals)


TARGETS: dict[str, tuple[Goal, ...]] = {
    "mnist_mlp": (Goal("accuracy", 0.975),),
    "mnist_cnn": (Goal("accuracy", 0.99),),
    "boston_housing_mlp": (Goal("mae", 2.8, operator.le),),
    "sine_rnn": (Goal("loss", 1e-3, operator.le),),
    "sine_lstm": (Goal("loss", 1e-3, operator.le),),
    "sine_gru": (Goal("loss", 1e-3, operator.le),),
    "sms_spam_lstm": (Goal("accuracy", 0.983), Goal("f1", 0.93)),
    "sms_spam_transformer": (Goal("accuracy", 0.983), Goal("f1", 0.93)),
    "shakespeare_char_lstm": (Goal("val_loss", None, operator.le),),
    "shakespeare_char_gpt": (Goal("val_loss", 1.90, operator.le),),
    "binary_three_layer": (Goal("accuracy", 0.95),),
    "credit_default": (Goal("accuracy"),),
    "transfer_mnist_to_digits": (Goal("accuracy"),),
    "mnist_autoencoder": (Goal("loss", None, operator.le),),
    "mnist_gan": (Goal("named", 0.8), Goal("digits", 10)),
    "mnist_dcgan": (Goal("named"), Goal("digits")),
}
SEEDS = {"boston_housing_mlp": (1, 2, 3, 4, 5)}


def dlcli(*arguments: str) -> Any:
    """The JSON that a command prints."""
    command = [sys.executable, "-m", "dlcli", *arguments, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    answer = json.loads(done.stdout)
    if done.returncode:
        raise SystemExit(f"dlcli {' '.join(arguments)}: {answer['error']}")
    return answer


def train(name: str, runs: Path) -> Result:
    """Trains a configuration with each of its seeds."""
    seeds = SEEDS.get(name) or (yaml.safe_load((CONFIGS / f"{name}.yaml").read_text())["seed"],)
    found: list[dict[str, float]] = []
    seconds = 0.0
    for seed in seeds:
        started = time.monotonic()
        made = dlcli("train", str(CONFIGS / f"{name}.yaml"), f"seed={seed}", "--runs-dir", str(runs))
        seconds += time.monotonic() - started
        tested = made["test"] or {}
        if "fallback_for" in made:
            raise SystemExit(f"{name}: the data cannot be had; {made['dataset']} would have stood in for it")
        judged = judge(made["run_id"], runs) if name in ("mnist_gan", "mnist_dcgan") else {}
        found.append({**made["metrics"], **tested, **judged})
    goals = TARGETS[name]
    means = {goal.figure: statistics.fmean(one[goal.figure] for one in found) for goal in goals}
    return Result(name, seeds, seconds / len(seeds), means, goals)


def judge(run: str, runs: Path) -> dict[str, float]:
    """What the classifier says of new digits from the GAN `run`; it must have been trained in `runs` before."""
    known = dlcli("runs", "list", "--runs-dir", str(runs))
    chosen = [one["run_id"] for one in known if one["name"] == JUDGE.replace("_", "-") and one["status"] == "completed"]
    if not chosen:
        raise SystemExit(f"a GAN is judged by {JUDGE}: train that first, into the same --runs-dir")
    with tempfile.TemporaryDirectory() as folder:
        array = Path(folder) / "digits.npy"
        dlcli("generate", run, "-n", str(DIGITS), "--npy", str(array), "--seed", "0", "--runs-dir", str(runs))
        np.save(array, np.load(array).reshape(DIGITS, 28, 28))  # one made by convolutions has an axis of channels
        answers = dlcli("predict", chosen[0], str(array), "--proba", "--runs-dir", str(runs))["predictions"]
    sure = [one["prediction"] for one in answers if max(one["probabilities"].values()) > 0.9]
    return {"named": len(sure) / DIGITS, "digits": len(set(sure))}


def table(results: Sequence[Result]) -> Iterator[str]:
    """The rows of a table in Markdown."""
    yield "| configuration | seed | result | asked for | seconds |"
    yield "| --- | --- | --- | --- | --- |"
    for one in results:
        seeds = "mean of " + ", ".join(map(str, one.seeds)) if len(one.seeds) > 1 else str(one.seeds[0])
        figures = ", ".join(f"{name} {value:.4g}" for name, value in one.figures.items())
        asked = ", ".join(filter(None, (goal.says() for goal in one.goals)))
        yield f"| `{one.name}` | {seeds} | {figures} | {asked} | {one.seconds:.0f} |"


def main() -> None:
    """Trains what was asked for, and prints the table; exit code 1 where a bound is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all; {', '.join(TARGETS)}")
    parser.add_argument("--runs-dir", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if "DLCLI_DATA_DIR" not in os.environ:
        raise SystemExit("set DLCLI_DATA_DIR to the folder that holds mnist/, sms_spam.tsv and so on")
    unknown = set(options.names) - set(TARGETS)
    if unknown:
        raise SystemExit(f"no figure is known for {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        runs = options.runs_dir or Path(temporary)
        for name in options.names or TARGETS:
            results.append(train(name, runs))
            print(list(table(results))[-1], file=sys.stderr, flush=True)
    if options.json:
        plain = [{"name": r.name, "seeds": r.seeds, "seconds": r.seconds, **r.figures} for r in results]
        print(json.dumps(plain, indent=2))
    else:
        print("\n".join(table(results)))
    sys.exit(0 if all(one.good() for one in results) else 1)


if __name__ == "__main__":
    main()
