"""What everything that a YAML names by `type` has in common.

A component is a frozen dataclass. Its fields are its YAML keys, with their types, bounds and
defaults; its docstring is its manual. Validation, JSON schema, `dlcli list` and the tests read those.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from inspect import get_annotations
from typing import Any, ClassVar, NamedTuple

from pydantic import GetJsonSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, InitErrorDetails, PydanticCustomError, core_schema

from dlcli import registry


class Example(NamedTuple):
    """A component as a YAML would have it, and the shape of one sample it works on.

    The tests check every example of every component; `dlcli list KIND NAME` prints the first. Where the samples are
    whole numbers, such as the ids of words, `integers` is their exclusive upper bound; 0 stands for any numbers.
    """

    keys: Mapping[str, Any] = {}
    shape: tuple[int, ...] = ()
    integers: int = 0


@dataclass(frozen=True, kw_only=True)
class Keys:
    """A frozen dataclass whose fields are the keys of a YAML mapping; nothing else is accepted."""

    __pydantic_config__: ClassVar[Any] = {"strict": True, "extra": "forbid"}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], CoreSchema]) -> CoreSchema:
        found = handler.resolve_ref_schema(handler(source))  # type: ignore[attr-defined]  # a GetCoreSchemaHandler
        ref = found.get("ref")
        inner = {**found, "strict": False}  # a dict will do; its values stay strict
        inner.pop("ref", None)  # pydantic stores what has the ref: the second field of a class must find all of this
        return core_schema.no_info_wrap_validator_function(cls._validate, inner, ref=ref)

    @classmethod
    def _validate(cls, value: Any, handler: Callable[[Any], Any]) -> Any:
        """Validates a mapping; to what pydantic says of an unknown key it adds the keys that there are."""
        try:
            return handler(value)
        except ValidationError as error:
            known = keys(cls)
            explained = [_explained(e, known) for e in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(cls.__name__, explained) from None


@dataclass(frozen=True, kw_only=True)
class Component(Keys):
    """Base of all components. A kind's contract sets `kind`; a component sets `examples`."""

    kind: ClassVar[str] = ""
    examples: ClassVar[tuple[Example, ...]] = ()

    @classmethod
    def type_name(cls) -> str:
        """The YAML type."""
        return registry.type_name(cls)

    def to_yaml(self) -> dict[str, Any]:
        """All keys as plain data, `type` first; `from_yaml` of it equals this component."""
        return {"type": self.type_name(), **{name: plain(getattr(self, name)) for name in keys(type(self))}}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Callable[[Any], CoreSchema]) -> CoreSchema:
        if not cls.__module__.startswith("dlcli.core."):
            return super().__get_pydantic_core_schema__(source, handler)
        # A contract stands for whatever component `type` names.
        return core_schema.no_info_plain_validator_function(lambda value: _component(cls, value))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A contract is named, not spelled out: `config.json_schema` knows the components that fit."""
        if cls.__module__.startswith("dlcli.core."):
            return {"contract": cls.__name__}
        return handler(schema)


def keys(cls: type[Any]) -> list[str]:
    """The keys of a component: its own first, then those that all of its kind have."""
    known = {f.name for f in fields(cls)}
    named = (name for base in cls.__mro__ for name in get_annotations(base) if name in known)
    return list(dict.fromkeys(named))


def plain(value: Any) -> Any:
    """A field's value as plain YAML data."""
    if isinstance(value, Component):
        return value.to_yaml()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value


def from_yaml(contract: type[Any], value: Any) -> Any:
    """A component from `NAME` or `{type: NAME, key: value}`. Raises pydantic's ValidationError."""
    return _adapter(contract).validate_python(value)


def _adapter(cls: type[Any]) -> TypeAdapter[Any]:
    """What validates a class; building it takes milliseconds, and a model has many layers of the same type."""
    if cls not in _adapters:
        _adapters[cls] = TypeAdapter(cls)
    return _adapters[cls]


_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def _component(contract: type[Component], value: Any) -> Component:
    if isinstance(value, contract):
        return value
    if isinstance(value, str):
        value = {"type": value}
    singular = contract.__name__.lower()
    if not isinstance(value, Mapping):
        raise PydanticCustomError(
            "component",
            "expected {singular}: a name or a mapping with 'type'; found {found}",
            {"singular": singular, "found": _found(value)},
        )
    if "type" not in value:
        raise PydanticCustomError("component", "expected a mapping with the key 'type'; it has none", {})
    name = registry.canonical(contract.kind, value["type"]) if isinstance(value["type"], str) else value["type"]
    known = registry.names(contract.kind)
    if name not in known or not issubclass(registry.get(contract.kind, name), contract):
        fitting = [n for n in known if issubclass(registry.get(contract.kind, n), contract)]
        raise _at(("type",), name, PydanticCustomError(
            "unknown_type",
            "no {singular} is named {name}; there are {known}",
            {"singular": singular, "name": repr(name), "known": ", ".join(fitting),
             "hint": registry.of_other_kind(contract.kind, str(name)) or registry.did_you_mean(str(name), fitting)},
        ))
    keys = {key: item for key, item in value.items() if key != "type"}
    component: Component = _adapter(registry.get(contract.kind, name)).validate_python(keys)
    return component


def _explained(error: ErrorDetails, known: list[str]) -> InitErrorDetails:
    context = dict(error.get("ctx", {}))
    if error["type"] == "unexpected_keyword_argument" and len(error["loc"]) == 1:
        context |= {"known": ", ".join(known), "hint": registry.did_you_mean(str(error["loc"][0]), known)}
    custom = PydanticCustomError(error["type"], error["msg"], context)
    return {"type": custom, "loc": error["loc"], "input": error["input"]}


def _at(loc: tuple[str | int, ...], value: Any, error: PydanticCustomError) -> ValidationError:
    return ValidationError.from_exception_data("component", [{"type": error, "loc": loc, "input": value}])


def _found(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {value!r}"
