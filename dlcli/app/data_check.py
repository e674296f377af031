"""Looks for what may be wrong with the data of a configuration."""

from dataclasses import dataclass, replace
from typing import Any

from dlcli.app import loading
from dlcli.app.configure import Configured
from dlcli.app.surroundings import Surroundings
from dlcli.app.ui import Ui
from dlcli.core.target import DataSpec
from dlcli.data.inspection.finding import Finding, worst_first
from dlcli.data.inspection.inspect import inspect
from dlcli.errors import DataError, DataUnavailableError


@dataclass(frozen=True, kw_only=True)
class DataReport:
    """What was found in the data set `dataset`; `wanted` is the one that was asked for, where that is another.

    `spec` is None where the data could not be read. `classes`: for each split the samples of each class.
    """

    dataset: str
    wanted: str | None
    spec: DataSpec | None
    samples: dict[str, int]
    classes: dict[str, list[int]]
    findings: tuple[Finding, ...]

    def count(self, level: str) -> int:
        """How many findings are of that level."""
        return sum(finding.level == level for finding in self.findings)

    @property
    def ok(self) -> bool:
        """Whether there is no error among the findings."""
        return not self.count("error")

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        labels = () if self.spec is None else self.spec.target.labels
        return {
            "dataset": self.dataset, **({"fallback_for": self.wanted} if self.wanted else {}), "ok": self.ok,
            "splits": {
                part: {
                    "samples": count,
                    **({"classes": dict(zip(labels, self.classes[part], strict=True))} if part in self.classes else {}),
                } for part, count in self.samples.items()
            },
            **{f"{level}s": self.count(level) for level in ("error", "warning", "note")},
            "findings": [finding.as_dict() for finding in self.findings],
        }


class _Listening(Ui):
    """Takes note of what is warned of while data is loaded, since that is part of what was found."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        """Keeps it."""
        self.warnings.append(text)


def check_data(configured: Configured, surroundings: Surroundings, ui: Ui) -> DataReport:
    """Loads the data as `train` would, and looks at every sample of every split.

    Raises ConfigError, DataUnavailableError. Data that is damaged is a finding, and does not hide what else there is
    where single samples can be left out.
    """
    dataset, listening = configured.config.dataset, _Listening()
    strict = getattr(dataset, "on_error", None) == "fail"
    if strict:
        changed: Any = {"on_error": "skip"}
        configured = replace(configured, config=replace(configured.config, dataset=replace(dataset, **changed)))
    generator = configured.config.generator
    try:
        loaded = loading.load_data(configured, surroundings, listening, trusted=False)
        found = inspect(loaded, learns_classes=generator is None or generator.conditional)
    except DataUnavailableError:
        raise
    except DataError as error:
        finding = Finding(
            level="error", check="loading", message=f"{error.where}: {error.message}" if error.where else error.message,
            count=1, hint=f"{error.hint}; nothing else was looked at" if error.hint else "nothing else was looked at",
        )
        return DataReport(
            dataset=dataset.type_name(), wanted=None, spec=None, samples={}, classes={},
            findings=(finding, *_warnings(listening)),
        )
    if loaded.fell_back is not None:
        ui.warn(listening.warnings.pop())  # the last thing that loading says: which data stands in
    left_out = [
        Finding(
            level="error" if strict else "warning", check="loading", count=count,
            message=f"{count:,} sample(s): {reason}",
            hint="they are left out; training refuses them, unless dataset.on_error: skip" if strict else "",
        )
        for reason, count in loaded.skipped.items()
    ]
    parts = {"train": loaded.train, "validation": loaded.validation, "test": loaded.test}
    return DataReport(
        dataset=loaded.used.type_name(), wanted=None if loaded.fell_back is None else loaded.wanted, spec=loaded.spec,
        samples={name: len(split) for name, split in parts.items() if split is not None},
        classes=found.classes, findings=worst_first([*left_out, *_warnings(listening), *found.findings]),
    )


def _warnings(listening: _Listening) -> list[Finding]:
    return [Finding(level="warning", check="loading", count=1, message=text) for text in listening.warnings]
