"""The figures as tables for people, and as plain data."""

import importlib.metadata
import os
import platform
import statistics
from collections.abc import Sequence
from math import isnan, nan
from pathlib import Path
from typing import Any

from benchmarks.rounds import Measured
from benchmarks.side import sides

OWN = ("dlcli", "fast")
LIBRARIES = ("numpy", "numba", "torch", "keras", "jax", "scikit-learn", "onnxruntime")


def machine(threads: int, rounds: int, peak: float) -> dict[str, Any]:
    """What it was measured on."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "processor": _processor(), "cores": len(os.sched_getaffinity(0)), "threads": threads, "rounds": rounds,
        "python": platform.python_version(), "libraries": versions, "gemm_peak_gflops": round(peak / 1e9, 1),
    }


def where(about: dict[str, Any]) -> str:
    """The same for people."""
    versions = ", ".join(f"{name} {version}" for name, version in about["libraries"].items())
    return (
        f"{about['processor']}, {about['cores']} cores, {about['threads']} threads, Python {about['python']}, "
        f"{versions}; matrix products reach {about['gemm_peak_gflops']} GFLOP/s"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.processor())


def best_peer(one: Measured) -> str | None:
    """The fastest of those that are not dlcli and count."""
    known = sides()
    peers = [
        name for name, found in one.sides.items()
        if name not in OWN and found.seconds and not found.invalid and (one.workload.inference or not known[name].bare)
    ]
    return min(peers, key=lambda name: one.sides[name].median, default=None)


def ratio(one: Measured, own: str) -> float | None:
    """How many times as fast as the best peer: the median over the rounds."""
    peer = best_peer(one)
    found = one.sides.get(own)
    if peer is None or found is None or not found.seconds or found.invalid:
        return None
    return statistics.median(one.times(own, peer))


def brief(one: Measured) -> str:
    """A line that tells how it goes."""
    return ", ".join(
        f"{sides()[name].label} {found.invalid or f'{found.median * 1e3:.3g} ms'}" for name, found in one.sides.items()
    )


def as_dict(about: dict[str, Any], done: Sequence[Measured], whole: dict[str, Any] | None) -> dict[str, Any]:
    """Plain data for `--json`."""
    rows = [
        {
            "name": one.workload.name, "title": one.workload.title, "best_peer": best_peer(one),
            "times_as_fast": {own: ratio(one, own) for own in OWN},
            "goal": dict(zip(OWN, one.workload.goal, strict=True)),
            "sides": {
                name: {
                    "ms": _number(found.median * 1e3),
                    "ms_min": _number(min(found.seconds, default=nan) * 1e3),
                    "ms_max": _number(max(found.seconds, default=nan) * 1e3),
                    "share_of_gemm_peak": _number(one.operations / found.median / one.peak),
                    "peak_mb": _number(found.peak_mb), "loss_before": _number(found.first),
                    "loss_mean": _number(found.mean), "invalid": found.invalid,
                }
                for name, found in one.sides.items()
            },
        }
        for one in done
    ]
    return {"machine": about, "workloads": rows, "whole_command": whole}


def _number(value: float) -> float | None:
    return None if isnan(value) else value


def markdown(about: dict[str, Any], done: Sequence[Measured], whole: dict[str, Any] | None) -> str:
    """Tables that a terminal and a README can show."""
    names = [name for name in sides() if any(name in one.sides for one in done)]
    names.sort(key=lambda name: name not in OWN)
    labels = {name: sides()[name].label for name in names}
    lines = [f"{where(about)}; medians of {about['rounds']} rounds", ""]
    own = [name for name in OWN if name in names]
    if done:
        head = ["workload", *(f"{labels[n]} ms" for n in names), *(f"{labels[n]} x best peer (goal)" for n in own),
                *(f"{labels[n]} of peak" for n in own)]
        lines += [_row(head), _row(["---"] * len(head))]
        lines += [_row([one.workload.title, *_cells(one, names, own)]) for one in done]
        lines += ["", _row(["peak memory, MB", *(labels[n] for n in names)]), _row(["---"] * (len(names) + 1))]
        for one in done:
            found = (one.sides.get(n) for n in names)
            lines.append(_row([one.workload.title, *("" if f is None else f"{f.peak_mb:.0f}" for f in found)]))
        invalid = [(one, n, f) for one in done for n, f in one.sides.items() if f.invalid]
        lines += ["", *(f"does not count: {labels[n]}, {one.workload.title}: {f.invalid}" for one, n, f in invalid)]
    if whole:
        lines += ["", f"The whole command, {whole['epochs']} epochs, start to end:", ""]
        lines += [_row(["", "seconds", "dlcli is faster by", "peak MB", "training loss", "test accuracy"])]
        lines += [_row(["---"] * 6)]
        lines += [
            _row([side["label"], f"{side['seconds']:.1f}",
                  ", ".join(f"{own} {times:.2f} x" for own, times in side["times"].items()),
                  f"{side['peak_mb']:.0f}", f"{side['loss']:.4f}", f"{side['accuracy']:.4f}"])
            for side in whole["sides"].values()
        ]
    return "\n".join(lines)


def _cells(one: Measured, names: Sequence[str], own: Sequence[str]) -> list[str]:
    cells = []
    for name in names:
        found = one.sides.get(name)
        mark = " (!)" if found is not None and found.invalid else ""
        cells.append("" if found is None else f"{found.median * 1e3:.3g}{mark}")
    for name in own:
        times, goal = ratio(one, name), one.workload.goal[OWN.index(name)]
        cells.append("" if times is None else f"{times:.2f} ({goal:g})")
    return cells + [f"{100 * one.operations / one.sides[n].median / one.peak:.0f} %" for n in own]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
