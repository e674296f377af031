"""Products of small matrices, from inside compiled loops: no call into BLAS, no lock, nothing packed beforehand.

A tile of ROWS x two vectors of the result stays in registers while all of the depth is walked. Sums are taken in the
order of the depth, one after the other, so neither a cut into tiles nor the length of their vectors changes a bit.
Beside OpenBLAS on one thread it is faster where matrices are small or the depth is short, and everywhere within the
second cache where vectors are long; equal or a little slower where matrices are large.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.codegen import get_host_cpu_features
from numba.core.config import CPU_FEATURES
from numba.extending import intrinsic

BYTES = 32
"""Of a vector in loops that say what they do with vectors; machines with shorter registers take two."""
LONG = "+avx512f" in (get_host_cpu_features() if CPU_FEATURES is None else CPU_FEATURES).split(",")
"""Whether there are 32 registers of 64 bytes."""
ROWS, TILE_BYTES = (8, 64) if LONG else (6, BYTES)
"""Rows of a tile, and bytes of its vectors: the 12 sums, 2 vectors of b and 1 of a fill the 16 registers of AVX2; with
longer ones twice as much is done with an instruction, and 19 of the 32 registers are enough."""
LOW = ROWS // 2
"""Rows of a lower tile, for what is left at the end: it takes half as long, down to the time that one sum takes."""

_WORD, _BIT, _LANE = ir.IntType(64), ir.IntType(1), ir.IntType(32)


@intrinsic
def lanes_of(context: Any, array: Any) -> Any:
    """How many numbers of an array make a vector: a constant, with which loops need no division."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return ir.Constant(_WORD, BYTES * 8 // array.dtype.bitwidth)

    return types.intp(array), build


@intrinsic
def columns_of(context: Any, array: Any) -> Any:
    """How many columns a tile of such numbers has: a constant."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return ir.Constant(_WORD, 2 * TILE_BYTES * 8 // array.dtype.bitwidth)

    return types.intp(array), build


@intrinsic
def tile(
    context: Any, out: Any, out_at: Any, out_row: Any, start: Any, start_at: Any, start_row: Any, add: Any,
    a: Any, a_at: Any, a_row: Any, a_column: Any, b: Any, b_at: Any, b_row: Any, rows: Any, columns: Any, depth: Any,
) -> Any:
    """out = [start +] a b for at most ROWS rows and two vectors of columns; `start` counts where `add` is true.

    Each matrix is an array, the place in it where the matrix begins, and the step from row to row, in numbers;
    `a_column` is the step along a row of a. A `start_row` of 0 begins with the same row everywhere: a bias. `start` may
    be `out`. Nothing is checked. Where neither ROWS nor LOW rows are wanted the last one is computed again, to the same
    numbers.
    """
    whole, number = types.intp, out.dtype
    signature = types.void(
        out, whole, whole, start, whole, whole, types.boolean, a, whole, whole, whole, b, whole, whole, whole, whole,
        whole,
    )

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        values = dict(zip(_NAMES, args, strict=True))
        for name, kind in zip(_NAMES, signature.args, strict=True):
            if isinstance(kind, types.Array):
                values[name] = context.make_array(kind)(context, builder, values[name]).data
        low = builder.icmp_signed("<=", values["rows"], _whole(LOW))
        with builder.if_else(low, likely=False) as (then, otherwise):
            for way, high in ((then, LOW), (otherwise, ROWS)):
                with way:
                    _Tile(builder, context.get_value_type(number), number.bitwidth, values, high).build()
        return context.get_dummy_value()

    return signature, build


_NAMES = (
    "out", "out_at", "out_row", "start", "start_at", "start_row", "add", "a", "a_at", "a_row", "a_column", "b", "b_at",
    "b_row", "rows", "columns", "depth",
)


class _Tile:
    """Writes the instructions of a tile of `high` rows."""

    def __init__(
        self, builder: ir.IRBuilder, number: ir.Type, bits: int, values: dict[str, ir.Value], high: int,
    ) -> None:
        self.builder, self.number, self.values, self.high = builder, number, values, high
        self.lanes = TILE_BYTES * 8 // bits
        self.vector = ir.VectorType(number, self.lanes)
        self.mask = ir.VectorType(_BIT, self.lanes)
        self.kind = f"v{self.lanes}f{bits}"

    def build(self) -> None:
        """A tile of all columns at once; one of fewer vector by vector, with masks."""
        full = self.builder.icmp_signed("==", self.values["columns"], _whole(2 * self.lanes))
        with self.builder.if_else(full, likely=True) as (then, otherwise):
            with then:
                self._fill(_whole(0), None)
            with otherwise:
                zero, step = _whole(0), _whole(self.lanes)
                with cgutils.for_range_slice(self.builder, zero, self.values["columns"], step, _WORD) as (first, _):
                    self._fill(first, self._mask(first))

    def _mask(self, first: ir.Value) -> ir.Value:
        """Which columns of a vector, from the `first` on, there are."""
        builder = self.builder
        places = ir.Constant(ir.VectorType(_LANE, self.lanes), list(range(self.lanes)))
        left = builder.trunc(builder.sub(self.values["columns"], first), _LANE)
        return builder.icmp_signed("<", places, self._everywhere(left, places.type))

    def _fill(self, first: ir.Value, mask: ir.Value | None) -> None:
        """Two vectors of columns from the `first` on; where there is a mask, the columns in it of one vector."""
        builder, values = self.builder, self.values
        last = builder.sub(values["rows"], _whole(1))
        at = [_whole(0)]
        for i in range(1, self.high):  # rows that are not there are the last one once more
            at.append(builder.select(builder.icmp_signed("<", _whole(i), last), _whole(i), last))
        out, start = (self._rows(name, at, first) for name in ("out", "start"))
        a = self._rows("a", at, _whole(0))
        b = builder.gep(values["b"], [builder.add(values["b_at"], first)])
        sums = self._walk(self._first_sums(start, mask), a, b, mask)
        for row, vectors in zip(out, sums, strict=True):
            for v, value in enumerate(vectors):
                self._store(value, builder.gep(row, [_whole(v * self.lanes)]), mask)

    def _rows(self, name: str, at: list[ir.Value], first: ir.Value) -> list[ir.Value]:
        builder = self.builder
        begin = builder.gep(self.values[name], [builder.add(self.values[f"{name}_at"], first)])
        return [builder.gep(begin, [builder.mul(i, self.values[f"{name}_row"])]) for i in at]

    def _first_sums(self, start: list[ir.Value], mask: ir.Value | None) -> list[list[ir.Value]]:
        builder = self.builder
        before = builder.block
        with builder.if_then(self.values["add"]):
            loaded = [self._vectors(row, mask) for row in start]
            source = builder.block
        sums: list[list[ir.Value]] = []
        for vectors in loaded:
            sums.append([])
            for value in vectors:
                phi = builder.phi(self.vector)
                phi.add_incoming(ir.Constant(self.vector, [0.0] * self.lanes), before)
                phi.add_incoming(value, source)
                sums[-1].append(phi)
        return sums

    def _walk(
        self, sums: list[list[ir.Value]], a: list[ir.Value], b: ir.Value, mask: ir.Value | None,
    ) -> list[list[ir.Value]]:
        """Goes through the depth. Not unrolled: the compiler would run short of registers, and be half as fast."""
        builder, values = self.builder, self.values
        before = builder.block
        body, end = (builder.append_basic_block(name) for name in ("depth", "depth.end"))
        builder.cbranch(builder.icmp_signed(">", values["depth"], _whole(0)), body, end)
        builder.position_at_end(body)

        entering = [*(value for vectors in sums for value in vectors), _whole(0), b, _whole(0)]
        phis = []
        for value in entering:
            phis.append(builder.phi(value.type))
            phis[-1].add_incoming(value, before)
        *flat, here, strip, done = phis
        fmuladd = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(self.vector, [self.vector] * 3), f"llvm.fmuladd.{self.kind}",
        )
        right, new = self._vectors(strip, mask), []
        width = len(right)
        for i in range(self.high):
            left = self._everywhere(builder.load(builder.gep(a[i], [here])), self.vector)
            new += [builder.call(fmuladd, [left, right[v], flat[width * i + v]]) for v in range(width)]
        done = builder.add(done, _whole(1))
        leaving = [*new, builder.add(here, values["a_column"]), builder.gep(strip, [values["b_row"]]), done]
        for phi, value in zip(phis, leaving, strict=True):
            phi.add_incoming(value, body)
        builder.cbranch(builder.icmp_signed("<", done, values["depth"]), body, end)

        builder.position_at_end(end)
        after = []
        for old, value in zip(entering[:len(new)], new, strict=True):
            after.append(builder.phi(self.vector))
            after[-1].add_incoming(old, before)
            after[-1].add_incoming(value, body)
        return [after[width * i:width * (i + 1)] for i in range(self.high)]

    def _vectors(self, row: ir.Value, mask: ir.Value | None) -> list[ir.Value]:
        """Of a row: one, of which the mask counts, or two."""
        return [
            self._load(self.builder.gep(row, [_whole(v * self.lanes)]), mask) for v in range(2 if mask is None else 1)
        ]

    def _load(self, place: ir.Value, mask: ir.Value | None) -> ir.Value:
        place = self.builder.bitcast(place, self.vector.as_pointer())
        if mask is None:
            value = self.builder.load(place)
            value.align = self.number_bytes
            return value
        kind = ir.FunctionType(self.vector, [place.type, _LANE, self.mask, self.vector])
        load = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.masked.load.{self.kind}.p0")
        nothing = ir.Constant(self.vector, [0.0] * self.lanes)
        return self.builder.call(load, [place, ir.Constant(_LANE, self.number_bytes), mask, nothing])

    def _store(self, value: ir.Value, place: ir.Value, mask: ir.Value | None) -> None:
        place = self.builder.bitcast(place, self.vector.as_pointer())
        if mask is None:
            self.builder.store(value, place).align = self.number_bytes
            return
        kind = ir.FunctionType(ir.VoidType(), [self.vector, place.type, _LANE, self.mask])
        store = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.masked.store.{self.kind}.p0")
        self.builder.call(store, [value, place, ir.Constant(_LANE, self.number_bytes), mask])

    @property
    def number_bytes(self) -> int:
        """Bytes of a number: vectors may begin at any of them."""
        return TILE_BYTES // self.lanes

    def _everywhere(self, value: ir.Value, vector: ir.VectorType) -> ir.Value:
        """A vector with that value at all its places."""
        undefined, places = ir.Constant(vector, ir.Undefined), ir.VectorType(_LANE, vector.count)
        first = self.builder.insert_element(undefined, value, ir.Constant(_LANE, 0))
        return self.builder.shuffle_vector(first, undefined, ir.Constant(places, [0] * vector.count))


def _whole(number: int) -> ir.Constant:
    return ir.Constant(_WORD, number)
