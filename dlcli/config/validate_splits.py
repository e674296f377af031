"""Keys of a data set that say how it is divided, and contradict each other."""

from collections.abc import Iterator

from dlcli.config.schema import Config
from dlcli.config.source import Source
from dlcli.errors import Problem


def contradictions_of_splits(source: Source, config: Config) -> Iterator[Problem]:
    """Every pair of keys that cannot both be met, at its line."""
    dataset = config.dataset
    if dataset.has_test and dataset.test_split:
        yield source.problem(
            ("dataset", "test_split"), f"{dataset.type_name()} has a test split of its own", "take test_split out",
        )
    if dataset.fold is not None and dataset.validation_split:
        yield source.problem(
            ("dataset", "validation_split"), "fold says already which samples validate", "take one of the two out",
            key=True,
        )
    if dataset.fold is not None and config.generator is not None:
        yield source.problem(
            ("dataset", "fold"), "a GAN answers no questions that could be validated", "take fold out", key=True,
        )
    for key in ("validation_split", "fold"):
        if getattr(dataset, "validation_path", None) is not None and getattr(dataset, key):
            yield source.problem(
                ("dataset", key), "validation_path has the samples that validate", "take one of the two out", key=True,
            )
    timed, grouped = (
        any(getattr(dataset, name, None) is not None for name in (key, f"{key}_path")) for key in ("time", "group")
    )
    if timed and grouped:
        yield source.problem(
            ("dataset", "time"), "samples are divided by time, or by group, not by both", "take one of the two out",
            key=True,
        )
    if dataset.stratify and (dataset.spacing or timed):
        yield source.problem(
            ("dataset", "stratify"), "samples in the order of time are not drawn: the last ones are set aside",
            "take stratify out", key=True,
        )
