"""The JSON Schema of the YAML, made from the components, for editors that complete and validate.

A contract (`Layer`, `Activation`, `Loss`, ...) is either a bare name, where that component has no required key,
or a mapping whose `type` says which component's keys it may have.
"""

from collections.abc import Callable, Iterator
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from dlcli import registry
from dlcli.config.manual import key_manual, manual, summary
from dlcli.config.schema import Config
from dlcli.core.component import Component, Keys, plain

Node = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/"
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def document() -> Node:
    """The schema of a whole configuration, JSON Schema draft 2020-12."""
    definitions: Node = {}
    root = _absorbed(Config, definitions)
    root["required"] = [key for key in root["required"] if key != "name"]  # by default the file's name
    root["anyOf"] = [{"required": ["model"]}, {"required": ["generator", "discriminator"]}]
    components: dict[type[Component], Node] = {}
    for kind in registry.PACKAGES:
        for cls in (registry.get(kind, name) for name in registry.names(kind)):
            components[cls] = definitions[_definition(cls)] = _component(cls, _absorbed(cls, definitions))
    for contract in contracts():
        fitting = {cls: node for cls, node in components.items() if issubclass(cls, contract)}
        definitions[contract.__name__] = _contract(contract, fitting)
    linked = _mapped(root | {"$defs": dict(sorted(definitions.items()))}, _linked)
    return {"$schema": DIALECT, "title": "dlcli configuration", **linked}


def keys_of(cls: type[Keys]) -> Node:
    """The schema of the keys of one component or block; `{"contract": NAME}` stands where any such component may."""

    class Generator(GenerateJsonSchema):
        """Writes a default that is a component as the plain data that a YAML would have."""

        def encode_default(self, dft: Any) -> Any:
            return plain(dft)

    node = _mapped(TypeAdapter(cls).json_schema(schema_generator=Generator), _tidied)
    _describe(cls, node)
    blocks = {block.__name__: block for block in _subclasses(Keys)}
    for name, definition in node.get("$defs", {}).items():
        _describe(blocks[name], definition)
    return node


def contracts() -> tuple[type[Component], ...]:
    """The contracts: what a key may ask for, such as `Layer` and `Activation`."""
    return tuple(cls for cls in _subclasses(Component) if cls.__module__.startswith("dlcli.core."))


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _subclasses(sub)


def _describe(cls: type[Keys], node: Node) -> None:
    for key, value in node["properties"].items():
        if text := key_manual(cls, key):
            value["description"] = text


def _absorbed(cls: type[Keys], definitions: Node) -> Node:
    """The schema of `cls`; the blocks inside it move to `definitions`."""
    node = dict(keys_of(cls))
    definitions |= node.pop("$defs", {})
    return node


def _contract(contract: type[Component], fitting: dict[type[Component], Node]) -> Node:
    bare = [name for cls, node in fitting.items() if node["required"] == ["type"] for name in _names(cls)]
    choices: list[Node] = [{"enum": bare}] if bare else []
    choices += [{"$ref": f"{_REF}{_definition(cls)}"} for cls in fitting]
    return {"description": manual(contract), "anyOf": choices}


def _component(cls: type[Component], node: Node) -> Node:
    names = _names(cls)
    kind = {"const": names[0]} if len(names) == 1 else {"enum": names}
    return node | {
        "description": manual(cls),
        "properties": {"type": {**kind, "description": summary(cls)}, **node["properties"]},
        "required": ["type", *node.get("required", [])],
    }


def _definition(cls: type[Component]) -> str:
    return f"{cls.kind}.{cls.type_name()}"


def _names(cls: type[Component]) -> list[str]:
    name = cls.type_name()
    return [name, *(alias for alias, meant in registry.ALIASES.get(cls.kind, {}).items() if meant == name)]


def _mapped(node: Any, change: Callable[[Node], Node]) -> Any:
    """The schema with `change` applied to every part of it, the innermost first. Defaults are data, and stay."""
    if isinstance(node, list):
        return [_mapped(item, change) for item in node]
    if not isinstance(node, dict):
        return node
    return change({key: value if key == "default" else _mapped(value, change) for key, value in node.items()})


def _tidied(node: Node) -> Node:
    """Without pydantic's titles; bounds of a number that may be a fraction stand at the number."""
    node = {key: value for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    bounds = {_BOUNDS[key]: node.pop(key) for key in list(node) if key in _BOUNDS and "anyOf" in node}
    if bounds:
        node["anyOf"] = [part | bounds if part.get("type") == "number" else part for part in node["anyOf"]]
    return node


def _linked(node: Node) -> Node:
    if not isinstance(node.get("contract"), str):
        return node
    return {"$ref": f"{_REF}{node['contract']}", **{key: value for key, value in node.items() if key != "contract"}}
