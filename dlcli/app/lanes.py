"""In how many lanes a configuration is trained."""

from dataclasses import replace

from dlcli.config.build_any import AnyBuilt
from dlcli.train.lane_count import lanes_for


def in_lanes(built: AnyBuilt, kernels: str) -> AnyBuilt:
    """The same with the number of lanes filled in, unless it is given: as many as pay with these kernels."""
    training = built.config.training
    if training.lanes is not None:
        return built
    lanes = lanes_for(built.model, training.batch_size, kernels=kernels)
    return replace(built, config=replace(built.config, training=replace(training, lanes=lanes)))
