"""The figures that every evaluation gives, whatever was followed in training."""

from collections.abc import Mapping
from math import prod

from dlcli import registry
from dlcli.config.build import Built
from dlcli.core.metric import Metric
from dlcli.core.split_metric import SplitMetric
from dlcli.errors import ShapeError

MOST_OUTPUTS = 50_000_000
"""Of a split whose predictions are kept for a figure that nobody asked for: 200 MB."""


def standard_metrics(built: Built, samples: int) -> tuple[Mapping[str, Metric], dict[str, str]]:
    """Those of the configuration, then all others that suit; and, by name, why one that would suit is left out."""
    metrics, left_out = dict(built.metrics), {}
    outputs = samples * prod(built.model.out_shape)
    for name in registry.names("metrics"):
        metric: Metric = registry.get("metrics", name)()
        if name in metrics or not metric.suits(built.spec.target, built.loss) or not _fits(metric, built):
            continue
        if metric.whole_samples and padded(built):
            left_out[name] = "it compares whole samples, and steps of these may be padding"
        elif isinstance(metric, SplitMetric) and outputs > MOST_OUTPUTS:
            left_out[name] = f"it needs all {outputs:,} outputs in memory at once; listed in `metrics`, it is computed"
        else:
            metrics[name] = metric
    return metrics, left_out


def padded(built: Built) -> bool:
    """Whether places of a sample may be passed over, so that it is no whole any more."""
    return bool(built.spec.target.shape) and built.model.mask is not None


def _fits(metric: Metric, built: Built) -> bool:
    try:
        metric.check(built.spec.target)
    except ShapeError:
        return False
    return True
