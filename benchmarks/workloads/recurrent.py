"""Recurrent networks: one number after a sequence."""

from benchmarks.workload import NUMBERS, Workload

ADAM = {"type": "adam", "learning_rate": 0.001}

WORKLOADS = tuple(
    Workload(
        name=f"{kind}-{units}", title=f"{kind.upper()} {units}, {steps} steps, {features} feature(s), batch {batch}",
        layers=({"type": kind, "units": units}, {"type": "dense", "units": 1}),
        in_shape=(steps, features), batch=batch, targets=NUMBERS, optimizer=ADAM, goal=goal,
    )
    for kind, units, steps, features, batch, goal in (
        ("lstm", 50, 10, 1, 32, (1.2, 2.5)), ("lstm", 128, 100, 32, 64, (1.0, 1.4)),
        ("gru", 50, 10, 1, 32, (1.1, 1.8)), ("gru", 128, 100, 32, 64, (1.1, 1.8)),
    )
)
