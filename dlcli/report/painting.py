"""What the painter's process does: reads pictures to draw from standard input, and draws them.

A message is its length in 8 bytes and a safetensors blob: arrays, and beside them the function, the path and all other
arguments as JSON. The answer is the number of each picture that was drawn, from 0, a line each.
"""

import gc
import importlib
import json
import struct
import sys
from collections.abc import Mapping
from typing import IO, Any

import numpy as np

PACKAGE = "dlcli.report."


def encode(module: str, function: str, path: str, arguments: Mapping[str, Any]) -> bytes:
    """A message, without its length."""
    from safetensors.numpy import save

    arrays = {name: np.ascontiguousarray(value) for name, value in arguments.items() if isinstance(value, np.ndarray)}
    plain = {name: value for name, value in arguments.items() if name not in arrays}
    call = {"module": module, "function": function, "path": path, "arguments": plain}
    return save(arrays, {"call": json.dumps(call)})


def paint(text: bytes) -> None:
    """Draws what a message says."""
    from safetensors.numpy import load

    size = struct.unpack("<Q", text[:8])[0]
    call = json.loads(json.loads(text[8:8 + size])["__metadata__"]["call"])
    assert call["module"].startswith(PACKAGE)
    draw = getattr(importlib.import_module(call["module"]), call["function"])
    draw(call["path"], **call["arguments"], **load(text))


def main(source: IO[bytes], answers: IO[str]) -> None:
    """Gets ready, then draws until there is no more."""
    importlib.import_module(f"{PACKAGE}figure").load()
    number = 0
    while len(head := source.read(8)) == 8:
        size = struct.unpack("<Q", head)[0]
        text = source.read(size)
        if len(text) < size:
            return
        paint(text)
        print(number, file=answers, flush=True)
        number += 1


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout)
    gc.freeze()  # somebody waits for the end: nothing need be looked through for garbage on the way out
