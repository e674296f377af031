"""What every metric promises, checked on every example of every metric, for every kind of target that it accepts."""

import math

import numpy as np
import pytest
from contracts.memory import LIMIT, culprits, peak_of
from contracts.targets import accepts, labels, one_hot
from contracts.walk import cases
from references import metrics as references

from dlcli import registry
from dlcli.config.dump import dump
from dlcli.config.load import loads
from dlcli.core.component import from_yaml
from dlcli.core.from_means import FromMeans
from dlcli.core.memory import Memory
from dlcli.core.metric import Metric, StreamingMetric
from dlcli.core.split_metric import SplitMetric
from dlcli.core.target import Target
from dlcli.metrics._counts import Counts
from dlcli.metrics._ranking import Ranking


def kind_is(contract):
    return lambda case: issubclass(registry.get("metrics", case.name), contract)


every_example = pytest.mark.parametrize("case", cases("metrics"))
every_streaming_one = pytest.mark.parametrize("case", cases("metrics", kind_is(StreamingMetric)))
every_one_of_a_split = pytest.mark.parametrize("case", cases("metrics", kind_is(SplitMetric)))
KINDS = [
    (Target(kind="classes", labels=labels(4)), (4,)),
    (Target(kind="classes", labels=labels(2)), (2,)),
    (Target(kind="classes", labels=labels(2)), (1,)),
    (Target(kind="classes", labels=labels(40)), (40,)),
    (Target(kind="classes", labels=labels(4), shape=(3,)), (3, 4)),
    (Target(kind="classes", labels=labels(2), shape=(3,)), (3, 1)),
    (Target(kind="numbers", shape=(1,)), (1,)),
    (Target(kind="numbers", shape=(2, 3)), (2, 3)),
]


def tried(case, samples=30, kinds=KINDS):
    """(metric, target, arguments of update) for every kind of targets that the metric accepts."""
    metric = case.build()
    accepted = [(target, shape) for target, shape in kinds if accepts(metric.check, target)]
    assert accepted, f"{case.name} accepts none of the targets made here: add one to KINDS"
    rng = np.random.default_rng(0)
    for target, shape in accepted:
        y_pred = rng.uniform(0.01, 0.99, (samples, *shape)).astype(np.float32)
        if target.kind == "classes":
            y_pred /= y_pred.sum(axis=-1, keepdims=True) if shape[-1] > 1 else 1
            y_true = rng.integers(0, target.classes, (samples, *target.shape))
        else:
            y_true = rng.standard_normal((samples, *target.shape)).astype(np.float32)
        losses = rng.uniform(0.1, 3, samples).astype(np.float32)
        yield metric, target, {"y_true": y_true, "y_pred": y_pred, "losses": losses}


def updated(metric, target, *batches):
    state, memory = metric.start(target), Memory(np.dtype(np.float32))
    for batch in batches:
        metric.update(state, memory, **batch)
    return state


def figure(metric, target, batch):
    if isinstance(metric, StreamingMetric):
        return metric.result(updated(metric, target, batch))
    return metric.compute(batch["y_true"], batch["y_pred"])


@every_example
def test_it_is_a_sum_over_batches_or_a_figure_of_a_whole_split(case):
    assert isinstance(case.build(), StreamingMetric) != isinstance(case.build(), SplitMetric)


@every_example
def test_figure_agrees_with_the_plain_reference(case):
    reference = getattr(references, case.name, None)
    assert reference is not None, (
        f"write `def {case.name}(metric, y_true, y_pred, losses)` in tests/references/metrics.py, a sample at a time"
    )
    for metric, target, batch in tried(case):
        found = figure(metric, target, batch)
        assert type(found) is float
        assert found == pytest.approx(reference(metric, **batch), rel=1e-6)


@every_streaming_one
def test_states_of_two_halves_add_up_to_that_of_the_whole(case):
    for metric, target, batch in tried(case):
        halves = [{name: array[cut] for name, array in batch.items()} for cut in (slice(0, 13), slice(13, None))]
        whole = updated(metric, target, batch)
        together = sum(updated(metric, target, half) for half in halves)
        np.testing.assert_allclose(together, whole, rtol=1e-6)
        np.testing.assert_allclose(updated(metric, target, *halves), whole, rtol=1e-6)
        assert whole.dtype == np.float64


@every_streaming_one
def test_state_starts_at_zero_and_says_nothing_then(case):
    for metric, target, _ in tried(case):
        state = metric.start(target)
        assert not state.any() and state.dtype == np.float64
        assert math.isnan(metric.result(state))


@every_example
def test_arguments_are_left_as_they_are(case):
    for metric, target, batch in tried(case):
        kept = {name: array.copy() for name, array in batch.items()}
        for array in batch.values():
            array.flags.writeable = False
        figure(metric, target, batch)
        assert all(np.array_equal(array, kept[name]) for name, array in batch.items())


@every_streaming_one
def test_a_result_leaves_the_state_as_it_is(case):
    for metric, target, batch in tried(case):
        state = updated(metric, target, batch)
        before = state.copy()
        assert metric.result(state) == metric.result(state)
        assert np.array_equal(state, before)


@every_one_of_a_split
def test_the_order_of_the_samples_does_not_matter(case):
    order = np.random.default_rng(3).permutation(30)
    for metric, target, batch in tried(case):
        shuffled = {name: array[order] for name, array in batch.items()}
        assert figure(metric, target, shuffled) == pytest.approx(figure(metric, target, batch), rel=1e-12)


@every_example
def test_a_figure_that_is_not_defined_has_a_reason(case):
    assert isinstance(case.build().undefined, str) and case.build().undefined


@every_example
def test_one_hot_rows_mean_the_same_as_integer_labels(case):
    for metric, target, batch in tried(case):
        if target.kind == "classes" and batch["y_pred"].shape[-1] > 1:
            rows = {**batch, "y_true": one_hot(batch["y_true"], target.classes)}
            assert figure(metric, target, rows) == figure(metric, target, batch)


@every_streaming_one
def test_no_array_is_allocated_after_the_first_batch(case):
    for metric, target, batch in tried(case, samples=40_000, kinds=[kind for kind in KINDS if kind[1] != (40,)]):
        state, memory = metric.start(target), Memory(np.dtype(np.float32))

        def step(metric=metric, state=state, memory=memory, batch=batch):
            metric.update(state, memory, **batch)

        peak = peak_of(step)
        assert peak < LIMIT, f"{peak} bytes for {batch['y_pred'].nbytes}; use memory.empty\n{culprits(step)}"


@every_example
def test_yaml_round_trip(case):
    metric = case.build()
    assert metric.mode in ("min", "max")
    assert from_yaml(Metric, loads(dump({"metric": metric.to_yaml()}), "text").data["metric"]) == metric


@pytest.mark.parametrize("case", cases("metrics", kind_is(FromMeans)))
def test_figure_follows_from_the_means_of_the_terms(case):
    for metric, target, batch in tried(case):
        terms = metric.terms(batch["y_true"], batch["y_pred"])
        assert terms.dtype == np.float64
        whole, half = terms.mean(axis=0), terms[:15].mean(axis=0)
        first = {name: array[:15] for name, array in batch.items()}
        found = metric.of_means(np.stack([whole, half]))
        assert found.shape == (2,) and found[0] == pytest.approx(figure(metric, target, batch), rel=1e-6)
        if not target.shape or target.kind == "numbers":
            assert found[1] == pytest.approx(figure(metric, target, first), rel=1e-6)


@pytest.mark.parametrize("case", cases("metrics", kind_is(Counts)))
def test_figures_of_many_splits_are_computed_at_once(case):
    for metric, target, batch in tried(case):
        halves = [{name: array[cut] for name, array in batch.items()} for cut in (slice(0, 13), slice(13, None))]
        states = np.stack([updated(metric, target, half) for half in halves], axis=1)
        expected = [figure(metric, target, half) for half in halves]
        np.testing.assert_allclose(metric.of_counts(*states), expected, rtol=1e-12)


@pytest.mark.parametrize("case", cases("metrics", kind_is(Ranking)))
def test_a_weight_is_how_often_a_sample_is_there(case):
    rng = np.random.default_rng(5)
    for metric, _, batch in tried(case):
        y_true, y_pred = batch["y_true"].reshape(-1), batch["y_pred"].reshape(-1, batch["y_pred"].shape[-1])
        y_pred = np.round(y_pred, 1)  # equal scores
        of_weights = metric.of_weights(y_true, y_pred)
        if y_pred.shape[-1] > 2:
            assert of_weights is None
            continue
        weights = rng.integers(0, 4, (3, len(y_true)))
        expected = [metric.compute(y_true.repeat(often), y_pred.repeat(often, axis=0)) for often in weights]
        np.testing.assert_allclose(of_weights(weights.astype(np.float64)), expected, rtol=1e-12)
        none = of_weights((y_true == 1)[None] * 1.0)
        assert np.isnan(none).all()
