"""What a key of a configuration may be set to, for those who complete as they type."""

from collections.abc import Iterator
from typing import Any

from dlcli.config.json_schema import document

Node = dict[str, Any]


def keys(data: Any, block: str) -> list[str]:
    """The dotted keys that the block `block` (dotted, `` for the whole file) of the configuration `data` may have."""
    names = {name: None for node in _reached(document(), data, block) for name in node.get("properties", {})}
    return [f"{block}.{name}" if block else name for name in names]


def values(data: Any, key: str) -> list[str]:
    """The values that a dotted key of the configuration `data` may have, where they can be listed."""
    block, _, last = key.rpartition(".")
    if last == "type":  # every component of the kind, not only the one that stands there now
        nodes = [node["properties"]["type"] for node in _reached(document(), data, block, chosen=False)
                 if "type" in node.get("properties", {})]
    else:
        nodes = _reached(document(), data, key, chosen=False)
    found: dict[str, None] = {}
    for node in nodes:
        listed = ["true", "false"] if node.get("type") == "boolean" else node.get("enum", [])
        found |= dict.fromkeys(map(str, [node["const"]] if "const" in node else listed))
    return list(found)


def _reached(schema: Node, data: Any, dotted: str, *, chosen: bool = True) -> list[Node]:
    """The parts of the schema at the end of a path; on the way, and with `chosen` at the end, `type` decides."""
    parts = dotted.split(".") if dotted else []
    reached = list(_alternatives(schema, schema, data, chosen=True))
    for number, part in enumerate(parts, 1):
        data = _child(data, part)
        steps = [
            node["properties"][part] if part in node.get("properties", {}) else node.get("items") for node in reached
        ]
        decides = chosen or number < len(parts)
        reached = [
            found for step in steps if step is not None for found in _alternatives(schema, step, data, chosen=decides)
        ]
    return reached


def _alternatives(schema: Node, node: Node, data: Any, *, chosen: bool) -> Iterator[Node]:
    """The node with references followed and choices taken apart; of components the one `data` names, if `chosen`."""
    if "$ref" in node:
        yield from _alternatives(schema, schema["$defs"][node["$ref"].rpartition("/")[2]], data, chosen=chosen)
    elif "anyOf" in node and "properties" not in node:
        for part in node["anyOf"]:
            yield from _alternatives(schema, part, data, chosen=chosen)
    else:
        kind = node.get("properties", {}).get("type", {})
        names = kind.get("enum") or [kind[word] for word in ("const",) if word in kind]
        if not (chosen and names) or (data.get("type") if isinstance(data, dict) else data) in names:
            yield node


def _child(data: Any, part: str) -> Any:
    if isinstance(data, dict):
        return data.get(part)
    if isinstance(data, list) and part.lstrip("-").isdigit() and -len(data) <= int(part) < len(data):
        return data[int(part)]
    return None
