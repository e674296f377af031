"""Several threads at one compiled kernel: how they share it out, and wait for each other, without the interpreter.

A kernel that may be shared is written as a function `work(words, seat, phase, ...)` that everybody who takes part
calls. It goes from phase to phase; a phase has a number of pieces, each is done by whoever claims it, and the next
phase begins when all are done:

    piece = claim(words, phase, pieces, -1)
    while piece >= 0:
        ...
        piece = claim(words, phase, pieces, piece)
    phase = meet(words, seat, phase, pieces)

The thread that leads calls it after `post` and `call`, with the phase that `call` returns, and then `dismiss`es. In
between nothing may raise: helpers would go on with what is no longer there.

All that is written is written in pieces. Nobody waits for a helper that has not come: who leads can claim everything,
and one that comes late finds nothing left and follows. What a piece computes must not depend on who does it.

`words` is what the threads know of each other, one number a line of cache; it is empty where one thread works alone.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from dlcli.kernels.compiled._atomics import add, get, give_way, pause, put, swap, word_at
from dlcli.kernels.compiled._jit import jit
from dlcli.kernels.crew import HEAD, LINE

LEADER = 0
"""The seat of the thread that called the kernel."""

TICKET, DONE, OPEN, FIRST, FUNCTION, ARGUMENTS, BUSY = (LINE * place for place in range(HEAD + 1))
"""The phase and its next piece; pieces done; whether there is work, its first phase, what it is; from here on: which
helpers are at it."""

PIECES = 32
"""Bits of the ticket that count pieces."""
HURRY = 1_000
"""Looks around, each some tens of nanoseconds, before a thread that waits for another gives its core away: maybe that
is what the other waits for."""

_WORD, _BYTES = ir.IntType(64), ir.IntType(8).as_pointer()


@jit()
def seats(words):
    """How many threads there are: helpers, and the one that leads."""
    return max(1, words.size // LINE - HEAD + 1)


@jit()
def claim(words, phase, pieces, had):
    """The next piece of a phase, or -1 where none is left; `had`: the piece that is done now, -1 at first."""
    if words.size == 0:
        return had + 1 if had + 1 < pieces else -1
    if had >= 0:
        add(words, DONE, 1)
    while True:
        ticket = get(words, TICKET)
        if ticket >> PIECES != phase or ticket & ((1 << PIECES) - 1) >= pieces:
            return -1
        if swap(words, TICKET, ticket, ticket + 1):
            return ticket & ((1 << PIECES) - 1)


@jit()
def meet(words, seat, phase, pieces):
    """Waits until all pieces of a phase are done; returns the next phase."""
    if words.size == 0:
        return phase
    looks = 0
    if seat == LEADER:
        while get(words, DONE) < pieces:
            looks = wait(looks)
        put(words, DONE, 0)
        put(words, TICKET, (phase + 1) << PIECES)
    else:
        while get(words, TICKET) >> PIECES <= phase:
            looks = wait(looks)
    return phase + 1


@jit()
def call(words):
    """Opens the work that has been `post`ed to helpers; returns its first phase."""
    if words.size == 0:
        return 0
    phase = get(words, TICKET) >> PIECES
    put(words, FIRST, phase)
    put(words, OPEN, 1)
    return phase


@jit()
def dismiss(words):
    """Closes it, and waits until no helper is at work any more, so that what they were given may go."""
    if words.size == 0:
        return
    put(words, OPEN, 0)
    for busy in range(BUSY, words.size, LINE):
        looks = 0
        while get(words, busy):
            looks = wait(looks)


@jit()
def serve(words, seat, patience):
    """What a helper does: every work that is opened, until in so many looks around there was none.

    Returns how many works there were.
    """
    busy = BUSY + (seat - 1) * LINE
    looks = works = 0
    last = -1
    while looks < patience:
        if get(words, OPEN) and get(words, FIRST) != last:
            # Busy first, then another look: whoever closes the work looks the other way round.
            put(words, busy, 1)
            if get(words, OPEN):
                last = get(words, FIRST)
                work(words, seat, last)
                works += 1
            put(words, busy, 0)
            looks = 0
        pause()
        looks += 1
        if looks % HURRY == 0:
            give_way()
    return works


@jit()
def wait(looks):
    """One look later."""
    pause()
    if looks < HURRY:
        return looks + 1
    give_way()
    return looks


@intrinsic
def post(context: Any, words: Any, function: Any, arguments: Any) -> Any:
    """Writes down what helpers are to call, function(words, seat, phase, *arguments); nothing where there are none."""
    whole = types.intp
    called = function.get_call_type(context, (words, whole, whole, *arguments), {})
    given = types.Tuple((words, *arguments))

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        packed = context.get_value_type(given)
        values = [args[0], *cgutils.unpack_tuple(builder, args[2], len(arguments))]
        place = cgutils.alloca_once(builder, packed)
        entry = _entry(context, builder, function.dispatcher.get_compile_result(called), packed, len(values))
        helped = builder.icmp_signed(">", context.make_array(words)(context, builder, args[0]).nitems, _WORD(0))
        with builder.if_then(helped):
            builder.store(context.make_tuple(builder, given, values), place)
            for at, pointer in ((FUNCTION, entry), (ARGUMENTS, place)):
                builder.store(builder.ptrtoint(pointer, _WORD), word_at(context, builder, words, (args[0], _WORD(at))))
        return context.get_dummy_value()

    return types.void(words, function, arguments), build


def _entry(context: Any, builder: Any, compiled: Any, packed: ir.Type, count: int) -> ir.Function:
    """A function of a place where arguments lie, a seat and a phase: all that a helper must know of what it calls."""
    context.add_linking_libs((compiled.library,))
    entry = ir.Function(
        builder.module, ir.FunctionType(ir.VoidType(), [_BYTES, _WORD, _WORD]),
        builder.module.get_unique_name(f"entry.{compiled.fndesc.mangled_name}"),
    )
    entry.linkage = "internal"
    inner = ir.IRBuilder(entry.append_basic_block())
    at, seat, phase = entry.args
    words, *others = cgutils.unpack_tuple(inner, inner.load(inner.bitcast(at, packed.as_pointer())), count)
    context.call_internal_no_propagate(inner, compiled.fndesc, compiled.signature, [words, seat, phase, *others])
    inner.ret_void()
    return entry


@intrinsic
def work(context: Any, words: Any, seat: Any, phase: Any) -> Any:
    """Calls what has been posted."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [_BYTES, _WORD, _WORD])
        function, arguments = (
            builder.inttoptr(builder.load(word_at(context, builder, words, (args[0], _WORD(at)))), pointer)
            for at, pointer in ((FUNCTION, kind.as_pointer()), (ARGUMENTS, _BYTES))
        )
        builder.call(function, [arguments, *args[1:]])
        return context.get_dummy_value()

    return types.void(words, types.intp, types.intp), build
