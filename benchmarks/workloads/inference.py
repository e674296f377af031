"""Predictions alone."""

from benchmarks.workload import CLASSES, Workload
from benchmarks.workloads import cnn, mlp

WORKLOADS = tuple(
    Workload(
        name=f"predict-{name}-{batch}", title=f"predictions, MNIST {name.upper()}, batch {batch}", layers=layers,
        in_shape=in_shape, batch=batch, targets=CLASSES, classes=10, optimizer=mlp.ADAM, inference=True,
        goal=(1.0, 1.3),
    )
    for name, layers, in_shape in (("mlp", mlp.MNIST, (784,)), ("cnn", cnn.MNIST, (28, 28, 1)))
    for batch in (1, 1024)
)
