"""Multilayer perceptrons: small steps, where the work around the matrix products counts."""

from benchmarks.workload import BITS, CLASSES, Workload

ADAM = {"type": "adam", "learning_rate": 0.001}
MNIST = (
    "flatten", {"type": "dense", "units": 128, "activation": "relu"},
    {"type": "dense", "units": 64, "activation": "relu"}, {"type": "dense", "units": 10, "activation": "softmax"},
)

WORKLOADS = (
    *(
        Workload(
            name=f"mlp-{batch}", title=f"MLP 784-128-64-10, batch {batch}, adam", layers=MNIST, in_shape=(784,),
            batch=batch, targets=CLASSES, classes=10, optimizer=ADAM, goal=goal,
        )
        for batch, goal in ((32, (1.2, 1.8)), (128, (1.2, 1.6)), (1024, (1.0, 1.15)))
    ),
    Workload(
        name="mlp-small", title="MLP 20-64-32-1, batch 10", in_shape=(20,), batch=10, targets=BITS, optimizer=ADAM,
        layers=(
            {"type": "dense", "units": 64, "activation": "relu"}, {"type": "dense", "units": 32, "activation": "relu"},
            {"type": "dense", "units": 1, "activation": "sigmoid"},
        ),
        goal=(5, 7),
    ),
)
