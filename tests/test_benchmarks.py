"""The benchmark itself: it runs, its workloads are such that dlcli can do, and other work than ours does not count."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import growth, lanes, table
from benchmarks.growth import Point
from benchmarks.rounds import Found, Measured, _compare
from benchmarks.side import sides
from benchmarks.sides.dlcli import planned
from benchmarks.workload import TOKENS, workloads

ROOT = Path(__file__).parent.parent
WORKLOADS = pytest.mark.parametrize("workload", workloads(), ids=lambda workload: workload.name)


def found(median, loss=1.0):
    return Found(seconds=[median] * 3, first=loss, mean=loss, peak_mb=1)


@WORKLOADS
def test_every_workload_is_one_that_dlcli_can_do(workload):
    model, _ = planned(workload)
    x, y = replace(workload, batch=2).data()
    assert x.shape[1:] == workload.in_shape and len(x) == len(y)
    assert model.out_shape[-1] in (1, workload.classes)
    if workload.targets == TOKENS:
        assert np.array_equal(x[:, 1:], y[:, :-1]), "the target of a place is what comes next"


def test_the_command_runs_and_prints_one_document():
    command = [sys.executable, "-m", "benchmarks", "--only", "mlp-small", "--sides", "dlcli", "--rounds", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)["workloads"]
    own = row["sides"]["dlcli"]
    assert row["name"] == "mlp-small" and own["ms"] > 0 and own["peak_mb"] > 0 and not own["invalid"]
    assert own["loss_before"] > own["loss_mean"] > 0, "it learns"


def test_who_computes_something_else_does_not_count():
    workload = workloads()[0]
    rows = {"dlcli": found(2.0), "by_torch": found(1.0, loss=1.5), "keras_fit": found(3.0, loss=1.00001),
            "keras_jax": found(0.5)}
    _compare(workload, rows)
    assert not rows["dlcli"].invalid and not rows["keras_fit"].invalid
    assert "1.5 instead of 1" in rows["by_torch"].invalid
    one = Measured(workload, rows, 1e9, 1e10)
    assert table.best_peer(one) == "keras_fit", "a bare step is no training"
    assert table.best_peer(replace(one, workload=replace(workload, inference=True))) == "keras_jax"
    assert table.ratio(one, "dlcli") == 1.5
    text = table.markdown({"processor": "p", "cores": 2, "threads": 2, "rounds": 3, "python": "3", "libraries": {},
                           "gemm_peak_gflops": 10}, [one], None)
    assert "does not count: torch" in text and "1.50" in text


def test_each_side_says_what_it_needs():
    for side in sides().values():
        assert side.label and isinstance(side.needs, tuple)
        assert all(isinstance(side.takes(workload), bool) for workload in workloads())


def test_lanes_are_measured_for_every_kind_of_model(monkeypatch, capsys):
    names = [name for name, _ in lanes.models()]
    assert len(set(names)) == len(names)
    monkeypatch.setattr(lanes, "measure", lambda workload, threads, count: 0.003 / count)
    monkeypatch.setattr("sys.argv", ["lanes", "mlp-mnist-128", "lstm-64-40"])
    monkeypatch.setenv("DLCLI_KERNELS", "numpy")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    lanes.main()
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| mlp-mnist-128", "| lstm-64-40-32", "| lstm-64-40-128"]
    assert all("| 3 | 1.5 | 2.00 x |" in row for row in rows) and rows[0].endswith("| 1 |")


def test_growth_is_the_power_of_the_work_and_of_the_size_where_no_work_is_added():
    linear = [Point(n, n, 0.5 * n) for n in (1, 2, 4, 8)]
    assert growth.growth(linear) == pytest.approx(1)
    assert growth.growth([Point(n, n**2, 3 * n**3) for n in (1, 2, 4, 8)]) == pytest.approx(1.5)
    assert growth.growth([Point(n, 1, 0.1 * n**0.5) for n in (1, 4, 16)]) == pytest.approx(0.5)


def test_every_size_is_one_that_is_measured_and_drawn(tmp_path, monkeypatch):
    monkeypatch.setenv("DLCLI_KERNELS", "numpy")
    axes = list(growth.axes())
    for axis in axes:
        assert [size for size, _ in axis.sizes] == sorted({size for size, _ in axis.sizes})
    of_rows = axes[-1].sizes[0][1]
    assert len(of_rows.data()[0]) == 1024, "a size of the data set is that of its data"
    assert growth.measure(of_rows, 1) > 0 and growth.measure(axes[0].sizes[0][1], 1) > 0
    growth.draw(tmp_path / "growth.png", [(axis, [Point(n, n, n) for n, _ in axis.sizes]) for axis in axes])
    assert (tmp_path / "growth.png").stat().st_size > 10_000
