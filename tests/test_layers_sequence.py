"""Layers of layers and layers over steps: masks, names, and the errors that lead to the layer at fault."""

import numpy as np
import pytest

from dlcli import registry
from dlcli.config.manual import of_base
from dlcli.core.component import from_yaml
from dlcli.core.layer import Layer
from dlcli.errors import DataError, ShapeError
from dlcli.kernels import choice
from dlcli.losses.categorical_crossentropy import CategoricalCrossentropy
from dlcli.model import Model, Pass, split_link

RECURRENT = ("simple_rnn", "lstm", "gru")
SLOW = {"activation": "softplus", "recurrent_activation": "tanh"}
"""Activations for which the kernels have no fast way."""


def model(*layers, shape):
    return Model([from_yaml(Layer, layer) for layer in layers], shape, dtype="float64")


def weights(made, seed=0):
    rng = np.random.default_rng(seed)
    theta, buffers = made.initialize(rng)
    return theta + 0.3 * rng.standard_normal(theta.shape), buffers


def started(made, theta, **keys):
    return Pass(made, theta, made.buffers.zeros("float64"), input_gradient=True, **keys)


def variants(kind):
    slow = {"activation": "softplus"} if kind == "simple_rnn" else SLOW
    return [{"type": kind, "units": 3}, {"type": kind, "units": 3, **slow}] + (
        [{"type": kind, "units": 3, "reset_after": False}] if kind == "gru" else [])


EVERY = [pytest.param(keys, id=f"{keys['type']}-{i}") for kind in RECURRENT for i, keys in enumerate(variants(kind))]


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("keys", EVERY)
def test_masked_steps_count_for_nothing_wherever_they_stand(keys, backwards):
    keys = {**keys, "go_backwards": backwards}
    rng = np.random.default_rng(1)
    x, live = rng.standard_normal((2, 6, 2)), np.array([[0, 1, 1, 0, 1, 0], [1, 1, 0, 0, 0, 1]], bool)
    x[~live] = 0
    masked, plain = model("masking", keys, shape=(6, 2)), model(keys, shape=(3, 2))
    theta = weights(plain)[0]
    long, short = started(masked, theta), started(plain, theta)
    dy = rng.standard_normal((2, 3))
    np.testing.assert_allclose(long.forward(x), short.forward(x[live].reshape(2, 3, 2)), atol=1e-14)
    dx = long.backward(dy)
    np.testing.assert_allclose(dx[live].reshape(2, 3, 2), short.backward(dy), atol=1e-14)
    assert not dx[~live].any()
    np.testing.assert_allclose(long.grad, short.grad, atol=1e-13)
    assert long.flow.mask is None, "the time axis is gone, and the mask with it"


@pytest.mark.parametrize("kind", RECURRENT)
def test_a_masked_step_repeats_the_state_before_it(kind):
    made = model("masking", {"type": kind, "units": 3, "return_sequences": True}, shape=(4, 2))
    x = np.random.default_rng(1).standard_normal((1, 4, 2))
    x[0, [0, 2]] = 0
    through = started(made, weights(made)[0])
    y = through.forward(x)[0]
    assert not y[0].any()
    np.testing.assert_array_equal(y[2], y[1])
    np.testing.assert_array_equal(through.flow.mask, [[False, True, False, True]])


@pytest.mark.parametrize("kind", RECURRENT)
def test_go_backwards_is_the_layer_on_the_reversed_sequence(kind):
    keys = {"type": kind, "units": 3, "return_sequences": True}
    ahead, behind = model("masking", keys, shape=(4, 2)), model("masking", {**keys, "go_backwards": True}, shape=(4, 2))
    theta, x = weights(ahead)[0], np.random.default_rng(1).standard_normal((2, 4, 2))
    x[0, 0] = 0
    first, second = started(ahead, theta), started(behind, theta)
    np.testing.assert_array_equal(second.forward(x), first.forward(x[:, ::-1]))
    np.testing.assert_array_equal(second.flow.mask, first.flow.mask)


@pytest.mark.parametrize("kind", RECURRENT)
def test_huge_sums_overflow_nothing(kind):
    made = model({"type": kind, "units": 3}, shape=(3, 2))
    through = started(made, 1e6 * weights(made)[0])
    assert np.isfinite(through.forward(np.ones((2, 3, 2)))).all()
    assert np.isfinite(through.backward(np.ones((2, 3)))).all()


DENSE = {"type": "dense", "units": 3}
ENDS = [
    [{**DENSE, "activation": "softmax"}], [DENSE, "softmax"], [DENSE, {"type": "activation", "activation": "softmax"}],
    [{"type": "sequential", "layers": [DENSE, "softmax"]}], [DENSE, {"type": "sequential", "layers": ["softmax"]}],
    ["tanh", {"type": "sequential", "layers": ["tanh", {"type": "sequential", "layers": [
        {**DENSE, "activation": "softmax"},
    ]}]}],
    [{"type": "time_distributed", "layer": {**DENSE, "activation": "softmax"}}],
    [DENSE, {"type": "time_distributed", "layer": "softmax"}],
    [{"type": "time_distributed", "layer": {"type": "sequential", "layers": [DENSE, "softmax"]}}],
]


@pytest.mark.parametrize("layers", ENDS)
def test_a_softmax_at_the_end_is_fused_into_the_loss_however_deep_it_stands(layers):
    whole = [from_yaml(Layer, layer) for layer in layers]
    rest, link, loss = split_link(whole, CategoricalCrossentropy())
    assert link is not None and link.type_name() == "softmax" and loss.from_logits
    plain, fused = Model(whole, (4, 2), dtype="float64"), Model(rest, (4, 2), dtype="float64", link=link)
    assert list(plain.layout.slots) == list(fused.layout.slots), "parameters keep their names"
    theta, x = weights(plain)[0], np.random.default_rng(0).standard_normal((2, 4, 2))
    np.testing.assert_allclose(started(fused, theta).predict(x), started(plain, theta).forward(x), rtol=1e-13)
    with pytest.raises(ShapeError, match="already ends in softmax"):
        split_link(whole, CategoricalCrossentropy(from_logits=True))


@pytest.mark.parametrize("layers", [
    [{"type": "residual", "layers": ["softmax"]}], [DENSE],
    [{"type": "sequential", "layers": []}], ["softmax", "tanh"], [],
])
def test_a_softmax_that_is_not_the_last_thing_stays(layers):
    whole = tuple(from_yaml(Layer, layer) for layer in layers)
    assert split_link(whole, CategoricalCrossentropy()) == (whole, None, CategoricalCrossentropy())


def test_softmax_is_no_activation_of_a_recurrent_layer():
    with pytest.raises(ShapeError, match="number by number") as caught:
        model({"type": "lstm", "units": 3, "activation": "softmax"}, shape=(3, 2))
    assert caught.value.path == (0, "activation")


@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
def test_bidirectional_shows_both_ways_the_same_mask(sequences):
    inner = {"type": "lstm", "units": 2, "return_sequences": sequences}
    made = model("masking", {"type": "bidirectional", "layer": inner}, shape=(4, 2))
    x = np.random.default_rng(1).standard_normal((1, 4, 2))
    x[0, 3] = 0
    through, shorter = started(made, weights(made)[0]), model({"type": "bidirectional", "layer": inner}, shape=(3, 2))
    y, wanted = through.forward(x), started(shorter, weights(made)[0]).forward(x[:, :3])
    np.testing.assert_allclose(y[:, :3] if sequences else y, wanted, atol=1e-14)
    assert (through.flow.mask is not None) is sequences


def test_attention_does_not_see_what_is_masked():
    made = model("masking", {"type": "multi_head_attention", "num_heads": 2}, shape=(4, 2))
    short = model({"type": "multi_head_attention", "num_heads": 2}, shape=(3, 2))
    x, theta = np.random.default_rng(1).standard_normal((2, 4, 2)), weights(made)[0]
    x[:, 3] = 0
    y = started(made, theta).forward(x)
    np.testing.assert_allclose(y[:, :3], started(short, theta).forward(x[:, :3]), atol=1e-14)


def test_a_sequence_of_padding_alone_gives_numbers():
    made = model("masking", {"type": "multi_head_attention", "num_heads": 1, "causal": True}, shape=(3, 2))
    x = np.ones((2, 3, 2))
    x[0] = 0
    assert np.isfinite(started(made, weights(made)[0]).forward(x)).all()


@pytest.mark.skipif(choice.in_use() != "numpy", reason="compiled, there are no blocks; unset DLCLI_KERNELS to run it")
def test_attention_weights_do_not_depend_on_how_many_samples_a_block_has(monkeypatch):
    made = model({"type": "multi_head_attention", "num_heads": 2, "causal": True}, shape=(4, 6))
    theta, x, dy = weights(made)[0], *np.random.default_rng(1).standard_normal((2, 5, 4, 6))
    results = []
    for block in (1, 70, 10**6):
        monkeypatch.setattr("dlcli.kernels.attention.BLOCK", block)
        through = started(made, theta)
        results.append((through.forward(x).copy(), through.backward(dy).copy(), through.grad))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-13)


@pytest.mark.parametrize("kind", ["residual", "parallel"])
def test_a_mask_made_in_a_branch_is_not_seen_by_the_other(kind):
    masked, watched = ["masking"], [{"type": "simple_rnn", "units": 2, "return_sequences": True}]
    keys = {"layers": masked, "shortcut": watched} if kind == "residual" else (
        {"branches": [masked, watched], "merge": "add"})
    made, alone = model({"type": kind, **keys}, shape=(3, 2)), model(*watched, shape=(3, 2))
    theta, x = weights(made)[0], np.random.default_rng(1).standard_normal((2, 3, 2))
    x[:, 1] = 0
    through = started(made, theta)
    np.testing.assert_allclose(through.forward(x), x + started(alone, theta).forward(x), atol=1e-14)
    np.testing.assert_array_equal(through.flow.mask, [[True, False, True]] * 2)


def test_no_mask_is_left_where_a_branch_took_the_time_axis_away():
    rnn = {"type": "simple_rnn", "units": 2}
    made = model("masking", {"type": "parallel", "branches": [[rnn], [rnn]]}, shape=(3, 2))
    through = started(made, weights(made)[0])
    through.forward(np.zeros((2, 3, 2)))
    assert through.flow.mask is None


def test_masks_joined_in_time_lie_side_by_side():
    made = model({"type": "parallel", "branches": [["masking"], ["tanh"]], "axis": 1}, shape=(2, 2))
    through = started(made, weights(made)[0])
    through.forward(np.array([[[0.0, 0.0], [1.0, 1.0]]]))
    np.testing.assert_array_equal(through.flow.mask, [[False, True, True, True]])


def test_copies_of_repeat_share_no_parameter():
    made = model({"type": "repeat", "layer": {"type": "dense", "units": 2}, "times": 3}, shape=(2,))
    assert list(made.layout.slots) == [f"repeat/{i}/dense/{p}" for i in range(3) for p in ("kernel", "bias")]
    assert made.layout.size == 18


def test_frozen_composites_freeze_all_that_is_in_them():
    inner = [{"type": "dense", "units": 2}]
    made = model({"type": "repeat", "layers": [{"type": "residual", "layers": inner}], "times": 2, "trainable": False},
                 shape=(2,))
    assert made.layout.trainable == 0


FAULTY = {"type": "multi_head_attention", "num_heads": 3}
PATHS = [
    ({"type": "sequential", "layers": ["tanh", FAULTY]}, ("layers", 1, "num_heads")),
    ({"type": "residual", "layers": [FAULTY]}, ("layers", 0, "num_heads")),
    ({"type": "residual", "layers": [], "shortcut": [FAULTY]}, ("shortcut", 0, "num_heads")),
    ({"type": "residual", "layers": [{"type": "dense", "units": 3}]}, ("layers",)),
    ({"type": "parallel", "branches": [["tanh"], ["tanh", FAULTY]]}, ("branches", 1, 1, "num_heads")),
    ({"type": "parallel", "branches": [[], [{"type": "dense", "units": 3}]], "merge": "add"}, ("branches", 1)),
    ({"type": "parallel", "branches": [[], ["flatten"]]}, ("branches", 1)),
    ({"type": "parallel", "branches": [[]], "axis": 3}, ("axis",)),
    ({"type": "repeat", "layer": FAULTY, "times": 2}, ("layer", "num_heads")),
    ({"type": "repeat", "layers": ["tanh", FAULTY], "times": 2}, ("layers", 1, "num_heads")),
    ({"type": "repeat", "times": 2}, ()),
    ({"type": "time_distributed", "layer": FAULTY}, ("layer",)),
    ({"type": "bidirectional", "layer": {"type": "lstm", "units": 2, "go_backwards": True}}, ("layer", "go_backwards")),
    ({"type": "transformer_encoder", "num_heads": 3, "intermediate_dim": 4}, ("num_heads",)),
    ({"type": "position_embedding", "sequence_length": 2}, ("sequence_length",)),
    ({"type": "permute", "dims": [1, 1]}, ("dims",)),
]


@pytest.mark.parametrize(("keys", "path"), PATHS, ids=[f"{keys['type']}-{i}" for i, (keys, _) in enumerate(PATHS)])
@pytest.mark.parametrize("depth", [0, 2])
def test_shape_errors_lead_to_the_layer_at_fault_and_say_what_to_do(keys, path, depth):
    for _ in range(depth):
        keys, path = {"type": "repeat", "times": 1, "layers": ["tanh", keys]}, ("layers", 1, *path)
    with pytest.raises(ShapeError) as caught:
        model(keys, shape=(3, 4))
    assert caught.value.path == (0, *path)
    assert caught.value.hint


TIMED = ["lstm", "multi_head_attention", "transformer_encoder", "masking", "position_embedding"]


@pytest.mark.parametrize("kind", TIMED)
def test_a_missing_time_axis_is_refused(kind):
    keys = {"lstm": {"units": 2}, "multi_head_attention": {"num_heads": 1},
            "transformer_encoder": {"num_heads": 1, "intermediate_dim": 2}}.get(kind, {})
    with pytest.raises(ShapeError, match=r"\(T, I\)"):
        model({"type": kind, **keys}, shape=(4,))


def test_a_copy_that_cannot_take_what_the_one_before_gives_says_which():
    with pytest.raises(ShapeError, match="copy 1"):
        model({"type": "repeat", "layer": {"type": "lstm", "units": 2}, "times": 2}, shape=(3, 2))


@pytest.mark.parametrize(("bad", "said"), [(7, "found 7"), (-1, "found -1"), (1.5, "found 1.5"), (np.nan, "found nan")])
def test_embedding_names_the_id_that_it_does_not_have(bad, said):
    made = model({"type": "embedding", "input_dim": 7, "output_dim": 2}, shape=(3,))
    with pytest.raises(DataError, match=said):
        started(made, weights(made)[0]).forward(np.array([[1.0, bad, 2.0]]))


def test_ids_that_are_zero_are_masked_up_to_the_layer_that_reads_the_mask():
    made = model({"type": "embedding", "input_dim": 7, "output_dim": 2, "mask_zero": True}, "tanh",
                 {"type": "lstm", "units": 2}, shape=(4,))
    through = started(made, weights(made)[0])
    left, right = through.forward(np.array([[3.0, 5.0, 0, 0], [0, 0, 3.0, 5.0]]))
    np.testing.assert_array_equal(left, right)


def test_what_recurrent_layers_share_counts_as_their_own_keys():
    lstm = registry.get("layers", "lstm")
    assert [key for key in ("units", "go_backwards", "activation", "name", "trainable") if of_base(lstm, key)] == [
        "name", "trainable",
    ]
