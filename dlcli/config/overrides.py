"""Changes a configuration from the command line: `KEY=VALUE`, `+KEY=VALUE`, `~KEY`.

`optimizer.learning_rate=1e-3` sets a key, the file having it or not; whether such a key exists at all is for the
schema to say. `model.layers.0.units=64` goes through list items by index; `model.layers[0].units` is the same, and
`model.layers.-1.units` counts from the end. `+key=value` only adds, and with the length of a list as index it appends;
`++key=value` is `key=value`. `~key` deletes. Overrides are applied from left to right.

Blocks on the way are made where they are missing, and a bare component name becomes one: with `optimizer: adam` in the
file, `optimizer.learning_rate=0.1` gives `{type: adam, learning_rate: 0.1}`.

A value that begins with a bracket, a brace or a quote is YAML; any other is one scalar as it stands, so that
`name=a=b`, `name=a: b` and `name=*x` are text. `key=` is the empty text, as in Hydra; `key=null` is null.
"""

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from dlcli import registry
from dlcli.config import scalars
from dlcli.config.compose import MAX_DEPTH, check_characters, compose
from dlcli.config.source import COMMAND_LINE, KeyPath, Mark, Place, Source, found
from dlcli.errors import ConfigError, Problem

_INDEX = re.compile(r"-?[0-9]{1,9}")
_BRACKETS = re.compile(r"\[(-?[0-9]+)\]")
_FORM = "write KEY=VALUE, +KEY=VALUE or ~KEY, such as training.epochs=5"


def apply(source: Source, overrides: Sequence[str]) -> Source:
    """A new source with the overrides applied; `source` stays as it is.

    Raises ConfigError with every mistake: no `=`, an empty key, a value that is not YAML, an index beyond a list,
    a key below a number, `+` on a key that is there, `~` on one that is not.
    """
    edit = _Edit(copy.deepcopy(source.data), dict(source.positions))
    problems = []
    for text in overrides:
        try:
            edit.apply(text)
        except _MistakeError as mistake:
            key = text.partition("=")[0].lstrip("+~").strip()
            problems.append(Problem(COMMAND_LINE, 0, 0, key, f"{mistake} (in '{text}')", mistake.hint))
    if problems:
        raise ConfigError(problems)
    return replace(source, data=edit.data, positions=edit.positions)


class _MistakeError(Exception):
    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass
class _Edit:
    """The configuration while overrides are being applied to it."""

    data: dict[str, Any]
    positions: dict[KeyPath, Place]

    def apply(self, text: str) -> None:
        try:
            check_characters(text, COMMAND_LINE)
        except ConfigError as error:
            raise _MistakeError(error.problems[0].message) from None
        key, equals, value = text.partition("=")
        key = key.strip()
        mark = Mark(0, 0, text)
        if key.startswith("~"):
            if equals:
                raise _MistakeError("a deletion takes no value", f"write {key}")
            self.delete(_split(key[1:]), mark)
        elif not equals:
            raise _MistakeError("expected KEY=VALUE; found no '='", _FORM)
        else:
            parts = _split(key.removeprefix("+").removeprefix("+"))
            only_add = key.startswith("+") and not key.startswith("++")
            self.set(parts, _value(value.strip(), len(parts)), mark, only_add=only_add)

    def set(self, parts: list[str], value: Any, mark: Mark, *, only_add: bool) -> None:
        node, path = self.walk(parts[:-1], mark)
        if only_add and isinstance(node, list) and parts[-1] == str(len(node)):
            node.append(None)
            is_new = True
        else:
            is_new = isinstance(node, dict) and parts[-1] not in node
        key = _key(node, parts[-1], path)
        if only_add and not is_new:
            raise _MistakeError(f"'{_dotted((*path, key))}' is there already: {found(node[key])}",
                                "leave out the '+' to change it")
        node[key] = value
        path = (*path, key)
        old = self.positions.get(path)
        self.positions = {p: place for p, place in self.positions.items() if p[: len(path)] != path}
        key_mark = old.key if old and isinstance(key, str) else mark
        self.positions[path] = Place(key_mark, mark)

    def delete(self, parts: list[str], mark: Mark) -> None:
        node, path = self.walk(parts[:-1], None)
        key = _key(node, parts[-1], path)
        _expect(node, key, path)
        del node[key]
        depth = len(path)
        kept = {}
        for p, place in self.positions.items():
            if p[:depth] == path and len(p) > depth:
                step = p[depth]
                if step == key:
                    continue
                if isinstance(key, int) and isinstance(step, int) and step > key:
                    p = (*path, step - 1, *p[depth + 1 :])  # the items behind it move up
            kept[p] = place
        self.positions = kept

    def walk(self, parts: list[str], mark: Mark | None) -> tuple[Any, KeyPath]:
        """The block that `parts` lead to, and its path. With a `mark`, what is missing is made; else it is an error."""
        node: Any = self.data
        path: KeyPath = ()
        for part in parts:
            key = _key(node, part, path)
            if mark is None:
                _expect(node, key, path)
            child = node.get(key) if isinstance(node, dict) else node[key]
            path = (*path, key)
            if mark is not None and child is None:
                old = self.positions.get(path)
                self.positions[path] = Place(old.key if old else mark, mark)
                child = node[key] = {}
            elif mark is not None and isinstance(child, str):
                if old := self.positions.get(path):
                    self.positions[(*path, "type")] = Place(old.value, old.value)
                child = node[key] = {"type": child}
            elif not isinstance(child, dict | list):
                raise _MistakeError(f"'{_dotted(path)}' is {found(child)}; nothing lies below it")
            node = child
        return node, path


def _split(key: str) -> list[str]:
    parts = _BRACKETS.sub(r".\1", key).split(".")
    if not all(part and part == part.strip() for part in parts):
        raise _MistakeError("expected a key such as optimizer.learning_rate; a part of this one is empty", _FORM)
    if len(parts) > MAX_DEPTH:
        raise _MistakeError(f"expected at most {MAX_DEPTH} levels; found {len(parts)}")
    return parts


def _key(node: Any, part: str, path: KeyPath) -> str | int:
    """`part` as a key of the mapping or an index of the list `node`."""
    if isinstance(node, dict):
        return part
    size = len(node)
    name = f"'{_dotted(path)}' is a list of {size}"
    if not _INDEX.fullmatch(part):
        raise _MistakeError(f"{name}: expected the index of an item; found '{part}'")
    if not -size <= int(part) < size:
        hint = f"+{_dotted(path)}.{size}=VALUE appends an item"
        span = f"expected an index from 0 to {size - 1}; found" if size else "it has no item"
        raise _MistakeError(f"{name}: {span} {part}", hint)
    return int(part) % size


def _expect(node: Any, key: str | int, path: KeyPath) -> None:
    if isinstance(node, dict) and key not in node:
        hint = registry.did_you_mean(str(key), node) or (f"there are {', '.join(node)}" if node else "")
        raise _MistakeError(f"there is no '{_dotted((*path, key))}' to delete", hint)


def _value(text: str, depth: int) -> Any:
    """The value of an override that lies `depth` levels deep."""
    if not text:
        return ""
    if text[0] not in "[{'\"":
        try:
            return scalars.resolve(text)
        except ValueError as error:
            raise _MistakeError(str(error)) from None
    try:
        node = compose(text, COMMAND_LINE)
    except ConfigError as error:
        first = error.problems[0]
        raise _MistakeError(f"{first.message}, at character {first.column} of the value", first.hint) from None
    expected = {"[": list, "{": dict}.get(text[0], str)
    if node is None or not isinstance(node.value, expected):
        raise _MistakeError("text goes on after the closing quote or bracket", "put the whole value in quotes")
    if depth + node.height > MAX_DEPTH:
        raise _MistakeError(f"expected at most {MAX_DEPTH} levels of nesting; found {depth + node.height}")
    return node.expand((), node.mark, {})


def _dotted(path: KeyPath) -> str:
    return ".".join(map(str, path))
