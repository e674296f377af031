"""What every component file promises, and what the registry makes of it."""

import importlib
import inspect
from dataclasses import is_dataclass

import pytest
from contracts.walk import CONTRACTS, components

from dlcli import registry
from dlcli.core.component import Component, Example, from_yaml

every_component = pytest.mark.parametrize(("kind", "name"), components())
REFERENCED = ("layers", "losses", "optimizers", "metrics")


@every_component
def test_file_defines_one_public_class_that_is_a_component_of_its_folder(kind, name):
    component = registry.get(kind, name)
    assert issubclass(component, CONTRACTS[kind]) and component.kind == kind
    assert component.type_name() == name
    assert component.__name__.lower() == name.replace("_", ""), f"name the class after its file, {name}.py"
    frozen = is_dataclass(component) and component.__dataclass_params__.frozen
    assert frozen, "write @dataclass(frozen=True, kw_only=True) before the class"


@every_component
def test_docstring_is_a_manual(kind, name):
    component = registry.get(kind, name)
    module = importlib.import_module(component.__module__)
    told = (module.__doc__ or "").startswith(f"{name}: ")
    assert told, f'start the file with """{name}: what it is for, in a line."""'
    doc = " ".join((component.__dict__.get("__doc__") or "").split())
    assert doc and not doc.startswith(f"{component.__name__}("), "write a docstring: one sentence, the equation, shapes"
    if kind in ("layers", "transforms") and not inspect.isabstract(component):
        assert "x: (N" in doc and "-> y: (N" in doc, "say the shapes: x: (N, T, I) -> y: (N, T, O)"


@every_component
def test_examples_are_there_and_valid(kind, name):
    examples = registry.get(kind, name).__dict__.get("examples")
    assert examples, (
        f"give {name} examples that every walking test can work on: "
        'examples: ClassVar = (Example({"units": 3}, (4,)),), keys as in YAML, shape of one sample'
    )
    for example in examples:
        assert isinstance(example, Example)
        assert all(type(n) is int and n > 0 for n in example.shape)
        component = from_yaml(CONTRACTS[kind], {"type": name, **example.keys})
        assert isinstance(component, registry.get(kind, name))
        hash(component.type_name())


@pytest.mark.parametrize(("kind", "name"), [p for p in components() if p.values[0] in REFERENCED])
def test_a_plain_second_version_exists(kind, name):
    module = importlib.import_module(f"references.{kind}")
    assert hasattr(module, name), f"write `def {name}` in tests/references/{kind}.py: the same by another, slower way"


@pytest.mark.parametrize("kind", registry.PACKAGES)
def test_names_are_sorted_files_without_private_ones(kind):
    names = registry.names(kind)
    assert names and list(names) == sorted(names)
    assert not any(name.startswith("_") for name in names)
    for alias, name in registry.ALIASES.get(kind, {}).items():
        assert registry.canonical(kind, alias) == name and alias not in names and name in names
        assert registry.get(kind, alias) is registry.get(kind, name)
    with pytest.raises(KeyError):
        registry.get(kind, "no_such_component")


def test_did_you_mean_names_the_nearest_or_nothing():
    assert registry.did_you_mean("rleu", registry.names("layers")) == "did you mean 'relu'?"
    assert registry.did_you_mean("Dense", registry.names("layers")) == "did you mean 'dense'?"
    assert registry.did_you_mean("qqqqqq", registry.names("layers")) == ""


def test_a_file_with_two_public_classes_is_refused():
    import dlcli.core.layer as module

    with pytest.raises(TypeError, match="exactly one public class; found none"):
        registry.component_of(registry)
    assert registry.component_of(module).__name__ == "Layer"
    assert not issubclass(Example, Component)
