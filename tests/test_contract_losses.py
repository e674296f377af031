"""What every loss promises, checked on every example of every loss, for every kind of target that it accepts."""

from dataclasses import replace

import numpy as np
import pytest
from contracts.memory import LIMIT, culprits, peak_of, samples_for
from contracts.targets import one_hot, targets_for, truths
from contracts.walk import cases
from references import losses as references

from dlcli import registry
from dlcli.config.dump import dump
from dlcli.config.load import loads
from dlcli.core.component import from_yaml
from dlcli.core.context import Context, Flow
from dlcli.core.loss import Loss
from dlcli.core.plan import Plan
from dlcli.train.gradient_check import compare

every_example = pytest.mark.parametrize("case", cases("losses"))
CLOSE = 1e-12
SAMPLES = 5


def context(shape, dtype="float64"):
    return Context(
        plan=Plan(out_shape=shape), params={}, grads={}, buffers={}, dtype=np.dtype(dtype), training=True,
        needs_dx=True, rng=None, flow=Flow(),
    )


def link_of(loss):
    """The activation that makes predictions of logits, and a context for it."""
    return registry.get("layers", loss.link)()


def predictions(loss, shape, rng, samples=SAMPLES):
    """Outputs of a model that ends as the loss wants it: scores, or probabilities."""
    z = rng.standard_normal((samples, *shape))
    if loss.link is None:
        return rng.uniform(0.1, 0.9, z.shape)
    if loss.from_logits or not link_of(loss).exact_gradient:
        return z
    return link_of(loss).forward(context(shape), z).copy()


def tried(case):
    """(loss, y_pred, y_true) for every kind and form of targets."""
    loss = case.build()
    rng = np.random.default_rng(0)
    accepted = targets_for(loss, case.shape)
    assert accepted, f"{case.name} accepts none of the targets made in tests/contracts/targets.py: add one there"
    for target in accepted:
        for y_true in truths(target, case.shape, SAMPLES, rng):
            yield loss, predictions(loss, case.shape, rng), y_true
            wide = 3 * rng.standard_normal((SAMPLES, *case.shape))
            if loss.link is None and is_defined(loss, wide, y_true):
                yield loss, wide, y_true


def is_defined(loss, y_pred, y_true):
    """Whether the loss takes such predictions too: some are made for probabilities."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(loss.forward(context(y_pred.shape[1:]), y_pred, y_true)).all())


@every_example
@pytest.mark.parametrize("narrow", [False, True], ids=["as given", "one output"])
def test_losses_and_predictions_outlive_the_backward_pass(case, narrow):
    shape = (1,) if narrow and accepts_one_output(case) else case.shape
    for loss, y_pred, y_true in tried(replace(case, example=case.example._replace(shape=shape))):
        ctx = context(shape)
        losses = loss.forward(ctx, y_pred, y_true)
        kept, predictions = losses.copy(), ctx.predictions.copy()
        loss.backward(ctx, 0.3)
        np.testing.assert_array_equal(losses, kept)
        np.testing.assert_array_equal(ctx.predictions, predictions)


def accepts_one_output(case):
    return bool(targets_for(case.build(), (1,)))


@every_example
def test_losses_are_one_finite_number_a_sample(case):
    for loss, y_pred, y_true in tried(case):
        for dtype in ("float32", "float64"):
            ctx = context(case.shape, dtype)
            losses = loss.forward(ctx, y_pred.astype(dtype), y_true)
            assert losses.shape == (SAMPLES,) and losses.dtype == dtype and np.isfinite(losses).all()
            dy = loss.backward(ctx, 0.5)
            assert dy.shape == y_pred.shape and dy.dtype == dtype and np.isfinite(dy).all()


@every_example
@pytest.mark.parametrize("weighted", ["one weight", "weights of samples"])
def test_gradient_agrees_with_the_numeric_one(case, weighted):
    rng = np.random.default_rng(1)
    for loss, y_pred, y_true in tried(case):
        weight = 0.3 if weighted == "one weight" else rng.uniform(0.1, 2.0, SAMPLES)
        ctx = context(case.shape)

        def value(loss=loss, ctx=ctx, y_pred=y_pred, y_true=y_true, weight=weight):
            return float(np.sum(weight * loss.forward(ctx, y_pred, y_true)))

        value()
        grad = loss.backward(ctx, weight).copy()
        difference = compare("y_pred", y_pred, grad, value, rng)
        assert difference.ok and not difference.note, difference


@every_example
def test_equal_weights_of_samples_are_one_weight(case):
    for loss, y_pred, y_true in tried(case):
        ctx = context(case.shape)
        loss.forward(ctx, y_pred, y_true)
        one = loss.backward(ctx, 0.25).copy()
        loss.forward(ctx, y_pred, y_true)
        np.testing.assert_allclose(loss.backward(ctx, np.full(SAMPLES, 0.25)), one, rtol=CLOSE, atol=CLOSE)


STEPS = (4, 3)


def takes_steps(case):
    return bool(targets_for(case.build(), STEPS))


@pytest.mark.parametrize("case", cases("losses", takes_steps))
def test_padded_steps_count_for_nothing(case):
    rng = np.random.default_rng(5)
    mask = rng.random((SAMPLES, STEPS[0])) < 0.6
    mask[0], mask[1] = True, False
    for loss, y_pred, y_true in tried(replace(case, example=case.example._replace(shape=STEPS))):
        found = []
        for seen in (None, mask, ~mask):
            ctx = context(STEPS)
            ctx.flow.mask = seen
            bad = y_pred.copy()
            if seen is not None and loss.link is None and y_true.dtype.kind == "f":
                bad[~seen] = 1e200  # whatever stands where nothing counts, and whatever comes of it
            with np.errstate(over="ignore", invalid="ignore"):
                losses = loss.forward(ctx, bad, y_true).copy()
                found.append((losses, loss.backward(ctx, 0.3).copy(), ctx.terms, ctx.passed_over))
        (whole, slopes, terms, passed), (some, here, share, out), (others, there, rest, _) = found
        np.testing.assert_allclose(some + others, whole, rtol=1e-9, atol=CLOSE)
        np.testing.assert_allclose(here[mask], slopes[mask], rtol=1e-9, atol=CLOSE)
        np.testing.assert_allclose(there[~mask], slopes[~mask], rtol=1e-9, atol=CLOSE)
        assert not here[~mask].any() and not there[mask].any() and some[1] == others[0] == 0
        if getattr(loss, "ignore_class", None) is None:
            assert passed is None and terms == SAMPLES and np.array_equal(out, ~mask)
            assert share == pytest.approx(mask.sum() / STEPS[0]) and share + rest == pytest.approx(SAMPLES)


def test_a_mask_without_padding_is_none():
    ctx = context(STEPS)
    ctx.flow.mask = np.ones((SAMPLES, STEPS[0]), bool)
    from_yaml(Loss, "mse").forward(ctx, *np.random.default_rng(0).random((2, SAMPLES, *STEPS)))
    assert ctx.passed_over is None and ctx.terms == SAMPLES


@every_example
def test_samples_do_not_see_each_other(case):
    for loss, y_pred, y_true in tried(case):
        ctx, alone = context(case.shape), context(case.shape)
        losses = loss.forward(ctx, y_pred, y_true).copy()
        dy = loss.backward(ctx, 1.0).copy()
        for i in range(SAMPLES):
            of_one = loss.forward(alone, y_pred[i:i + 1], y_true[i:i + 1])
            np.testing.assert_allclose(of_one, losses[i:i + 1], rtol=CLOSE)
            np.testing.assert_allclose(loss.backward(alone, 1.0), dy[i:i + 1], rtol=CLOSE, atol=CLOSE)


@every_example
def test_batches_of_changing_size_find_nothing_left_over(case):
    for loss, y_pred, y_true in tried(case):
        ctx = context(case.shape)
        for size in (3, 5, 1, 4):
            alone = context(case.shape)
            assert np.array_equal(
                loss.forward(ctx, y_pred[:size], y_true[:size]), loss.forward(alone, y_pred[:size], y_true[:size]),
            )
            assert np.array_equal(loss.backward(ctx, 0.5), loss.backward(alone, 0.5))


@every_example
def test_arguments_are_left_as_they_are_and_need_not_be_contiguous(case):
    for loss, y_pred, y_true in tried(case):
        ctx = context(case.shape)
        weight = np.linspace(0.5, 1.5, SAMPLES)
        kept = y_pred.copy(), y_true.copy(), weight.copy()
        for array in (y_pred, y_true, weight):
            array.flags.writeable = False
        losses = loss.forward(ctx, y_pred, y_true).copy()
        dy = loss.backward(ctx, weight).copy()
        for array, before in zip((y_pred, y_true, weight), kept, strict=True):
            assert np.array_equal(array, before)
        other = context(case.shape)
        np.testing.assert_allclose(
            loss.forward(other, np.asfortranarray(y_pred), np.asfortranarray(y_true)), losses, rtol=CLOSE,
        )
        np.testing.assert_allclose(loss.backward(other, np.repeat(weight, 2)[::2]), dy, rtol=CLOSE, atol=CLOSE)


def wide_targets(case):
    """Classes as many as outputs, where the loss takes such."""
    every = targets_for(case.build(), case.shape)
    return [t for t in every if t.kind == "classes" and t.classes == case.shape[-1]]


@pytest.mark.parametrize("case", cases("losses", wide_targets))
def test_one_hot_rows_mean_the_same_as_integer_labels(case):
    loss = case.build()
    rng = np.random.default_rng(2)
    wide = wide_targets(case)
    y = rng.integers(0, wide[0].classes, (SAMPLES, *wide[0].shape))
    y_pred = predictions(loss, case.shape, rng)
    found = []
    for y_true in (y, one_hot(y, wide[0].classes)):
        ctx = context(case.shape)
        losses = loss.forward(ctx, y_pred, y_true).copy()
        found.append((losses, loss.backward(ctx, 0.2).copy()))
    for of_labels, of_rows in zip(*found, strict=True):
        np.testing.assert_allclose(of_rows, of_labels, rtol=CLOSE, atol=CLOSE)


def two_forms(case):
    """Whether the loss takes logits, or the probabilities that its link makes of them."""
    loss = case.build()
    return loss.link is not None and link_of(loss).exact_gradient


@pytest.mark.parametrize("case", cases("losses", two_forms))
def test_the_form_on_logits_is_the_activation_followed_by_the_loss(case):
    loss = case.build()
    rng = np.random.default_rng(3)
    on_logits, on_probabilities = replace(loss, from_logits=True), replace(loss, from_logits=False)
    for target in targets_for(loss, case.shape):
        for y_true in truths(target, case.shape, SAMPLES, rng):
            z = rng.standard_normal((SAMPLES, *case.shape))
            fused, apart, within = context(case.shape), context(case.shape), context(case.shape)
            link = link_of(loss)
            p = link.forward(within, z)
            losses = on_logits.forward(fused, z, y_true)
            np.testing.assert_allclose(on_probabilities.forward(apart, p, y_true), losses, rtol=1e-10)
            dz = link.backward(within, on_probabilities.backward(apart, 0.2))
            np.testing.assert_allclose(on_logits.backward(fused, 0.2), dz, rtol=1e-9, atol=1e-12)


@every_example
def test_predictions_are_kept_as_the_link_makes_them(case):
    for loss, y_pred, y_true in tried(case):
        ctx = context(case.shape)
        loss.forward(ctx, y_pred, y_true)
        wanted = y_pred
        if getattr(loss, "from_logits", False):
            wanted = link_of(loss).forward(context(case.shape), y_pred)
        np.testing.assert_allclose(ctx.predictions, wanted, rtol=CLOSE)
        assert ctx.predictions.shape == y_pred.shape


@pytest.mark.parametrize("case", cases("losses", lambda case: getattr(case.build(), "from_logits", False)))
def test_large_logits_neither_overflow_nor_lose_the_gradient(case):
    loss = case.build()
    for _, _, y_true in tried(case):
        z = np.linspace(-300, 300, SAMPLES * int(np.prod(case.shape))).reshape(SAMPLES, *case.shape)
        for dtype in ("float32", "float64"):
            ctx = context(case.shape, dtype)
            with np.errstate(under="ignore"):
                assert np.isfinite(loss.forward(ctx, z.astype(dtype), y_true)).all()
                assert np.isfinite(loss.backward(ctx, 1.0)).all()


@every_example
def test_float32_agrees_with_float64(case):
    for loss, y_pred, y_true in tried(case):
        single = y_pred.astype(np.float32)
        ctx, exact = context(case.shape, "float32"), context(case.shape)
        np.testing.assert_allclose(
            loss.forward(ctx, single, y_true), loss.forward(exact, single.astype(np.float64), y_true),
            rtol=2e-5, atol=2e-6,
        )
        np.testing.assert_allclose(loss.backward(ctx, 0.2), loss.backward(exact, 0.2), rtol=2e-5, atol=2e-6)


@every_example
def test_losses_agree_with_the_plain_reference(case):
    reference = getattr(references, case.name, None)
    assert reference is not None, (
        f"write `def {case.name}(loss, y_pred, y_true)` in tests/references/losses.py: losses (N,) in plain loops"
    )
    for loss, y_pred, y_true in tried(case):
        losses = loss.forward(context(case.shape), y_pred, y_true)
        np.testing.assert_allclose(losses, reference(loss, y_pred, y_true), rtol=1e-10, atol=1e-12)


@every_example
def test_no_array_is_allocated_after_the_first_batch(case):
    samples = samples_for(case.shape, itemsize=4)
    loss = case.build()
    rng = np.random.default_rng(4)
    for target in targets_for(loss, case.shape):
        for y_true in truths(target, case.shape, samples, rng):
            y_pred = predictions(loss, case.shape, rng, samples).astype(np.float32)
            y_true = y_true if y_true.dtype.kind == "i" else y_true.astype(np.float32)
            ctx = context(case.shape, "float32")

            for weight in (0.5, np.ones(samples, np.float32)):
                def step(y_pred=y_pred, y_true=y_true, ctx=ctx, weight=weight):
                    return loss.forward(ctx, y_pred, y_true), loss.backward(ctx, weight)

                peak = peak_of(step)
                assert peak < LIMIT, f"{peak} bytes for y_pred of {y_pred.nbytes}; use ctx.empty\n{culprits(step)}"


@every_example
def test_yaml_round_trip(case):
    loss = case.build()
    assert from_yaml(Loss, loads(dump({"loss": loss.to_yaml()}), "text").data["loss"]) == loss
