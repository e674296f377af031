"""exp, tanh and the logistic function in float32 without branches, so that loops over them use whole vectors.

Within a few units of the last place; NaN stays NaN, and infinities give what they should. In float64 they are the
C library's. `tools/fit_compiled.py` finds the coefficients.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

_JIT = {"fastmath": {"contract"}, "error_model": "numpy"}

LOG2E, MAGIC = np.float32(1.4426950408889634), np.float32(12582912.0)  # 1.5 * 2^23: adding it rounds to whole numbers
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
LOWEST, HIGHEST = np.float32(-87.5), np.float32(89.0)
E2, E3, E4, E5, E6 = (np.float32(c) for c in (
    0.5, 0.1666657702559799, 0.041666554662050534, 0.008363173074513711, 0.001392617611993558,
))
TANH_LIMIT = np.float32(9.02)
TANH_P = tuple(np.float32(c) for c in (
    0.9999999999999999, 0.1435918151668011, 0.004783124993273473, 5.2543809764731006e-05, 1.901771775129069e-07,
    1.5864084345536723e-10,
))
TANH_Q = tuple(np.float32(c) for c in (
    1.0, 0.47692514850002826, 0.030424841161076948, 0.0005723916961546512, 3.670924854098995e-06,
    6.923373309045065e-09, 1.7248404069576308e-12,
))
ONE = np.float32(1)


@intrinsic
def _half_power(_context: Any, t: Any) -> Any:
    """2^(n - 1) of t = MAGIC + n: the whole number lies in the lowest bits of t, and goes where the exponent is."""
    if t != types.float32:
        return None

    def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        integer = ir.IntType(32)
        bits = builder.add(builder.bitcast(args[0], integer), ir.Constant(integer, 126))
        return builder.bitcast(builder.shl(bits, ir.Constant(integer, 23)), ir.FloatType())

    return types.float32(types.float32), build


@intrinsic
def maximum(_context: Any, a: Any, b: Any) -> Any:
    """The larger of two floating-point numbers, NaN where one is; in this form loops over it use vectors."""
    if a != b or not isinstance(a, types.Float):
        return None

    def build(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        number = args[0].type
        kind = ir.FunctionType(number, [number, number])
        return builder.call(builder.module.declare_intrinsic("llvm.maximum", [number], kind), args)

    return a(a, b), build


def exp(x: Any) -> Any:
    """e^x."""
    return math.exp(x)


@overload(exp, jit_options=_JIT)
def _exp(x: Any) -> Any:
    if x != types.float32:
        return _exp_in_float64

    def in_float32(x: Any) -> Any:
        x = LOWEST if x < LOWEST else x
        x = HIGHEST if x > HIGHEST else x
        t = x * LOG2E + MAGIC
        n = t - MAGIC
        r = (x - n * LN2_HIGH) - n * LN2_LOW
        p = (((E6 * r + E5) * r + E4) * r + E3) * r + E2
        p = (p * (r * r) + r) + ONE
        return (p + p) * _half_power(t)

    return in_float32


def sigmoid(x: Any) -> Any:
    """1 / (1 + e^-x)."""
    return 1 / (1 + math.exp(-x))


@overload(sigmoid, jit_options=_JIT)
def _sigmoid(x: Any) -> Any:
    return _sigmoid_in_float32 if x == types.float32 else _sigmoid_in_float64


def _sigmoid_in_float32(x: Any) -> Any:
    return ONE / (ONE + exp(-x))


def _sigmoid_in_float64(x: Any) -> Any:
    return 1.0 / (1.0 + math.exp(-x)) if x > -709.0 else math.exp(x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return math.tanh(x)


@overload(tanh, jit_options=_JIT)
def _tanh(x: Any) -> Any:
    if x != types.float32:
        return _tanh_in_float64

    def in_float32(x: Any) -> Any:
        x = -TANH_LIMIT if x < -TANH_LIMIT else x
        x = TANH_LIMIT if x > TANH_LIMIT else x
        u = x * x
        p = ((((TANH_P[5] * u + TANH_P[4]) * u + TANH_P[3]) * u + TANH_P[2]) * u + TANH_P[1]) * u + TANH_P[0]
        q = TANH_Q[6] * u + TANH_Q[5]
        q = ((((q * u + TANH_Q[4]) * u + TANH_Q[3]) * u + TANH_Q[2]) * u + TANH_Q[1]) * u + TANH_Q[0]
        y = x * p / q
        y = -ONE if y < -ONE else y
        return ONE if y > ONE else y

    return in_float32


def _exp_in_float64(x: Any) -> Any:
    return math.exp(x)


def _tanh_in_float64(x: Any) -> Any:
    return math.tanh(x)
