"""Convolutional networks."""

from benchmarks.workload import CLASSES, Workload

ADAM = {"type": "adam", "learning_rate": 0.001}
POOL = {"type": "max_pooling2d"}
MNIST = (
    {"type": "conv2d", "filters": 32, "kernel_size": 3, "activation": "relu"}, POOL,
    {"type": "conv2d", "filters": 64, "kernel_size": 3, "activation": "relu"}, POOL,
    "flatten", {"type": "dense", "units": 10, "activation": "softmax"},
)

WORKLOADS = (
    Workload(
        name="cnn-cifar", title="CIFAR CNN (conv 32, pool, conv 64, pool, conv 64, dense 64, dropout), batch 64",
        layers=(
            *MNIST[:4], MNIST[2], "flatten", {"type": "dense", "units": 64, "activation": "relu"},
            {"type": "dropout", "rate": 0.5}, {"type": "dense", "units": 10, "activation": "softmax"},
        ),
        in_shape=(32, 32, 3), batch=64, targets=CLASSES, classes=10, optimizer=ADAM, goal=(1.0, 1.6), tolerance=0.03,
    ),
    Workload(
        name="cnn-mnist", title="MNIST CNN (conv 32, pool, conv 64, pool, dense 10), batch 128", layers=MNIST,
        in_shape=(28, 28, 1), batch=128, targets=CLASSES, classes=10, optimizer=ADAM, goal=(1.05, 1.7),
    ),
)
