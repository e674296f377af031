"""From YAML text to a tree of values with positions, in bounded time and memory.

PyYAML's scanner and parser do the reading. Its composer and constructor are not used: they recurse as deep as the
file nests, build whatever a tag names, and let the last of two equal keys win. Its parser in C is not used either: it
places an empty value differently.
"""

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from dlcli.config import scalars, syntax
from dlcli.config.source import KeyPath, Mark, Place, found
from dlcli.errors import ConfigError, Problem

MAX_NODES = 20_000  # keys and values, aliases written out
MAX_DEPTH = 50
MAX_PROBLEMS = 100  # a file with more is no configuration with mistakes but something else

# Nearly what YAML 1.2.2 section 5.1 leaves out. Half a surrogate pair comes from arguments that are not UTF-8.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass
class Node:
    """A value: a scalar, a list of nodes, or a dict of (position of the key, node).

    `plain` is the text of a scalar without quotes, None for all else; `size` the count of keys and values;
    `height` the levels below.
    """

    value: Any
    mark: Mark
    plain: str | None = None
    size: int = 1
    height: int = 0

    def expand(self, path: KeyPath, key: Mark, positions: dict[KeyPath, Place]) -> Any:
        """The plain data from this node down; notes in `positions` where each part was written."""
        positions[path] = Place(key, self.mark)
        if isinstance(self.value, dict):
            return {name: node.expand((*path, name), at, positions) for name, (at, node) in self.value.items()}
        if isinstance(self.value, list):
            return [node.expand((*path, index), node.mark, positions) for index, node in enumerate(self.value)]
        return self.value


def compose(text: str, name: str) -> Node | None:
    """The root node of `text`, or None where there is only blank space and comments.

    Raises ConfigError with all that is wrong: control characters, syntax, tags, equal keys, keys that are not text, a
    second document, aliases that are unknown or lie in themselves, more than 20,000 nodes, more than 50 levels.
    """
    check_characters(text, name)
    composer = _Composer(name)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):  # the parser in it; nothing is constructed
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        line, column, message, hint = syntax.explain(error, text)
        composer.stop(Mark(line, column), message, hint)
    except (ValueError, OverflowError) as error:  # PyYAML lets those of chr() and int() through
        hint = "look for an escape such as '\\U00110000' in double quotes"
        composer.stop(composer.last, f"not YAML, after this place: {error}", hint)
    if composer.problems:
        raise ConfigError(composer.problems)
    root = composer.root
    return None if root is None or root.plain == "" else root


def check_characters(text: str, name: str) -> None:
    """Raises ConfigError for a character that no YAML holds, such as NUL."""
    if match := _UNPRINTABLE.search(text):
        line, column = position(text, match.start())
        message = f"expected text; found the control character U+{ord(match[0]):04X}"
        raise ConfigError([Problem(name, line, column, "", message, "in double quotes, an escape can stand for it")])


def position(text: str, index: int) -> tuple[int, int]:
    """Line and column, from 1, of a character of `text`."""
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


@dataclass
class _Open:
    """A list or mapping whose end has not come yet; `key` is set between a key and its value."""

    node: Node
    anchor: str | None
    count_before: int
    key: Node | None = None


@dataclass
class _Composer:
    name: str
    root: Node | None = None
    problems: list[Problem] = field(default_factory=list)
    anchors: dict[str, Node | None] = field(default_factory=dict)  # None: its end has not come yet
    stack: list[_Open] = field(default_factory=list)
    count: int = 0
    last: Mark = Mark(1, 1)

    def take(self, event: Any) -> None:
        mark = self.last = Mark(event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case yaml.ScalarEvent():
                self.check_tag(event.tag, mark)
                self.grow(1, mark)
                node = self.quoted(event.value, mark) if event.style else self.plain(event.value, mark)
                if event.anchor:
                    self.anchors[event.anchor] = node
                self.put(node)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self.check_tag(event.tag, mark)
                self.deepen(1, mark)
                if event.anchor:
                    self.anchors[event.anchor] = None
                node = Node({} if isinstance(event, yaml.MappingStartEvent) else [], mark)
                self.stack.append(_Open(node, event.anchor, self.count))
                self.grow(1, mark)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                done = self.stack.pop()
                done.node.size = self.count - done.count_before
                if done.anchor:
                    self.anchors[done.anchor] = done.node
                self.put(done.node)
            case yaml.AliasEvent():
                self.put(self.alias(event.anchor, mark))
            case yaml.DocumentStartEvent() if self.root is not None:
                self.stop(mark, "expected one document; found the start of a second one", "keep one in a file")

    def quoted(self, text: str, mark: Mark) -> Node:
        if _SURROGATE.search(text):
            self.report(mark, "expected text; found an escape for one half of a surrogate pair", "write the character")
        return Node(text, mark)

    def plain(self, text: str, mark: Mark) -> Node:
        try:
            return Node(scalars.resolve(text), mark, text)
        except ValueError as error:
            self.report(mark, str(error))
            return Node(None, mark)

    def alias(self, anchor: str | None, mark: Mark) -> Node:
        target = self.anchors.get(anchor or "")
        if target is not None:
            self.grow(target.size, mark)
            self.deepen(target.height, mark)
            return Node(target.value, mark, size=target.size, height=target.height)
        if anchor in self.anchors:
            self.report(mark, f"the alias '*{anchor}' stands inside the very value it names", "write the value out")
        else:
            hint = f"for text that begins with '*', use quotes: '*{anchor}'"
            self.report(mark, f"no '&{anchor}' comes before the alias '*{anchor}'", hint)
        return Node(None, mark)

    def put(self, node: Node) -> None:
        """Hands a finished node to the list or mapping around it."""
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        top.node.height = max(top.node.height, node.height + 1)
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif top.key is None:
            top.key = node
        else:
            self.enter(top.key, node, top.node.value)
            top.key = None

    def enter(self, key: Node, node: Node, entries: dict[str, tuple[Mark, Node]]) -> None:
        name = key.value
        if isinstance(name, int) and not isinstance(name, bool) and key.plain:
            name = key.plain  # a class may be called 0: `class_weight: {0: 1.0}`
        if not isinstance(name, str):
            hint = f"put it in quotes: '{key.plain}'" if key.plain else ""
            self.report(key.mark, f"expected text as a key; found {found(name)}", hint)
        elif name in entries:
            first = entries[name][0]
            message = f"the key '{name}' is given twice, first at line {first.line}, column {first.column}"
            self.report(key.mark, message, "keep one of the two")
        elif key.plain and node.plain == "" and ":" in name:  # {type:dense}, to YAML a key of that name and no value
            before, after = name.split(":", 1)
            hint = f"put a space after the colon: '{before}: {after}'"
            self.report(key.mark, f"expected 'key: value'; found '{name}'", hint)
        else:
            entries[name] = (key.mark, node)

    def check_tag(self, tag: str | None, mark: Mark) -> None:
        if tag:
            short = tag.replace("tag:yaml.org,2002:", "!!")
            hint = "remove the tag; for text that begins with '!', use quotes"
            self.report(mark, f"expected plain data; found the tag '{short}'", hint)

    def grow(self, nodes: int, mark: Mark) -> None:
        self.count += nodes
        if self.count > MAX_NODES:
            message = f"expected at most {MAX_NODES:,} keys and values, aliases written out; found more"
            self.stop(mark, message, "keep data in data files, not in the configuration")

    def deepen(self, levels: int, mark: Mark) -> None:
        if len(self.stack) + levels > MAX_DEPTH:
            self.stop(mark, f"expected at most {MAX_DEPTH} levels of nesting; found more")

    def report(self, mark: Mark, message: str, hint: str = "") -> None:
        self.problems.append(Problem(self.name, mark.line, mark.column, self.path(), message, hint))
        if len(self.problems) >= MAX_PROBLEMS:
            raise ConfigError(self.problems)

    def path(self) -> str:
        """The dotted key of what is being read."""
        parts: list[str] = []
        for level in self.stack:
            if isinstance(level.node.value, list):
                parts.append(str(len(level.node.value)))
            elif level.key is not None and isinstance(level.key.value, str):
                parts.append(level.key.value)
        return ".".join(parts)

    def stop(self, mark: Mark, message: str, hint: str = "") -> NoReturn:
        raise ConfigError([*self.problems, Problem(self.name, mark.line, mark.column, "", message, hint)])
