"""How long a training step takes in one lane and in two, with two threads: what `dlcli.train.lane_count` goes by.

    python -m benchmarks.lanes [NAME ...] [--fast] [--rounds 5]

Models of every kind at sizes around those where lanes begin to pay. Both numbers of lanes are measured in turn, round
by round, and the fastest round counts. `work`: multiplications and additions of a step, `contention`: those that two
lanes must make up for with NumPy's kernels, both in millions; `taken`: how many lanes dlcli takes.
"""

import argparse
import os
from collections.abc import Iterator

from benchmarks.sides.dlcli import Dlcli, planned
from benchmarks.sides.fast import Fast
from benchmarks.steps import Sized, dense, measure, sized
from benchmarks.workload import NUMBERS
from benchmarks.workloads import cnn, mlp
from dlcli.train.lane_count import lanes_for


def models() -> Iterator[tuple[str, Sized]]:
    """Each with its name."""
    for batch in (128, 256, 512, 1024, 2048):
        yield f"mlp-mnist-{batch}", sized(mlp.MNIST, (784,), batch)
    for units, batch in ((256, 128), (512, 64), (512, 128), (1024, 32), (1024, 128)):
        yield f"mlp-{units}-{batch}", sized(dense(units, 3), (units,), batch)
    for batch in (2, 8, 16, 32, 64, 128):
        yield f"cnn-mnist-{batch}", sized(cnn.MNIST, (28, 28, 1), batch)
    for batch in (4, 16, 32, 64):
        yield f"cnn-cifar-{batch}", sized(cnn.WORKLOADS[0].layers, (32, 32, 3), batch)
    for kind in ("lstm", "gru", "simple_rnn"):
        for units, steps, batch in (
            (64, 20, 32), (64, 40, 32), (64, 160, 32), (64, 40, 128), (128, 40, 32), (128, 100, 64), (256, 40, 32),
            (256, 40, 128),
        ):
            layers = ({"type": kind, "units": units}, {"type": "dense", "units": 1})
            yield f"{kind}-{units}-{steps}-{batch}", sized(layers, (steps, 16), batch, NUMBERS)
    for width, steps, batch in ((32, 32, 16), (64, 32, 16), (64, 64, 16)):
        block = {"type": "transformer_encoder", "intermediate_dim": 4 * width, "num_heads": 4}
        ends = {"type": "dense", "units": width}, {"type": "dense", "units": 10, "activation": "softmax"}
        yield f"transformer-{width}-{steps}-{batch}", sized(
            (ends[0], block, "global_average_pooling1d", ends[1]), (steps, 16), batch,
        )


def main() -> None:
    """Prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="the beginning of a model's name (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--fast", action="store_true", help="with the kernels that Numba compiles")
    options = parser.parse_args()
    os.environ.update((Fast if options.fast else Dlcli).environ)
    print("| model | work | contention | one lane, ms | two, ms | two faster by | taken |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, workload in models():
        if options.names and not name.startswith(tuple(options.names)):
            continue
        best = [float("inf")] * 2
        for _ in range(options.rounds):
            best = [min(b, 1000 * measure(workload, 2, lanes)) for b, lanes in zip(best, (1, 2), strict=True)]
        model, (one, two) = planned(workload)[0], best
        work, contention = 3 * model.flops * workload.batch / 1e6, model.contention / 1e6
        taken = lanes_for(model, workload.batch, kernels=os.environ["DLCLI_KERNELS"])
        figures = f"{work:.0f} | {contention:.0f} | {one:.3g} | {two:.3g} | {one / two:.2f} x | {taken}"
        print(f"| {name} | {figures} |", flush=True)


if __name__ == "__main__":
    main()
