"""Functions of whole vectors, and of all the numbers in one; see `_vectors.py`."""

from typing import Any

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from dlcli.kernels.compiled import _functions as scalar


@intrinsic
def sum_of(context: Any, vector: Any) -> Any:
    """The sum of the numbers of a vector, in pairs."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        call = _llvm(builder, "vector.reduce.fadd", kind.element, [kind.element, kind])
        return builder.call(call, [ir.Constant(kind.element, -0.0), args[0]], fastmath=("reassoc",))

    return vector.number(vector), build


@intrinsic
def largest_of(context: Any, vector: Any) -> Any:
    """The largest number of a vector; any of them where one is NaN."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        return builder.call(_llvm(builder, "vector.reduce.fmax", kind.element, [kind]), args, fastmath=("nnan",))

    return vector.number(vector), build


@intrinsic
def multiply_add(context: Any, a: Any, b: Any, c: Any) -> Any:
    """a b + c for vectors."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.call(_llvm(builder, "fmuladd", args[0].type, [args[0].type] * 3), args)

    return a(a, b, c), build


@intrinsic
def exp_of(context: Any, x: Any) -> Any:
    """e^x of a vector: the steps of the function for numbers, but exactly 0 where a number is far below."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _write_exp(builder, args[0])

    return x(x), build


def _write_exp(builder: ir.IRBuilder, x: ir.Value) -> ir.Value:
    kind = x.type
    if not isinstance(kind.element, ir.FloatType):
        return builder.call(_llvm(builder, "exp", kind, [kind]), [x])

    def all_of(number: Any) -> ir.Constant:
        return ir.Constant(kind, [float(number)] * kind.count)

    def multiplied(a: ir.Value, b: Any, c: ir.Value) -> ir.Value:
        return builder.call(_llvm(builder, "fmuladd", kind, [kind] * 3), [a, b, c])

    low = builder.fcmp_ordered("<", x, all_of(scalar.LOWEST))  # false for NaN, which stays
    x = builder.select(low, all_of(scalar.LOWEST), x)
    x = builder.select(builder.fcmp_ordered(">", x, all_of(scalar.HIGHEST)), all_of(scalar.HIGHEST), x)
    t = multiplied(x, all_of(scalar.LOG2E), all_of(scalar.MAGIC))
    n = builder.fsub(t, all_of(scalar.MAGIC))
    r = multiplied(n, all_of(-scalar.LN2_LOW), multiplied(n, all_of(-scalar.LN2_HIGH), x))
    p = all_of(scalar.E6)
    for coefficient in (scalar.E5, scalar.E4, scalar.E3, scalar.E2):
        p = multiplied(p, r, all_of(coefficient))
    p = builder.fadd(multiplied(p, builder.fmul(r, r), r), all_of(1))
    whole = ir.VectorType(ir.IntType(32), kind.count)
    bits = builder.add(builder.bitcast(t, whole), ir.Constant(whole, [126] * kind.count))
    half = builder.bitcast(builder.shl(bits, ir.Constant(whole, [23] * kind.count)), kind)  # see _half_power
    return builder.select(low, all_of(0), builder.fmul(builder.fadd(p, p), half))


def _llvm(builder: ir.IRBuilder, name: str, result: ir.Type, arguments: list[ir.Type]) -> ir.Function:
    """A function of the compiler's own, for the vector that comes last among its arguments."""
    kind = arguments[-1]
    bits = 32 if isinstance(kind.element, ir.FloatType) else 64
    return cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(result, arguments), f"llvm.{name}.v{kind.count}f{bits}",
    )
