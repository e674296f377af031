"""What a training step costs, counted and not timed: calls of kernels, and arrays that are allocated."""

import tracemalloc
from collections import Counter

import numpy as np
import pytest
from contracts.memory import LIMIT
from contracts.training import trainer

from dlcli.core.callback import Callback
from dlcli.kernels import choice

BATCH = 64
LEARN = {"chain_end.chain_categorical_crossentropy": 1, "counting.count_right": 1, "adam.adam": 1}
CONVOLUTION = (
    {"type": "reshape", "shape": [16, 16, 1]},
    {"type": "conv2d", "filters": 8, "kernel_size": 3, "padding": "same", "activation": "relu"},
    {"type": "conv2d", "filters": 8, "kernel_size": 3, "padding": "same", "activation": "relu"},
    "max_pooling2d", "flatten", {"type": "dense", "units": 3},
)
MODELS = {
    "mlp": (
        ({"type": "dense", "units": 256, "activation": "relu"}, {"type": "dense", "units": 3}),
        LEARN,
    ),
    "mlp of images": (
        ({"type": "reshape", "shape": [16, 16]}, "flatten", {"type": "dense", "units": 3}), LEARN,
    ),
    "layers that no chain takes": (
        ({"type": "dense", "units": 9}, {"type": "dropout", "rate": 0.5}, {"type": "dense", "units": 3}, "softplus"),
        {**{f"categorical_crossentropy.categorical_crossentropy{end}": 1 for end in ("", "_gradient")},
         "dense.chain_forward": 2, "dense.chain_backward": 2, "sigmoid.sigmoid": 1, "counting.count_right": 1,
         "adam.adam": 1},
    ),
    "cnn": (CONVOLUTION, {**LEARN, "convolution.convolution": 2, "convolution.convolution_gradient": 2}),
    "lstm": (
        ({"type": "reshape", "shape": [16, 16]}, {"type": "lstm", "units": 32}, {"type": "dense", "units": 3}),
        {**LEARN, "lstm.lstm_forward": 1, "lstm.lstm_backward": 1},
    ),
    "transformer": (
        ({"type": "reshape", "shape": [16, 16]},
         {"type": "transformer_encoder", "intermediate_dim": 32, "num_heads": 2, "activation": "gelu"},
         "global_average_pooling1d", {"type": "dense", "units": 3}),
        {**LEARN, "attention.attention_forward": 1, "attention.attention_backward": 1, "gelu.gelu": 1,
         "linear.linear": 4, "linear.linear_gradient": 4,
         "layer_normalization.normalize_rows": 2, "layer_normalization.normalize_rows_gradient": 2},
    ),
}


def trained(layers, callback):
    """Runs a training of six steps, on two batches again and again."""
    trainer(
        *layers, features=256, count=2 * BATCH, dtype="float32", callbacks=(callback,), batch_size=BATCH, epochs=3,
        lanes=1,
    ).run()


@pytest.mark.parametrize("name", MODELS)
def test_a_step_calls_each_kernel_as_often_as_planned(name):
    layers, expected = MODELS[name]
    calls, steps, inside = Counter(), [], []

    def counted(kernel):
        function = kernel.func

        def call(*args, **kwargs):
            inside.append(kernel.name)
            if len(inside) == 1:  # those that call each other count as one
                calls[kernel.name] += 1
            try:
                return function(*args, **kwargs)
            finally:
                inside.pop()

        return call

    class Count(Callback):
        """Notes the calls of every step."""

        def on_batch_end(self, loop):
            steps.append({key: number for key, number in calls.items() if not key.endswith("_size")})
            calls.clear()

    class Imported(Callback):
        """A first training imports all there is to count."""

    trained(layers, Imported())
    try:
        for kernel in choice.kernels():
            kernel.turn_to(counted(kernel))
        trained(layers, Count())
    finally:
        choice.use(choice.in_use())
    assert steps[1] == steps[3] == expected  # those between come after an epoch and its validation


@pytest.mark.parametrize("name", MODELS)
def test_a_step_allocates_no_array_once_all_sizes_were_seen(name):
    layers, _ = MODELS[name]
    grown = []

    class Watch(Callback):
        """Measures the second step of the last epoch."""

        def on_batch_end(self, loop):
            if loop.step == 4:
                tracemalloc.start()
            elif loop.step == 5:
                tracemalloc.reset_peak()
                self.before = tracemalloc.get_traced_memory()[0]
            elif loop.step == 6:
                grown.append(tracemalloc.get_traced_memory()[1] - self.before)

    kept = np.setbufsize(128)
    try:
        trained(layers, Watch())
    finally:
        tracemalloc.stop()
        np.setbufsize(kept)
    assert grown[0] < LIMIT
