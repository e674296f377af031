"""How many processors a run may count on."""

import pytest

from dlcli.runs import environment


@pytest.mark.parametrize(("quota", "expected"), [
    ("150000 100000\n", 2), ("50000 100000", 1), ("6400000 100000", 64), ("max 100000", 64), ("nonsense", 64),
    (None, 64),
])
def test_cores_are_no_more_than_a_container_grants(tmp_path, monkeypatch, quota, expected):
    path = tmp_path / "cpu.max"
    if quota is not None:
        path.write_text(quota)
    monkeypatch.setattr(environment, "_QUOTA", path)
    monkeypatch.setattr(environment.os, "sched_getaffinity", lambda process: set(range(64)), raising=False)
    assert environment.cores() == expected
