"""Padding on its way through a model: all is as if it were not there, or the mask is refused."""

import numpy as np
import pytest
from contracts.layers import Rig
from contracts.memory import LIMIT, culprits, peak_of
from contracts.walk import cases
from main_job import dlcli

from dlcli.core import sequence
from dlcli.core.component import from_yaml
from dlcli.core.flow_plan import FlowPlan, Mask
from dlcli.core.layer import Layer
from dlcli.errors import ShapeError
from dlcli.model import Model, Pass
from dlcli.train.gradient_check import compare

T, C = 9, 3


def model(*layers, shape=(T, C)):
    return Model([from_yaml(Layer, layer) for layer in layers], shape, dtype="float64")


def started(made, theta):
    return Pass(made, theta, made.buffers.zeros("float64"), input_gradient=True)


def weights(made, seed=0):
    rng = np.random.default_rng(seed)
    return made.initialize(rng)[0] + 0.3 * rng.standard_normal(made.layout.size)


@pytest.mark.parametrize("case", cases("layers", lambda case: len(case.shape) > 0))
def test_no_layer_lets_a_mask_go_on_that_does_not_fit(case):
    """Also by chance: where the number of steps stays, but they are others, the plan must say so."""
    rig, rng = Rig(case), np.random.default_rng(0)
    through = rig.through(training=True, own_buffers=True)
    came = Mask(maker="masking") if len(case.shape) > 1 else None
    if came is not None:
        through.flow.mask = rng.random((4, case.shape[0])) < 0.6
    y = through.passage.forward(rig.x(4))
    left = through.flow.mask
    assert left is None or (left.shape == y.shape[:2] and y.ndim > 2)
    flow = FlowPlan(mask=came)
    planned = sequence.mask_after(sequence.plan_sequence([rig.layer], case.shape, flow), flow)
    assert (left is None) == (planned is None or bool(planned.lost)), "the plan knows whether one goes on"


def padded(rng, sequences):
    """The sequences: (L, C) each, padded behind with numbers that must not be seen; and their mask."""
    x = 100 * rng.standard_normal((len(sequences), T, C))
    mask = np.zeros((len(sequences), T), bool)
    for i, steps in enumerate(sequences):
        x[i, :len(steps)], mask[i, :len(steps)] = steps, True
    return x, mask


LENGTHS = (9, 7, 5)
WINDOWS = [
    {"padding": padding, "strides": strides, size: 3}
    for size in ("kernel_size", "pool_size") for padding in ("valid", "same", "causal") for strides in (1, 2)
    if not (size == "pool_size" and padding == "causal")
]
SLIDING = [
    {"type": name, **keys, **({"filters": 2, "activation": "tanh"} if name == "conv1d" else {})}
    for name in ("conv1d", "max_pooling1d", "average_pooling1d") for keys in WINDOWS
    if (name == "conv1d") == ("kernel_size" in keys)
] + [
    {"type": "conv1d", "filters": 2, "kernel_size": 2, "dilation_rate": 3, "padding": "causal"},
    {"type": "conv1d", "filters": 2, "kernel_size": 2, "dilation_rate": 2},
    {"type": "average_pooling1d", "pool_size": 2}, {"type": "max_pooling1d", "pool_size": 2, "padding": "same"},
]
ENDS = [
    *("global_average_pooling1d", "global_max_pooling1d"), {"type": "global_average_pooling1d", "keepdims": True},
    {"type": "lstm", "units": 2}, {"type": "bidirectional", "layer": {"type": "gru", "units": 2}},
    {"type": "bidirectional", "layer": {"type": "simple_rnn", "units": 2, "return_sequences": True}},
    {"type": "multi_head_attention", "num_heads": 1}, {"type": "transformer_encoder", "num_heads": 1,
                                                       "intermediate_dim": 2},
]


def label(keys):
    return "-".join(str(value) for value in keys.values()) if isinstance(keys, dict) else str(keys)


def behind(first, mask, **keys):
    """A pass through a model that is told of the mask without a layer that makes it."""
    class Told(Pass):
        def forward(self, x):
            self.flow.mask = mask
            return self.passage.forward(x)

    buffers = first.initialize(np.random.default_rng(0))[1]
    told = Told(first, weights(first), buffers, input_gradient=True, **keys)
    told.buffers = buffers
    return told


@pytest.mark.parametrize("keys", [*SLIDING, *ENDS], ids=label)
def test_what_counts_is_what_the_sequence_gives_without_its_padding(keys):
    rng = np.random.default_rng(0)
    lengths = LENGTHS  # equal modulo the strides: the border of `same` is then the same on both sides
    sequences = [rng.standard_normal((length, C)) for length in lengths]
    x, mask = padded(rng, sequences)
    long = model(keys)
    through = behind(long, mask)
    y = through.forward(x).copy()
    left = through.flow.mask
    dy = rng.standard_normal(y.shape)
    if left is not None:
        dy[~left] = 0
    dx = through.backward(dy)
    grad = np.zeros_like(through.grad)
    for i, steps in enumerate(sequences):
        alone = started(model(keys, shape=steps.shape), weights(long))
        wanted = alone.forward(steps[None])[0]
        found, slopes = (y[i], dy[i]) if left is None else (y[i][left[i]], dy[i][left[i]])
        np.testing.assert_allclose(found, wanted, atol=1e-12)
        back = alone.backward(slopes[None])[0]
        np.testing.assert_allclose(dx[i, :len(steps)], back, atol=1e-12)
        assert not dx[i, len(steps):].any()
        grad += alone.grad
    np.testing.assert_allclose(through.grad, grad, atol=1e-11)

BATCH_NORMS = [
    {"type": "batch_normalization"}, {"type": "batch_normalization", "axis": 2, "center": False},
    {"type": "batch_normalization", "scale": False, "momentum": 0.5},
]


@pytest.mark.parametrize("shape", [(T, C), (T, 2, C)])
@pytest.mark.parametrize("keys", BATCH_NORMS, ids=label)
def test_batch_normalization_takes_its_statistics_of_what_is_no_padding(keys, shape):
    rng = np.random.default_rng(0)
    mask, x = rng.random((4, T)) < 0.6, 10 * rng.standard_normal((4, *shape)) + 3
    mask[0] = True
    made, short = model(keys, shape=shape), model(keys, shape=(1, *shape[1:]))
    through, alone = (behind(m, k, training=True) for m, k in ((made, mask), (short, None)))
    y, wanted = through.forward(x)[mask], alone.forward(x[mask][:, None])[:, 0]
    np.testing.assert_allclose(y, wanted, atol=1e-12)
    np.testing.assert_allclose(through.buffers, alone.buffers, rtol=1e-13)
    dy = rng.standard_normal(x.shape)
    dy[~mask] = 0
    np.testing.assert_allclose(through.backward(dy)[mask], alone.backward(dy[mask][:, None])[:, 0], atol=1e-12)
    np.testing.assert_allclose(through.grad, alone.grad, atol=1e-11)
    dy = rng.standard_normal(x.shape)

    def value():
        return float(np.sum(dy * through.forward(x)))

    value()
    difference = compare("x", x, through.backward(dy).copy(), value, rng)
    assert difference.ok and not difference.note, difference


@pytest.mark.parametrize("keys", SLIDING, ids=label)
def test_padding_may_stand_anywhere(keys):
    """Gradients with gaps, whole sequences of padding, and positions that do not count but are used all the same."""
    rng = np.random.default_rng(1)
    mask = rng.random((4, T)) < 0.6
    mask[0], mask[1] = False, True
    made = model(keys)
    through, x = behind(made, mask), rng.standard_normal((4, T, C))
    dy = rng.standard_normal(through.forward(x).shape)

    def value():
        return float(np.sum(dy * through.forward(x)))

    value()
    dx = through.backward(dy).copy()
    assert np.isfinite(dx).all() and not dx[~mask].any()
    difference = compare("x", x, dx, value, rng)
    assert difference.ok and not difference.note, difference


@pytest.mark.parametrize("keys", [*SLIDING, *ENDS[:2], BATCH_NORMS[0]], ids=label)
def test_padding_costs_no_allocation_at_every_step(keys):
    rng = np.random.default_rng(2)
    mask, x = rng.random((700, T)) < 0.7, rng.standard_normal((700, T, C))
    through = behind(model(keys), mask, training=True)
    dy = rng.standard_normal(through.forward(x).shape)

    def step():
        return through.forward(x), through.backward(dy)

    assert peak_of(step) < LIMIT, culprits(step)


@pytest.mark.parametrize("kind", ["average", "max"])
def test_pooling_of_padding_alone_gives_zero(kind):
    through = behind(model(f"global_{kind}_pooling1d"), np.zeros((2, T), bool))
    assert not through.forward(np.ones((2, T, C))).any() and not through.backward(np.ones((2, C))).any()


@pytest.mark.parametrize(("layer", "goes_on"), [
    ({"type": "reshape", "shape": [T, 1, C]}, True), ({"type": "reshape", "shape": [C, T]}, False),
    ({"type": "permute", "dims": [1, 2]}, True), ({"type": "permute", "dims": [2, 1]}, False), ("flatten", False),
    ({"type": "time_distributed", "layer": "flatten"}, True), ({"type": "dense", "units": 2}, True),
    ({"type": "lstm", "units": 2, "return_sequences": True}, True), ({"type": "lstm", "units": 2}, False),
    ({"type": "sequential", "layers": ["tanh", "flatten"]}, False), ({"type": "residual", "layers": ["tanh"]}, True),
    ({"type": "repeat", "layers": ["tanh"], "times": 2}, True),
    ({"type": "parallel", "branches": [["tanh"], [{"type": "dense", "units": 2}]]}, True),
], ids=label)
def test_a_mask_goes_on_where_the_steps_stay(layer, goes_on):
    made = model("masking", layer)
    through = started(made, weights(made))
    x = np.ones((2, T, C))
    x[0, 4:] = 0
    through.forward(x)
    assert (through.flow.mask is not None) is goes_on
    assert (made.mask is not None and not made.mask.lost) is goes_on
    if goes_on:
        np.testing.assert_array_equal(through.flow.mask, x[..., 0] != 0)


LOSES = {"type": "reshape", "shape": [C, T]}
READERS = [
    {"type": "lstm", "units": 2}, {"type": "bidirectional", "layer": {"type": "lstm", "units": 2}}, "max_pooling1d",
    "average_pooling1d", "global_max_pooling1d", "global_average_pooling1d", {"type": "multi_head_attention",
                                                                              "num_heads": 1},
    {"type": "conv1d", "filters": 2, "kernel_size": 2},
    {"type": "transformer_decoder", "num_heads": 3, "intermediate_dim": 2},
]


@pytest.mark.parametrize("reader", READERS, ids=label)
def test_a_layer_that_needs_the_mask_does_not_come_after_one_that_loses_it(reader):
    with pytest.raises(ShapeError, match="which steps are padding") as caught:
        model("masking", "tanh", LOSES, reader)
    assert caught.value.path[:1] == (3,) and "put masking after reshape" in caught.value.hint
    model("masking", "tanh", LOSES, "masking", reader)
    model("tanh", LOSES, reader)
    model("masking", "tanh", LOSES, "flatten", {"type": "dense", "units": 2})


def test_a_mask_that_was_used_up_is_not_missed():
    lstm = {"type": "lstm", "units": 2}
    made = model("masking", lstm, {"type": "repeat_vector", "n": 4}, lstm)
    assert made.mask is None


def test_a_mask_lost_in_one_branch_is_lost():
    branch = {"type": "parallel", "branches": [[{"type": "permute", "dims": [2, 1]}], []], "merge": "add"}
    made = model("masking", branch, shape=(C, C))
    assert made.mask.lost == "permute"


def test_the_mask_of_a_source_is_lost_for_a_decoder_that_looks_at_it():
    decoder = [{"type": "multi_head_attention", "num_heads": 1, "cross": True}]
    keys = {"type": "encoder_decoder", "source_length": 3, "decoder": decoder}
    with pytest.raises(ShapeError, match="permute puts other ones") as caught:
        model("masking", {**keys, "encoder": [{"type": "permute", "dims": [2, 1]}]})
    assert caught.value.path == (1, "decoder", 0)
    model("masking", {**keys, "encoder": ["tanh"]})


MODEL = """
dataset: {{type: npz, path: data.npz}}
model:
  layers:
    - masking
    - {layer}
    - {{type: lstm, units: 2, return_sequences: true}}
    - {{type: dense, units: 1}}
loss: {{type: mse}}
optimizer: adam
metrics: {metrics}
"""


@pytest.mark.parametrize(("layer", "metrics", "place", "said"), [
    ("{type: reshape, shape: [2, 6]}", "[]", ":7:7", "lstm needs to know which steps are padding"),
    ("tanh", "[mae, r2]", ":11:16", "r2 compares whole samples"),
    ("tanh\n    - {type: lstm, units: 4, return_sequences: true}\n    - {type: permute, dims: [2, 1]}\n"
     "    - {type: dense, units: 2, activation: tanh}\n    - masking", "[]", "", ""),
])
def test_check_finds_masks_that_do_not_fit(capsys, tmp_path, layer, metrics, place, said):
    rng = np.random.default_rng(0)
    steps = 2 if "reshape" in layer else 4
    np.savez(tmp_path / "data.npz", x_train=rng.random((5, 4, 3)), y_train=rng.random((5, steps, 1)))
    path = tmp_path / "model.yaml"
    path.write_text(MODEL.format(layer=layer, metrics=metrics))
    code, _, err = dlcli(capsys, "check", path)
    assert code == (2 if said else 0), err
    assert not said or (f"{path}{place}" in err and said in err)


def test_check_finds_a_loss_that_would_count_padding(capsys, tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", x_train=rng.random((5, 4, 3)), y_train=rng.random((5, 2, 6)))
    path = tmp_path / "model.yaml"
    path.write_text(
        "dataset: {type: npz, path: data.npz}\nmodel: {layers: [masking, {type: reshape, shape: [2, 6]}]}\n"
        "loss: mse\noptimizer: adam\n",
    )
    code, _, err = dlcli(capsys, "check", path)
    assert code == 2 and f"{path}:3:7  loss: mse needs to know which steps are padding" in err
