"""How the time of a training step grows with the size of what is trained, and how it shrinks with a second thread.

    python -m benchmarks.growth [-o growth.png] [--fast] [--rounds 5] [--json]

One size changes at a time: samples a batch, units a layer, layers, steps of a sequence, samples of the data set. All
sizes of a kind are measured in turn, round by round, and the fastest round counts: what else the machine does can
only add to it. `work` is the number of multiplications and additions of a step, against the smallest size. Time that
grows no faster than the work lies below the dashed line of the picture.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

from benchmarks import table
from benchmarks.gemm import gemm_peak
from benchmarks.sides.dlcli import Dlcli, operations, planned
from benchmarks.sides.fast import Fast
from benchmarks.steps import Sized, dense, measure, sized
from benchmarks.workload import NUMBERS, workloads
from benchmarks.workloads import mlp

SPED_UP = ("cnn-cifar", "cnn-mnist", "lstm-128", "gru-128", "gpt")


@dataclass(frozen=True)
class Axis:
    """What grows: its name, and a workload for each size."""

    name: str
    model: str
    sizes: tuple[tuple[int, Sized], ...]


@dataclass
class Point:
    """One size: work of a step against the smallest size, milliseconds of the fastest round."""

    size: int
    work: float
    milliseconds: float


def axes() -> Iterator[Axis]:
    """All of them."""
    def lstm(steps: int) -> Sized:
        return sized(({"type": "lstm", "units": 64}, {"type": "dense", "units": 1}), (steps, 16), 32, NUMBERS)

    yield Axis("samples a batch", "MLP 784-128-64-10", tuple(
        (n, sized(mlp.MNIST, (784,), n)) for n in (8, 16, 32, 64, 128, 256, 512, 1024, 2048)
    ))
    yield Axis("units a layer", "MLP with two hidden layers, batch 128", tuple(
        (n, sized(dense(n, 2), (256,), 128)) for n in (32, 64, 128, 256, 512, 1024, 2048)
    ))
    yield Axis("layers", "MLP of 128 units a layer, batch 128", tuple(
        (n, sized(dense(128, n), (128,), 128)) for n in (1, 2, 4, 8, 16, 32)
    ))
    yield Axis("steps of a sequence", "LSTM 64, batch 32", tuple((n, lstm(n)) for n in (10, 20, 40, 80, 160, 320)))
    yield Axis("samples of the data set", "MLP 20-64-64-10, batch 64, shuffled", tuple(
        (n, sized(dense(64, 2), (20,), 64, rows=n)) for n in (1024, 4096, 16384, 65536, 262144, 1048576)
    ))


def points(axis: Axis, rounds: int, threads: int) -> list[Point]:
    """All sizes in turn."""
    work = [float(operations(planned(one)[0]) * one.batch) for _, one in axis.sizes]
    found = [Point(size, w / work[0], float("inf")) for (size, _), w in zip(axis.sizes, work, strict=True)]
    for _ in range(rounds):
        for point, (_, workload) in zip(found, axis.sizes, strict=True):
            point.milliseconds = min(point.milliseconds, 1000 * measure(workload, threads))
    return found


def growth(found: Sequence[Point]) -> float:
    """The power of the work with which time grows, where sizes are largest; of what adds no work, that of the size."""
    last = found[-1]
    first = next(point for point in reversed(found[:-1]) if last.size >= 4 * point.size)
    grown = last.work / first.work if last.work > first.work else last.size / first.size
    return log(last.milliseconds / first.milliseconds) / log(grown)


def sped_up(rounds: int) -> Iterator[tuple[str, float, float]]:
    """Title and milliseconds with one thread and with two, of the workloads that have more than one lane."""
    for workload in workloads():
        if workload.name in SPED_UP:
            best = [float("inf")] * 2
            for _ in range(rounds):
                best = [min(b, 1000 * measure(workload, threads)) for b, threads in zip(best, (1, 2), strict=True)]
            yield workload.title, best[0], best[1]


def draw(path: Path, found: Sequence[tuple[Axis, Sequence[Point]]]) -> None:
    """A PNG: a panel for each axis, time of a step against the size, both in powers of two."""
    from dlcli.report.figure import BLUE, MUTED, picture, tidy

    with picture(path, width=4.2 * 3, height=3.6 * 2) as figure:
        panels = figure.subplots(2, 3).ravel()
        for axes_, (axis, measured) in zip(panels, found, strict=False):
            sizes, times = [p.size for p in measured], [p.milliseconds for p in measured]
            axes_.set_xscale("log", base=2)
            axes_.set_yscale("log", base=2)
            tidy(axes_)
            axes_.plot(
                sizes, [times[0] * p.work for p in measured], color=MUTED, linestyle="--",
                linewidth=1, label="as the work",
            )
            axes_.plot(sizes, times, color=BLUE, marker="o", markersize=4, label="dlcli")
            axes_.set_title(axis.model)
            axes_.set_xlabel(axis.name)
            axes_.set_ylabel("ms a step")
            axes_.set_xticks(sizes, [f"{n:,}" for n in sizes], rotation=30)
            axes_.yaxis.set_major_formatter("{x:g}")
            low, high = axes_.get_ylim()
            axes_.set_ylim(min(low, high / 8), max(high, low * 8))  # what stays as it is looks like that
            axes_.legend()
        for axes_ in panels[len(found):]:
            axes_.set_visible(False)


def main() -> None:
    """Measures everything, and prints tables in Markdown, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="draw a picture there")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2, help="for what grows (default: 2)")
    parser.add_argument("--fast", action="store_true", help="with the kernels that Numba compiles")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    os.environ.update((Fast if options.fast else Dlcli).environ)
    found = []
    for axis in axes():
        print(f"{axis.name} ...", file=sys.stderr)
        found.append((axis, points(axis, options.rounds, options.threads)))
    print("a second thread ...", file=sys.stderr)
    faster = list(sped_up(options.rounds))
    if options.output is not None:
        draw(options.output, found)
    if options.json:
        print(json.dumps({
            "growth": {axis.name: {"power": growth(p), "points": [vars(one) for one in p]} for axis, p in found},
            "threads": [{"workload": title, "one": one, "two": two} for title, one, two in faster],
        }, indent=2))
        return
    about = table.machine(options.threads, options.rounds, gemm_peak(options.threads))
    print(f"{table.where(about)}; fastest of {options.rounds} rounds")
    print("\n| what grows | of | sizes | ms a step | power of the work |\n| --- | --- | --- | --- | --- |")
    for axis, measured in found:
        sizes, times = (", ".join(f"{value:.3g}" if value < 1000 else f"{value:.0f}" for value in row) for row in (
            [p.size for p in measured], [p.milliseconds for p in measured],
        ))
        print(f"| {axis.name} | {axis.model} | {sizes} | {times} | {growth(measured):.2f} |")
    print("\n| from one thread to two | one, ms | two, ms | faster by |\n| --- | --- | --- | --- |")
    for title, one, two in faster:
        print(f"| {title} | {one:.3g} | {two:.3g} | {one / two:.2f} x |")


if __name__ == "__main__":
    main()
