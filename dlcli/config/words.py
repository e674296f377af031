"""What a key may be, in a user's words, from its JSON schema: `integer, at least 1`."""

from typing import Any

from dlcli.config.dump import dump

_BOUNDS = {
    "minimum": "at least {:g}", "exclusiveMinimum": "more than {:g}",
    "maximum": "at most {:g}", "exclusiveMaximum": "less than {:g}",
}
_TYPES = {"integer": "integer", "number": "number", "string": "text", "boolean": "true or false", "null": "null"}


def type_words(node: dict[str, Any]) -> str:
    """The type with its bounds. `null` is left out: it stands for "not given"."""
    if "contract" in node:
        return str(node["contract"]).lower()
    if "$ref" in node:
        return "mapping"
    if "enum" in node:
        return _either([str(choice) for choice in node["enum"]])
    if "anyOf" in node:
        return _either([type_words(part) for part in _meant(node["anyOf"])])
    kind = node.get("type")
    if kind == "array" and "prefixItems" in node:
        words = list(dict.fromkeys(type_words(item) for item in node["prefixItems"]))
        return f"list of {len(node['prefixItems'])} ({_either(words)})"
    if kind == "array":
        items = type_words(node["items"]) if "items" in node else "anything"
        return f"list of {items if _simple(node['items']) else f'({items})'}"
    if kind == "object":
        values = node.get("additionalProperties")
        return f"mapping of text to {type_words(values)}" if isinstance(values, dict) else "mapping"
    bounds = [text.format(node[key]) for key, text in _BOUNDS.items() if key in node]
    return ", ".join([_TYPES.get(str(kind), "anything"), " and ".join(bounds)] if bounds else [_TYPES[str(kind)]])


def default_words(value: Any) -> str:
    """A default as YAML, in one line: `glorot_uniform` for a component without keys of its own."""
    if isinstance(value, dict) and list(value) == ["type"]:
        return str(value["type"])
    return " ".join(dump({"-": value}).partition(":")[2].split())


def _meant(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without null, and without the text that a fraction is written as."""
    number = any(part.get("type") == "number" for part in parts)
    return [p for p in parts if p.get("type") != "null" and not (number and p.get("type") == "string")]


def _simple(node: dict[str, Any]) -> bool:
    return "contract" in node or "$ref" in node or node.get("type") in ("string", "boolean")


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
