"""What there is to choose from: the components of a kind, and all about one of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dlcli import registry
from dlcli.config.dump import dump
from dlcli.config.json_schema import keys_of
from dlcli.config.manual import manual, of_base, summary
from dlcli.config.words import default_words, type_words
from dlcli.errors import UsageError

_PLACES: dict[str, tuple[str | None, ...]] = {
    "layers": ("model", "layers", None), "losses": ("loss",), "optimizers": ("optimizer",), "schedules": ("schedule",),
    "metrics": ("metrics", None), "initializers": ("kernel_initializer",), "datasets": ("dataset",),
    "transforms": ("dataset", "preprocessing", None), "augmentations": ("dataset", "augmentation", None),
}
"""Where in a YAML a component of a kind stands; None is an item of a list."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """One key of a component: `default` is None where it is required; `inherited` says all of its kind have it."""

    name: str
    type: str
    default: str | None
    meaning: str
    inherited: bool


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A component as a user meets it; `example` is YAML, `shape` that of one sample the example works on."""

    kind: str
    name: str
    summary: str
    manual: str
    keys: tuple[Key, ...]
    example: str
    shape: tuple[int, ...]


def kind_of(word: str) -> str:
    """The kind that a user means by `layers` or `layer`. Raises UsageError."""
    singular = {_singular(kind): kind for kind in registry.PACKAGES}
    kind = singular.get(word.lower(), word.lower())
    if kind not in registry.PACKAGES:
        near = registry.did_you_mean(word, [*registry.PACKAGES, *singular])
        raise UsageError(
            f"there is no kind of components named '{word}'; there are {', '.join(registry.PACKAGES)}", hint=near,
        )
    return kind


def summaries(kind: str) -> dict[str, str]:
    """Every component of a kind with what it is, in one sentence."""
    return {name: summary(registry.get(kind, name)) for name in registry.names(kind)}


def entry(kind: str, name: str) -> Entry:
    """All about one component. Raises UsageError where there is none of that name."""
    cls = component(kind, name)
    first = cls.examples[0] if cls.examples else None
    return Entry(
        kind=kind, name=cls.type_name(), summary=summary(cls), manual=manual(cls),
        keys=tuple(sorted(_keys(cls), key=lambda key: key.inherited)),
        example=dump(_placed(kind, {"type": cls.type_name(), **(first.keys if first else {})})),
        shape=first.shape if first else (),
    )


def component(kind: str, name: str) -> type[Any]:
    """The class behind a name or an alias. Raises UsageError with what was perhaps meant."""
    known = registry.names(kind)
    if registry.canonical(kind, name) not in known:
        hint = registry.of_other_kind(kind, name) or registry.did_you_mean(name, known)
        hint = hint or f"`dlcli list {kind}` shows what there is"
        raise UsageError(f"no {_singular(kind)} is named '{name}'", hint=hint)
    cls: type[Any] = registry.get(kind, name)
    return cls


def _keys(cls: type[Any]) -> Iterator[Key]:
    node = keys_of(cls)
    blocks = node.get("$defs", {})
    for name, value in node["properties"].items():
        inherited = of_base(cls, name)
        yield _key(name, value, node, inherited)
        references = [part["$ref"] for part in [value, *value.get("anyOf", [])] if "$ref" in part]
        for reference in references:  # a block: its keys too
            block = blocks[reference.rpartition("/")[2]]
            for inner, inner_value in block["properties"].items():
                yield _key(f"{name}.{inner}", inner_value, block, inherited)


def _key(name: str, value: dict[str, Any], node: dict[str, Any], inherited: bool) -> Key:
    required = name.rpartition(".")[2] in node.get("required", [])
    return Key(
        name=name, type=type_words(value), default=None if required else default_words(value.get("default")),
        meaning=value.get("description", ""), inherited=inherited,
    )


def _placed(kind: str, data: Any) -> dict[str, Any]:
    for step in reversed(_PLACES[kind]):
        data = [data] if step is None else {step: data}
    placed: dict[str, Any] = data
    return placed


def _singular(kind: str) -> str:
    return {"losses": "loss"}.get(kind, kind.removesuffix("s"))
