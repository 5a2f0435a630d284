"""Vectors of float32 in LLVM: one expression becomes the same operations on many pixels.

A loop that a compiler turns into vector code by itself waits for one long chain of operations after the
other. ``Vectors`` holds several chains side by side, in the widest registers of the machine: twice the
speed, and exactly the operations that are written, in their order, without contraction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from foolery.encodings.cppn.render_numpy import MAX_LEVEL, ONE

CHAINS = 7
"""Vectors side by side: 7 of 16 pixels make 112, and 7 of those an image of 28 x 28."""
STEP = 112
"""Pixels after which rows of every vector width may end."""
ROW = 784
"""Pixels in the row of a node: a whole number of steps for vectors of 4, 8 and 16 pixels."""

_FLOAT, _WORD, _SIZE = ir.FloatType(), ir.IntType(32), ir.IntType(64)


def _vector_width(context: Any) -> int:
    """Pixels in one vector of the machine that Numba compiles for."""
    features = str(context.codegen().magic_tuple()[2])
    return 16 if "+avx512f" in features else 8 if "+avx" in features else 4


@dataclass(frozen=True)
class Vectors:
    """Several vectors of one quantity; arithmetic with others, or with a float32 constant."""

    builder: Any
    parts: tuple[Any, ...]

    def __add__(self, other: Operand) -> Vectors:
        return self._with(self.builder.fadd, self, other)

    def __sub__(self, other: Operand) -> Vectors:
        return self._with(self.builder.fsub, self, other)

    def __mul__(self, other: Operand) -> Vectors:
        return self._with(self.builder.fmul, self, other)

    def __truediv__(self, other: Operand) -> Vectors:
        return self._with(self.builder.fdiv, self, other)

    def subtracted_from(self, other: Operand) -> Vectors:
        """``other - self``."""
        return self._with(self.builder.fsub, other, self)

    def divided_into(self, other: Operand) -> Vectors:
        """``other / self``."""
        return self._with(self.builder.fdiv, other, self)

    def minimum(self, bound: np.float32) -> Vectors:
        """The lesser of ``self`` and ``bound``."""
        return self._with(self._chosen("<"), bound, self)

    def maximum(self, bound: np.float32) -> Vectors:
        """The greater of ``self`` and ``bound``."""
        return self._with(self._chosen(">"), bound, self)

    def flipped_when_odd(self, turned: Vectors) -> Vectors:
        """``self`` with its sign flipped where the lowest bit of ``turned`` is set."""
        return self._with_bits(self.builder.xor, turned, 31)

    def scaled_by_power(self, scaled: Vectors) -> Vectors:
        """``self`` times 2^k, k the whole number in the low bits of ``scaled``."""
        return self._with_bits(self.builder.add, scaled, 23)

    def magnitude(self) -> Vectors:
        """The values without their signs."""
        kind = self.parts[0].type
        bits = ir.VectorType(_WORD, kind.count)
        unsigned = ir.Constant(bits, [0x7FFFFFFF] * kind.count)
        cast_ = self.builder.bitcast
        return Vectors(
            self.builder,
            tuple(cast_(self.builder.and_(cast_(part, bits), unsigned), kind) for part in self.parts),
        )

    def zero_where_small(self, limit: np.float32) -> Vectors:
        """``self``, and 0 where its size is under ``limit``."""
        kind = self.parts[0].type
        bound, nothing = (ir.Constant(kind, [float(value)] * kind.count) for value in (limit, 0.0))

        def clear(value: Any, size: Any) -> Any:
            small = self.builder.fcmp_ordered("<", size, bound)
            return self.builder.select(small, nothing, value)

        return self._with(clear, self, self.magnitude())

    def _chosen(self, relation: str) -> Callable[[Any, Any], Any]:
        def choose(first: Any, second: Any) -> Any:
            return self.builder.select(self.builder.fcmp_ordered(relation, first, second), first, second)

        return choose

    def _with_bits(self, operation: Callable[[Any, Any], Any], other: Vectors, places: int) -> Vectors:
        bits = ir.VectorType(_WORD, self.parts[0].type.count)
        distance = ir.Constant(bits, [places] * bits.count)
        cast_ = self.builder.bitcast

        def combine(value: Any, shifted: Any) -> Any:
            moved = self.builder.shl(cast_(shifted, bits), distance)
            return cast_(operation(cast_(value, bits), moved), value.type)

        return self._with(combine, self, other)

    def _with(self, operation: Callable[[Any, Any], Any], first: Operand, second: Operand) -> Vectors:
        pairs = zip(self._parts_of(first), self._parts_of(second), strict=True)
        return Vectors(self.builder, tuple(operation(a, b) for a, b in pairs))

    def _parts_of(self, value: Operand) -> tuple[Any, ...]:
        if isinstance(value, Vectors):
            return value.parts
        kind = self.parts[0].type
        return (ir.Constant(kind, [float(value)] * kind.count),) * len(self.parts)


Operand = Vectors | np.float32
Activation = Callable[[Vectors], Vectors]
NodePass = Callable[[int, int, int, int, int], None]


def node_pass(activation: Activation) -> NodePass:
    """What draws one node on one row, for use in kernels: ``(row, width, places, weights, links)``.

    ``row``, ``places`` and ``weights`` are addresses: of the row, aligned to 64 bytes, of the int64
    addresses of the ``links`` rows that are its sources, and of their float32 weights. The weighted
    sources are added in their order; at least one is needed. The row may be one of the sources.
    ``width`` is at most ``ROW``; the row is written up to the next whole step.
    """

    def typed(
        _typing: Any, _row: Any, _width: Any, _places: Any, _weights: Any, _links: Any
    ) -> tuple[Any, Callable[..., Any]]:
        return types.void(*[types.intp] * 5), code

    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        builder.function.attributes.add("noinline")  # optimized once, not again in every caller
        _emit(_Loop(builder, ir.VectorType(_FLOAT, _vector_width(context)), *arguments), activation)
        return context.get_dummy_value()

    return cast("NodePass", intrinsic(typed))


def _level_pass(_typing: Any, _row: Any, _width: Any, _levels: Any) -> tuple[Any, Callable[..., Any]]:
    def code(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        row, width, levels = arguments
        kind = ir.VectorType(_FLOAT, _vector_width(context))
        loop = _Loop(builder, kind, row, width, row, row, row)
        words, octets = ir.VectorType(_WORD, kind.count), ir.VectorType(ir.IntType(8), kind.count)
        start, steps, end = (
            builder.block,
            builder.append_basic_block("steps"),
            builder.append_basic_block("end"),
        )
        builder.branch(steps)
        builder.position_at_end(steps)
        pixel = builder.phi(_SIZE)
        pixel.add_incoming(_SIZE(0), start)
        source = builder.add(row, builder.mul(pixel, _SIZE(4)))
        values = Vectors(builder, tuple(builder.load(loop.at(source, k), align=16) for k in range(CHAINS)))
        whole = values.magnitude().minimum(ONE) * MAX_LEVEL
        target = builder.inttoptr(builder.add(levels, pixel), octets.as_pointer())
        for part, value in enumerate(whole.parts):
            level = builder.trunc(builder.fptosi(value, words), octets)
            builder.store(level, builder.gep(target, [_SIZE(part)]), align=1)
        further = builder.add(pixel, _SIZE(CHAINS * kind.count))
        pixel.add_incoming(further, steps)
        builder.cbranch(builder.icmp_signed("<", further, width), steps, end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 3), code


level_pass = cast("Callable[[int, int, int], None]", intrinsic(_level_pass))
"""``(row, width, levels)``: floor(255 min(abs(v), 1)) of a row as bytes at the address ``levels``.

The levels are written up to the next whole step, as a row is.
"""


@dataclass(frozen=True)
class _Loop:
    """One loop over the row, as it is being written."""

    builder: Any
    kind: Any
    row: Any
    width: Any
    places: Any
    weights: Any
    links: Any

    def at(self, address: Any, part: int) -> Any:
        pointer = self.builder.inttoptr(address, self.kind.as_pointer())
        return self.builder.gep(pointer, [ir.Constant(_SIZE, part)])

    def weighted(self, edge: Any, offset: Any) -> Vectors:
        """The source of ``edge``, ``offset`` bytes from its start, times its weight."""
        builder = self.builder
        places = builder.inttoptr(self.places, _SIZE.as_pointer())
        weights = builder.inttoptr(self.weights, _FLOAT.as_pointer())
        source = builder.add(builder.load(builder.gep(places, [edge])), offset)
        nothing = ir.Constant(self.kind, ir.Undefined)
        one = builder.insert_element(nothing, builder.load(builder.gep(weights, [edge])), _WORD(0))
        every = ir.Constant(ir.VectorType(_WORD, self.kind.count), [0] * self.kind.count)
        weight = builder.shuffle_vector(one, nothing, every)
        loads = [builder.load(self.at(source, part), align=16) for part in range(CHAINS)]
        return Vectors(builder, tuple(builder.fmul(weight, load) for load in loads))


def _emit(loop: _Loop, activation: Activation) -> None:
    """For every step of the row: sum the weighted sources, activate, store."""
    builder = loop.builder
    zero, one, step = _SIZE(0), _SIZE(1), _SIZE(4 * CHAINS * loop.kind.count)
    start = builder.block
    steps, edges, sums, end = (builder.append_basic_block(name) for name in ("steps", "edges", "sums", "end"))
    builder.branch(steps)

    builder.position_at_end(steps)
    offset = builder.phi(_SIZE)
    offset.add_incoming(zero, start)
    first = loop.weighted(zero, offset)
    builder.cbranch(builder.icmp_signed(">", loop.links, one), edges, sums)

    builder.position_at_end(edges)
    edge = builder.phi(_SIZE)
    edge.add_incoming(one, steps)
    partial = tuple(builder.phi(loop.kind) for _ in range(CHAINS))
    longer = Vectors(builder, partial) + loop.weighted(edge, offset)
    following = builder.add(edge, one)
    edge.add_incoming(following, edges)
    for phi, before, after in zip(partial, first.parts, longer.parts, strict=True):
        phi.add_incoming(before, steps)
        phi.add_incoming(after, edges)
    builder.cbranch(builder.icmp_signed("<", following, loop.links), edges, sums)

    builder.position_at_end(sums)
    potentials = tuple(builder.phi(loop.kind) for _ in range(CHAINS))
    for phi, single, several in zip(potentials, first.parts, longer.parts, strict=True):
        phi.add_incoming(single, steps)
        phi.add_incoming(several, edges)
    values = activation(Vectors(builder, potentials))
    target = builder.add(loop.row, offset)
    for part, value in enumerate(values.parts):
        builder.store(value, loop.at(target, part), align=16)
    further = builder.add(offset, step)
    offset.add_incoming(further, sums)
    width_bytes = builder.mul(loop.width, _SIZE(4))
    builder.cbranch(builder.icmp_signed("<", further, width_bytes), steps, end)
    builder.position_at_end(end)
