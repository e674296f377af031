"""Words that several threads read and write at once, from inside compiled loops: arrays of int64, one word a line."""

import os
import platform
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_PAUSE = {"x86_64": "llvm.x86.sse2.pause", "AMD64": "llvm.x86.sse2.pause"}.get(platform.machine())


@intrinsic
def get(context: Any, words: Any, at: Any) -> Any:
    """A word as it is now."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(word_at(context, builder, words, args), "seq_cst", 8)

    return types.intp(words, types.intp), build


@intrinsic
def put(context: Any, words: Any, at: Any, value: Any) -> Any:
    """Sets a word; all that was written before is seen by whoever sees it."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store_atomic(args[2], word_at(context, builder, words, args), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(words, types.intp, types.intp), build


@intrinsic
def add(context: Any, words: Any, at: Any, value: Any) -> Any:
    """Adds to a word."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.atomic_rmw("add", word_at(context, builder, words, args), args[2], "seq_cst")
        return context.get_dummy_value()

    return types.void(words, types.intp, types.intp), build


@intrinsic
def swap(context: Any, words: Any, at: Any, old: Any, new: Any) -> Any:
    """Sets a word to `new` if it is `old`; returns whether it was."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = builder.cmpxchg(word_at(context, builder, words, args), args[2], args[3], "seq_cst", "seq_cst")
        return builder.extract_value(found, 1)

    return types.boolean(words, types.intp, types.intp, types.intp), build


@intrinsic
def pause(context: Any) -> Any:
    """Lets the core rest for some tens of cycles."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if _PAUSE is not None:
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, _PAUSE), [])
        return context.get_dummy_value()

    return types.void(), build


@intrinsic
def give_way(context: Any) -> Any:
    """Lets another thread have the core."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if os.name == "posix":
            kind = ir.FunctionType(ir.IntType(32), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])
        return context.get_dummy_value()

    return types.void(), build


def word_at(context: Any, builder: Any, words: Any, args: Any) -> ir.Value:
    """Where a word lies; `args`: the array, and its place in there."""
    return builder.gep(context.make_array(words)(context, builder, args[0]).data, [args[1]])

