"""Finds components: a file in a component folder is a component, its file name is the YAML type.

`dlcli/layers/gelu.py` defines the class `Gelu` and is thereby the layer `gelu`. Listing names reads
folder contents and imports nothing; a module is imported when its component is asked for.
"""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from functools import cache
from types import ModuleType
from typing import Any

PACKAGES = {
    "layers": "dlcli.layers",
    "losses": "dlcli.losses",
    "optimizers": "dlcli.optimizers",
    "schedules": "dlcli.schedules",
    "metrics": "dlcli.metrics",
    "initializers": "dlcli.initializers",
    "datasets": "dlcli.data.datasets",
    "transforms": "dlcli.data.transforms",
    "augmentations": "dlcli.data.augmentations",
}

ALIASES = {
    "layers": {"silu": "swish", "hard_silu": "hard_swish"},
    "losses": {
        "mean_squared_error": "mse",
        "mean_absolute_error": "mae",
        "sparse_categorical_crossentropy": "categorical_crossentropy",
        "kullback_leibler_divergence": "kl_divergence",
    },
    "metrics": {
        "mean_squared_error": "mse",
        "mean_absolute_error": "mae",
        "root_mean_squared_error": "rmse",
        "mean_absolute_percentage_error": "mape",
        "r2_score": "r2",
        "f1_score": "f1",
        "categorical_accuracy": "accuracy",
        "binary_accuracy": "accuracy",
        "sparse_categorical_accuracy": "accuracy",
        "sparse_top_k_categorical_accuracy": "top_k_categorical_accuracy",
        "auc": "roc_auc",
        "pr_auc": "average_precision",
        "matthews_corrcoef": "matthews_correlation",
    },
    "augmentations": {
        "mix_up": "mixup",
        "cut_mix": "cutmix",
        "random_shift": "random_translation",
        "random_noise": "gaussian_noise",
    },
}
"""By kind, further names of YAML types: what people arrive with. Listings and resolved configs have the type itself."""


@cache
def names(kind: str) -> tuple[str, ...]:
    """All YAML types of a kind (`layers`, `losses`, ...), sorted."""
    package = importlib.import_module(PACKAGES[kind])
    return tuple(sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")))


def canonical(kind: str, name: str) -> str:
    """The YAML type that a name or an alias stands for; the name itself where it is no alias."""
    return ALIASES.get(kind, {}).get(name, name)


@cache
def get(kind: str, name: str) -> type[Any]:
    """The component class behind a YAML type. Raises KeyError for a name that is not there."""
    name = canonical(kind, name)
    if name not in names(kind):
        raise KeyError(name)
    return component_of(importlib.import_module(f"{PACKAGES[kind]}.{name}"))


def component_of(module: ModuleType) -> type[Any]:
    """The one public class that a component module defines. Raises TypeError where there is not just one."""
    public = [
        cls for name, cls in inspect.getmembers(module, inspect.isclass)
        if cls.__module__ == module.__name__ and not name.startswith("_")
    ]
    if len(public) != 1:
        found = ", ".join(cls.__name__ for cls in public) or "none"
        raise TypeError(f"{module.__name__}: a component file defines exactly one public class; found {found}")
    return public[0]


def type_name(cls: type[Any]) -> str:
    """The YAML type of a component class: the name of its file."""
    return cls.__module__.rpartition(".")[2]


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`did you mean 'relu'?`, or the empty string where nothing is near."""
    near = difflib.get_close_matches(name.lower(), list(candidates), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else ""


def of_other_kind(kind: str, name: str) -> str:
    """`'relu' is one of the layers`, or the empty string where no other kind has a component of that name."""
    found = next((other for other in PACKAGES if other != kind and canonical(other, name) in names(other)), None)
    return f"'{name}' is one of the {found}" if found else ""
