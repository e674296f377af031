"""Reads plain data out of a pickle without running any of it.

A pickle is a program for a machine with a stack, which may call any function that Python can import. Here those of its
instructions are followed that build numbers, texts, lists and dictionaries; what would be a call becomes a note of
what would have been called with what. Nothing is imported and nothing is called.
"""

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcli.errors import DataError


@dataclass
class Call:
    """What would have been a call of `name`, with the state that the result would have been given."""

    name: str
    arguments: Any
    state: Any = None


class _Mark:
    """Where a list or a dictionary begins on the stack."""


_CONSTANTS: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple, "NONE": lambda: None,
    "NEWTRUE": lambda: True, "NEWFALSE": lambda: False, "MARK": _Mark,
}
_VALUES = ("BININT", "BININT1", "BININT2", "LONG1", "BINUNICODE", "SHORT_BINUNICODE", "BINBYTES", "SHORT_BINBYTES")
_STRINGS = ("SHORT_BINSTRING", "BINSTRING")  # those of Python 2, which are bytes
_PUTS = ("BINPUT", "LONG_BINPUT")
_GETS = ("BINGET", "LONG_BINGET")
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def plain_data(content: bytes, where: str) -> Any:
    """The data of a pickle; calls stand in it as `Call`. Raises DataError for what is none, or does anything else."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        for opcode, argument, _ in pickletools.genops(content):
            if opcode.name == "STOP":
                return stack.pop()
            if not (_takes(opcode.name, argument, stack, memo) or _joins(opcode.name, stack)):
                raise ValueError(f"the instruction {opcode.name} is not one of plain data")
    except (ValueError, IndexError, KeyError, AttributeError, TypeError, UnicodeError) as error:
        raise DataError(f"cannot be read as plain data: {error}", where=where, hint="put the original in its place") \
            from error
    raise DataError("cut short", where=where, hint="put the original in its place")


def _takes(name: str, argument: Any, stack: list[Any], memo: dict[int, Any]) -> bool:
    """Puts one thing onto the stack, or aside; whether `name` is such an instruction, or one that does nothing."""
    if name in _CONSTANTS:
        stack.append(_CONSTANTS[name]())
    elif name in _VALUES:
        stack.append(argument)
    elif name in _STRINGS:
        stack.append(argument.encode("latin-1"))
    elif name in _PUTS:
        memo[argument] = stack[-1]
    elif name == "MEMOIZE":
        memo[len(memo)] = stack[-1]
    elif name in _GETS:
        stack.append(memo[argument])
    elif name == "GLOBAL":
        stack.append(Call(argument.replace(" ", "."), None))
    else:
        return name in ("PROTO", "FRAME")
    return True


def _joins(name: str, stack: list[Any]) -> bool:
    """Makes one thing of some on the stack; whether `name` is such an instruction."""
    if name in _TUPLES:
        stack[-_TUPLES[name]:] = [tuple(stack[-_TUPLES[name]:])]
    elif name == "TUPLE":
        stack.append(tuple(_behind_mark(stack)))
    elif name == "APPENDS":
        items = _behind_mark(stack)
        stack[-1].extend(items)
    elif name == "APPEND":
        item = stack.pop()
        stack[-1].append(item)
    elif name == "SETITEMS":
        items = _behind_mark(stack)
        stack[-1].update(zip(items[::2], items[1::2], strict=True))
    elif name == "SETITEM":
        key, value = stack[-2:]
        del stack[-2:]
        stack[-1][key] = value
    elif name == "STACK_GLOBAL":
        stack[-2:] = [Call(".".join(stack[-2:]), None)]
    elif name == "REDUCE":
        stack[-2:] = [Call(stack[-2].name, stack[-1])]
    elif name == "BUILD":
        state = stack.pop()
        stack[-1].state = state
    else:
        return False
    return True


def _behind_mark(stack: list[Any]) -> list[Any]:
    start = max(i for i, item in enumerate(stack) if isinstance(item, _Mark))
    items = stack[start + 1:]
    del stack[start:]
    return items


def bytes_array(call: Any, where: str) -> np.ndarray:
    """The array of bytes that NumPy would have rebuilt from a pickle. Raises DataError for anything else."""
    state = call.state if isinstance(call, Call) and call.name.endswith("multiarray._reconstruct") else None
    if isinstance(state, tuple) and len(state) == 5:
        _, shape, dtype, fortran, content = state
        kind = dtype.arguments[0] if isinstance(dtype, Call) and dtype.name == "numpy.dtype" else None
        if kind in (b"u1", "u1") and isinstance(content, bytes) and not fortran and len(content) == np.prod(shape):
            return np.frombuffer(content, np.uint8).reshape(shape)
    raise DataError("expected an array of bytes; found none", where=where, hint="put the original in its place")
