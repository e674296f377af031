"""How many lanes a step is worth: by its work, by how often its kernels are called, by the kernels in use."""

import pytest

from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.kernels import choice
from dlcli.model import Model
from dlcli.train.lane_count import lanes_for, lanes_forward


def model(*layers, shape):
    return Model([from_yaml(Layer, layer) for layer in layers], shape)


def dense(units, count):
    return [{"type": "dense", "units": units, "activation": "relu"}] * count


def lstm(steps, units=64):
    return model({"type": "lstm", "units": units}, {"type": "dense", "units": 1}, shape=(steps, 16))


CNN = model(
    {"type": "conv2d", "filters": 32, "kernel_size": 3}, "max_pooling2d", {"type": "conv2d", "filters": 64,
    "kernel_size": 3}, "flatten", {"type": "dense", "units": 10}, shape=(28, 28, 1),
)


def test_a_small_step_is_one_lane_and_a_large_one_is_several():
    net = model(*dense(128, 2), {"type": "gelu"}, {"type": "dense", "units": 10}, shape=(784,))
    for kernels in choice.NAMES:
        lanes = [lanes_for(net, 2 ** k, kernels=kernels) for k in range(17)]
        assert lanes[:7] == [1] * 7 and lanes[10] == 2 and lanes[16] == 4
        assert lanes == sorted(lanes)


def test_there_are_never_more_lanes_than_samples():
    net = model({"type": "conv2d", "filters": 64, "kernel_size": 5}, "flatten", {"type": "dense", "units": 2},
                shape=(600, 600, 16))
    assert lanes_for(net, 1, kernels="numba") == 1 and lanes_for(net, 3, kernels="numba") == 3


def test_with_numpy_a_long_recurrence_is_as_little_worth_two_lanes_as_a_short_one():
    for steps in (10, 40, 160, 640):
        assert lanes_for(lstm(steps), 32, kernels="numpy") == 1
        assert lanes_for(lstm(steps), 256, kernels="numpy") == 2
    assert lanes_for(lstm(160), 32, kernels="numba") == 2  # one call, however many steps


def test_with_numpy_a_convolution_of_few_images_is_not_worth_two_lanes():
    assert [lanes_for(CNN, size, kernels="numpy") for size in (16, 128)] == [1, 2]
    assert [lanes_for(CNN, size, kernels="numba") for size in (16, 128)] == [2, 2]


def test_compiled_threads_help_in_a_chain_of_dense_layers_instead():
    chain = model(*dense(128, 2), {"type": "dense", "units": 10}, shape=(784,))
    assert lanes_for(chain, 4096, kernels="numba") == 1 and lanes_for(chain, 4096, kernels="numpy") == 2
    large = model(*dense(1024, 2), {"type": "dense", "units": 10}, shape=(784,))
    assert lanes_for(large, 512, kernels="numba") == 2, "layers that are left to BLAS"


@pytest.mark.parametrize("kernels", choice.NAMES)
def test_predictions_go_by_the_kernels_in_use(monkeypatch, kernels):
    monkeypatch.setattr(choice, "in_use", lambda: kernels)
    chain = model(*dense(128, 2), {"type": "dense", "units": 10}, shape=(784,))
    assert lanes_forward(chain, 1024) == (2 if kernels == "numpy" else 1)
    assert lanes_forward(CNN, 32) == (1 if kernels == "numpy" else 2)
    assert lanes_forward(chain, 1) == 1 and lanes_forward(chain, 0) == 0


def test_what_layers_hold_counts_too():
    inner = {"type": "lstm", "units": 8}
    one, both = model(inner, shape=(20, 4)), model({"type": "bidirectional", "layer": inner}, shape=(20, 4))
    assert both.contention > 2 * 0.9 * one.contention
