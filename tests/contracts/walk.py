"""Walks the registry: every component of a kind, and every example of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from dlcli import registry
from dlcli.core.augmentation import Augmentation
from dlcli.core.component import Component, Example, from_yaml
from dlcli.core.dataset import Dataset
from dlcli.core.initializer import Initializer
from dlcli.core.layer import Layer
from dlcli.core.loss import Loss
from dlcli.core.metric import Metric
from dlcli.core.optimizer import Optimizer
from dlcli.core.schedule import Schedule
from dlcli.core.transform import Transform

CONTRACTS: dict[str, type[Component]] = {
    c.kind: c for c in (Layer, Loss, Optimizer, Schedule, Metric, Initializer, Dataset, Transform, Augmentation)
}


@dataclass(frozen=True)
class Case:
    """One example of one component; built when it is asked for, so that a broken file fails its own tests alone."""

    kind: str
    name: str
    example: Example | None

    def build(self, **changes: Any) -> Any:
        if self.example is None:
            return registry.get(self.kind, self.name)  # raises what went wrong at collection
        return from_yaml(CONTRACTS[self.kind], {"type": self.name, **self.example.keys, **changes})

    @property
    def shape(self) -> tuple[int, ...]:
        self._whole()
        return self.example.shape

    @property
    def integers(self) -> int:
        self._whole()
        return self.example.integers

    def _whole(self) -> None:
        if self.example is None:
            self.build()


def cases(kind: str, where: Callable[["Case"], bool] = lambda case: True) -> list[Any]:
    """The examples of a kind for which `where` holds, as parameters of a test, named `dense-0`.

    Those of a component that cannot be loaded are always among them, so that it fails by its name.
    """
    params = []
    for name in registry.names(kind):
        try:
            examples = registry.get(kind, name).examples
        except Exception:
            params.append(pytest.param(Case(kind, name, None), id=f"{name}-broken"))
            continue
        every = [(f"{name}-{i}", Case(kind, name, example)) for i, example in enumerate(examples)]
        params += [pytest.param(case, id=label) for label, case in every if where(case)]
    return params


def components() -> list[Any]:
    """(kind, name) of every component as parameters of a test, named `layers-dense`."""
    every = [(kind, name) for kind in registry.PACKAGES for name in registry.names(kind)]
    return [pytest.param(kind, name, id=f"{kind}-{name}") for kind, name in every]
