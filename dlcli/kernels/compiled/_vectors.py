"""Vectors of numbers, as registers hold them, inside compiled loops.

The compiler finds vectors by itself where a loop reads and writes a few arrays; a loop that walks along sixteen places
at once it leaves as it is, since it cannot tell that they do not overlap. Such loops are written with these: `load`,
`store`, +, -, *, >, ==, !=, |, `where` and `everywhere`. A vector is BYTES long, on every machine: where registers are
shorter the compiler takes two. Nothing is checked.
"""

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, overload, register_model

from dlcli.kernels.compiled._tiles import BYTES


class Vector(types.Type):
    """Some numbers of one type; or, where it is a `mask`, as many truths."""

    def __init__(self, number: Any, mask: bool = False) -> None:
        self.number, self.mask = number, mask
        super().__init__(name=f"{'Mask' if mask else 'Vector'}({number})")


@register_model(Vector)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Vector) -> None:
        super().__init__(manager, kind, _of(kind))


def _of(kind: Vector, bits: int = 0) -> ir.VectorType:
    """As the compiler calls it; with integers of so many bits in place of numbers, if any."""
    number = ir.IntType(1 if kind.mask else bits) if kind.mask or bits else (
        ir.FloatType() if kind.number.bitwidth == 32 else ir.DoubleType()
    )
    return ir.VectorType(number, BYTES * 8 // kind.number.bitwidth)


@intrinsic
def load(context: Any, array: Any, at: Any) -> Any:
    """The vector that begins at array[at]."""
    kind = Vector(array.dtype)

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(_place(context, builder, array, args, _of(kind)))
        value.align = array.dtype.bitwidth // 8
        return value

    return kind(array, types.intp), build


@intrinsic
def store(context: Any, vector: Any, array: Any, at: Any) -> Any:
    """Writes the vector to array[at] and behind."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, array, args[1:], _of(vector))
        builder.store(args[0], place).align = array.dtype.bitwidth // 8
        return context.get_dummy_value()

    return types.void(vector, array, types.intp), build


@intrinsic
def load_small(context: Any, array: Any, at: Any, like: Any) -> Any:
    """The vector of the numbers in an array of bytes; `like`: a vector of the type that is wanted."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = builder.load(_place(context, builder, array, args, _of(like, 8)))
        value.align = 1
        return builder.uitofp(value, _of(like))

    return like(array, types.intp, like), build


@intrinsic
def store_small(context: Any, vector: Any, array: Any, at: Any) -> Any:
    """Writes whole numbers below 256 to an array of bytes."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _place(context, builder, array, args[1:], _of(vector, 8))
        builder.store(builder.fptoui(args[0], _of(vector, 8)), place).align = 1
        return context.get_dummy_value()

    return types.void(vector, array, types.intp), build


@intrinsic
def everywhere(context: Any, number: Any, like: Any) -> Any:
    """A vector of one number; `like`: of what type. Where that is a number, one of its type."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if not isinstance(like, Vector):
            return context.cast(builder, args[0], number, like)
        kind, word = _of(like), ir.IntType(32)
        value = context.cast(builder, args[0], number, like.number)
        first = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(word, 0))
        places = ir.Constant(ir.VectorType(word, kind.count), [0] * kind.count)
        return builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), places)

    return like(number, like), build


@intrinsic
def where(context: Any, mask: Any, a: Any, b: Any) -> Any:
    """a where the mask is true, else b; of numbers as well."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(*args)

    return a(mask, a, b), build


def _place(context: Any, builder: Any, array: Any, args: Any, kind: ir.VectorType) -> ir.Value:
    data = context.make_array(array)(context, builder, args[0]).data
    return builder.bitcast(builder.gep(data, [args[1]]), kind.as_pointer())


def _operator(symbol: Any, build: Any, *, masks: bool = False, compares: bool = False) -> None:
    """Gives an operator a meaning between two vectors, or two masks."""
    @intrinsic
    def both(context: Any, a: Any, b: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return build(builder, *args)

        return (Vector(a.number, mask=True) if compares else a)(a, b), code

    @overload(symbol)
    def choose(a, b):  # bare, as Numba wants them beside a lambda
        if isinstance(a, Vector) and a == b and a.mask == masks:
            return lambda a, b: both(a, b)  # noqa: PLW0108  # an intrinsic is not a function
        return None


_operator(operator.add, ir.IRBuilder.fadd)
_operator(operator.sub, ir.IRBuilder.fsub)
_operator(operator.mul, ir.IRBuilder.fmul)
_operator(operator.gt, lambda builder, a, b: builder.fcmp_ordered(">", a, b), compares=True)
_operator(operator.eq, lambda builder, a, b: builder.fcmp_ordered("==", a, b), compares=True)
_operator(operator.ne, lambda builder, a, b: builder.fcmp_unordered("!=", a, b), compares=True)
_operator(operator.or_, ir.IRBuilder.or_, masks=True)
