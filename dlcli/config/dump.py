"""Writes plain data as YAML for people: blocks, with `{type: dense, units: 64}` on a line of its own.

`load.loads` reads back the equal data. Text that a YAML 1.1 reader would take for something else (`no`, `1_000`,
`2001-01-01`) is put in quotes too, and `1e-07` is written `1.0e-07`, so that other tools read the same.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Any

import yaml

from dlcli.config import scalars
from dlcli.config.compose import MAX_DEPTH

WIDTH = 100
_LONG_KEY = 1000  # YAML finds the end of `key:` within 1024 characters; a longer key is written `? key`

_WORD = r"[\w./+*()=<>^%~$;@-]*"
_PLAIN = re.compile(rf"(?:[\w/]|[-+.](?=[\w/])){_WORD}(?: [\w./(<=+]{_WORD})*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_YAML_1_1 = yaml.resolver.Resolver()
_Path = tuple[str | int, ...]


def dump(data: dict[str, Any]) -> str:
    """`data` as YAML text, keys in their order.

    Components (mappings with `type`), small mappings inside other blocks and lists of scalars are written in one line
    where they fit in 100 columns; all else as blocks, and text of several lines as `|`.

    Raises ValueError, with the dotted key, for what such a file cannot hold: infinity and NaN, keys that are not
    text, values that are not plain data, half surrogate pairs, integers of more than 99 digits, more than 50 levels.
    """
    if not isinstance(data, dict):
        raise ValueError(f"expected a mapping at the top level; found {type(data).__name__}")
    lines = _block(data, ()) if data else ["{}"]
    return "\n".join(lines) + "\n"


def _block(value: Any, path: _Path) -> list[str]:
    """The lines of a list or mapping that is not empty, without the indentation of what is around it."""
    _check_depth(path)
    lines: list[str] = []
    for key, item in _entries(value):
        here = (*path, key)
        head = "-"
        if isinstance(value, dict):
            name = _scalar(key, here)
            head = f"{name}:"
            if len(name) > _LONG_KEY:
                lines.append(f"? {name}")
                head = ":"
        room = WIDTH - 2 * len(path) - len(head) - 1
        literal = _literal(item) if isinstance(item, str) else None
        if literal:
            lines += [f"{head} {literal[0]}", *_indented(literal[1:])]
        elif not isinstance(item, dict | list | tuple) or not item:
            lines.append(f"{head} {_flow(item, here)}")
        elif _may_flow(item, here) and len(flow := _flow(item, here)) <= room:
            lines.append(f"{head} {flow}")
        elif isinstance(value, dict):
            lines += [head, *_indented(_block(item, here))]
        else:
            first, *rest = _block(item, here)
            lines += [f"- {first}", *_indented(rest)]
    return lines


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" if line else "" for line in lines]


def _entries(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if isinstance(value, dict) else enumerate(value)


def _may_flow(value: Any, path: _Path) -> bool:
    """Whether a list or mapping reads well in one line: a component, a small mapping inside a block, plain items."""
    if not isinstance(value, dict):
        return _is_flat(value, 1)
    return ("type" in value or len(path) >= 2) and _is_flat(value, 2)


def _is_flat(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list | tuple):
        return True
    return levels > 0 and all(_is_flat(item, levels - 1) for _, item in _entries(value))


def _flow(value: Any, path: _Path) -> str:
    if isinstance(value, dict):
        _check_depth(path)
        entries = (f"{_scalar(key, (*path, key))}: {_flow(item, (*path, key))}" for key, item in value.items())
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, list | tuple):
        _check_depth(path)
        return "[" + ", ".join(_flow(item, (*path, index)) for index, item in enumerate(value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _integer(value, path)
    if isinstance(value, float):
        return _float(value, path)
    return _scalar(value, path)


def _integer(value: int, path: _Path) -> str:
    if abs(value) >= 10 ** (scalars.MAX_DIGITS - 1):
        raise ValueError(f"{_dotted(path)}: expected an integer of at most {scalars.MAX_DIGITS - 1} digits")
    return int.__repr__(value)


def _float(value: float, path: _Path) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{_dotted(path)}: expected a finite number; found {float.__repr__(value)}")
    text = float.__repr__(value)  # the shortest text of the same float; a subclass would add its name
    return text.replace("e", ".0e") if "." not in text else text


def _scalar(text: Any, path: _Path) -> str:
    """Text, plain where YAML takes it for text, else in quotes."""
    if not isinstance(text, str):
        raise ValueError(f"{_dotted(path)}: expected plain data, keys being text; found {type(text).__name__}")
    if _SURROGATE.search(text):
        raise ValueError(f"{_dotted(path)}: expected text; found half a surrogate pair: {text!a}")
    if _PLAIN.fullmatch(text) and _is_text(text):
        return text
    if text.isprintable() and "'" not in text:
        return f"'{text}'"
    # JSON's escapes are YAML's too. What is invisible is escaped, a line separator most of all.
    return "".join(c if c.isprintable() else _escape(c) for c in json.dumps(text, ensure_ascii=False))


def _is_text(text: str) -> bool:
    """Whether both YAML 1.2 and YAML 1.1 read the plain scalar as text."""
    if len(text) > scalars.MAX_DIGITS and not text[0].isalpha():
        return False  # perhaps a number too long to resolve; quotes are always right
    tag = _YAML_1_1.resolve(yaml.ScalarNode, text, (True, False))
    return isinstance(scalars.resolve(text), str) and tag == "tag:yaml.org,2002:str"


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _literal(text: str) -> list[str] | None:
    """The lines of text as a block scalar, where one can hold it to the letter: `|` or `|-` and the lines."""
    *lines, last = text.split("\n")
    if not lines or not all(line.isprintable() for line in [*lines, last]):
        return None
    header = "|-" if last else "|"
    lines += [last] if last else []
    if not lines[0] or not lines[-1] or lines[0].startswith(" ") or any(line.isspace() for line in lines):
        return None  # the indentation, or the blank lines at the end, would be read otherwise
    return [header, *lines]


def _check_depth(path: _Path) -> None:
    if len(path) >= MAX_DEPTH:
        raise ValueError(f"{_dotted(path)}: expected at most {MAX_DEPTH} levels of nesting; found more")


def _dotted(path: _Path) -> str:
    return ".".join(map(str, path))
