"""Says in a user's words, and at the user's line, what pydantic found wrong."""

from typing import Any

from dlcli.config.schema import Config, DiscriminatorBlock, GeneratorBlock, InitFrom, ModelBlock
from dlcli.config.source import KeyPath, Source, found
from dlcli.core.component import keys
from dlcli.errors import Problem
from dlcli.train.settings import Training

_EXPECTED = {
    "int_type": "expected an integer",
    "int_from_float": "expected an integer",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
    "string_type": "expected text",
    "dict_type": "expected a mapping",
    "tuple_type": "expected a list",
    "list_type": "expected a list",
    "dataclass_type": "expected a mapping of keys",
    "finite_number": "expected a finite number",
    "greater_than_equal": "expected at least {ge:g}",
    "greater_than": "expected more than {gt:g}",
    "less_than_equal": "expected at most {le:g}",
    "less_than": "expected less than {lt:g}",
    "literal_error": "expected {expected}",
    "string_pattern_mismatch": "expected text that matches {pattern}",
    "too_short": "expected at least {min_length} item(s)",
}


_BLOCKS = {
    "model": ModelBlock, "generator": GeneratorBlock, "discriminator": DiscriminatorBlock, "init_from": InitFrom,
    "training": Training,
}


def explain(source: Source, error: Any) -> Problem:
    """The problem at its place. `error` is one of pydantic's ErrorDetails."""
    path, kind, context = tuple(error["loc"]), error["type"], error.get("ctx", {})
    hint = str(context.get("hint", ""))
    if kind == "missing":
        return source.problem(path, "a required key is missing", hint)
    if kind == "unexpected_keyword_argument":
        message = f"unknown key; expected one of {context.get('known', '')}"
        return source.problem(path, message, _home(path) or hint, key=True)
    if kind in _EXPECTED:
        message = f"{_EXPECTED[kind].format_map(context)}; found {found(error['input'])}"
        return source.problem(path, message, hint)
    if path and path[-1] == "type" and path not in source.positions:
        path = path[:-1]  # a bare name: `activation: relo`
    return source.problem(path, error["msg"], hint)


def _home(path: KeyPath) -> str:
    """Where a key of a block belongs that stands in another one; the empty string where there is no such place."""
    if len(path) > 2:
        return ""
    key = str(path[-1])
    homes = [f"{block}.{key}" for block, cls in _BLOCKS.items() if key in keys(cls)]
    if len(path) == 2 and key in keys(Config):
        homes.insert(0, f"{key} at the top level")
    return f"there is {' and '.join(homes)}" if homes else ""
