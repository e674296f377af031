"""Chooses and orders runs: `--where 'val_accuracy>0.97'`, `--sort -test_accuracy`, `--tag baseline`."""

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dlcli.app.run_overview import Overview
from dlcli.errors import UsageError
from dlcli.registry import did_you_mean

_FORM = re.compile(r"\s*([\w.-]+)\s*(>=|<=|!=|==|=|>|<)\s*(.*?)\s*")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
    "=": operator.eq, "==": operator.eq, "!=": operator.ne,
}


@dataclass(frozen=True)
class Condition:
    """`key`, a comparison, and what to compare with: a number where it reads as one, else text."""

    key: str
    sign: str
    value: float | str

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """From `val_accuracy>0.97`. Raises UsageError."""
        match = _FORM.fullmatch(text)
        if match is None or not match[3]:
            raise UsageError(
                f"expected KEY, one of > >= < <= = !=, and a value; found '{text}'", where="--where",
                hint="for example --where 'val_accuracy>0.97' or --where status=completed",
            )
        return cls(match[1], match[2], _number(match[3]))

    def holds(self, found: Any) -> bool:
        """Whether a run's value fits. A run without that value fits no condition."""
        if isinstance(found, tuple):  # tags: one of them
            return (self.value in found) == (self.sign != "!=")
        if found is None or isinstance(found, bool):
            found = None if found is None else str(found).lower()
        if found is None:
            return False
        wanted: Any = self.value
        if isinstance(wanted, float) and not isinstance(found, int | float):
            wanted = f"{wanted:g}"
        if isinstance(wanted, str):
            found = str(found)
        return found == found and _COMPARE[self.sign](found, wanted)  # NaN fits nothing


def choose(runs: Sequence[Overview], where: Sequence[str], tags: Sequence[str] = ()) -> list[Overview]:
    """The runs for which every condition holds. Raises UsageError for a key that no run has."""
    conditions = [Condition.parse(text) for text in where] + [Condition("tag", "=", tag) for tag in tags]
    for condition in conditions:
        _check_key(runs, condition.key, "--where")
    return [run for run in runs if all(c.holds(value_of(run, c.key)) for c in conditions)]


def ordered(runs: Sequence[Overview], sort: str | None) -> list[Overview]:
    """The runs by a key, by `-KEY` the largest first; those without it last. As they are where `sort` is None."""
    if sort is None:
        return list(runs)
    key = sort.removeprefix("-")
    _check_key(runs, key, "--sort")
    values = [(value_of(run, key), run) for run in runs]
    have = [(value, run) for value, run in values if value is not None and value == value]
    lack = [run for value, run in values if value is None or value != value]
    texts = any(not isinstance(value, int | float) for value, _ in have)
    have.sort(key=lambda pair: str(pair[0]) if texts else pair[0], reverse=sort.startswith("-"))
    return [run for _, run in have] + lack


def value_of(run: Overview, key: str) -> Any:
    """A run's value: a figure, `status` and the like, or a key of its configuration such as `training.batch_size`."""
    values = run.values()
    if key in values:
        return values[key]
    if key.startswith("test."):
        return values.get(f"test_{key[5:]}")
    return run.config.get(key) if "." in key or key == "seed" else None


def _check_key(runs: Sequence[Overview], key: str, where: str) -> None:
    known = list(dict.fromkeys(name for run in runs for name in run.values()))
    if not runs or key in known or any(value_of(run, key) is not None for run in runs):
        return
    if "." in key:
        known = list(dict.fromkeys(name for run in runs for name in run.config))
    hint = did_you_mean(key, known) or f"there are {', '.join(known)}"
    raise UsageError(f"no run has a value named '{key}'", where=where, hint=hint)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text.strip("'\"")
