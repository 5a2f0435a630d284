"""The renderer in plain torch operations: on any device, for many networks at once, and with gradients.

The same sequence of float32 operations as ``render_numpy``, so the same bytes, as long as every operation
runs by itself: not under ``torch.compile``, which contracts products and sums. Constants that divide are
tensors on the device, because torch multiplies by the reciprocal of a plain number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foolery.encodings.cppn import render_numpy as constants
from foolery.encodings.cppn.encoding import Cppn
from foolery.encodings.cppn.genome import INPUTS, MAX_WEIGHT, CppnGenomes
from foolery.encodings.cppn.render_numpy import Index, NodeScheduleStep, schedule
from foolery.encodings.differentiable import Parameters, straight_through
from foolery.encodings.torch_direct import to_rgb

_MAX_LEVEL = float(constants.MAX_LEVEL)
_MAX_EXPONENT, _THREE = float(constants.MAX_EXPONENT), float(constants.THREE)
_QUARTER_TURN, _MAGIC = float(constants.QUARTER_TURN), float(constants.MAGIC)
_PER_PI, _PI_1, _PI_2, _PI_3 = (
    float(c) for c in (constants.PER_PI, constants.PI_1, constants.PI_2, constants.PI_3)
)
_PER_LN2, _LN2_1, _LN2_2 = (float(c) for c in (constants.PER_LN2, constants.LN2_1, constants.LN2_2))
_S3, _S5, _S7, _S9 = (float(c) for c in constants.SINE)
_E2, _E3, _E4, _E5 = (float(c) for c in constants.EXP)


def sine(p: Tensor) -> Tensor:
    """sin(p), float32."""
    turned = p * _PER_PI + _MAGIC
    k = turned - _MAGIC
    r = ((p - k * _PI_1) - k * _PI_2) - k * _PI_3
    r = r.clamp(-_QUARTER_TURN, _QUARTER_TURN)
    square = r * r
    tail = ((square * _S9 + _S7) * square + _S5) * square + _S3
    value = r + (r * square) * tail
    return (value.view(torch.int32) ^ (turned.view(torch.int32) << 31)).view(torch.float32)


def exponential(x: Tensor) -> Tensor:
    """e^x for x in [-64, 64], float32."""
    scaled = x * _PER_LN2 + _MAGIC
    k = scaled - _MAGIC
    r = (x - k * _LN2_1) - k * _LN2_2
    tail = ((r * _E5 + _E4) * r + _E3) * r + _E2
    value = (r * r) * tail + (r + 1.0)
    return (value.view(torch.int32) + (scaled.view(torch.int32) << 23)).view(torch.float32)


def sigmoid(p: Tensor) -> Tensor:
    """2 / (1 + e^-p) - 1, float32."""
    below = exponential((-p).clamp(-_MAX_EXPONENT, _MAX_EXPONENT)) + 1.0
    return torch.full_like(below, 2.0) / below - 1.0


def gaussian(p: Tensor) -> Tensor:
    """e^(-p^2), float32."""
    return exponential(-(p * p).clamp(max=_MAX_EXPONENT))


def linear(p: Tensor) -> Tensor:
    """clip(p, -3, 3) / 3, float32."""
    return p.clamp(-_THREE, _THREE) / torch.full_like(p, _THREE)


_ACTIVATIONS = (sine, sigmoid, gaussian, linear)


def _slope(kind: int, p: Tensor, value: Tensor) -> Tensor:
    """The derivative of activation ``kind`` at potential ``p``, where it gives ``value``."""
    if kind == 0:
        return torch.cos(p)
    if kind == 1:
        return (1.0 - value * value) * 0.5
    if kind == 2:
        return -2.0 * p * value
    return (p.abs() <= _THREE).to(p.dtype) / _THREE


@dataclass(frozen=True)
class _DeviceStep:
    """A ``Step`` with its places on the device.

    Attributes:
        nodes: ``(n,)`` rows of the values.
        links: for each k the edges, and the rows of the values at their other ends.
        kinds: each activation with the places in ``nodes`` of the nodes that have it.
    """

    nodes: Tensor
    links: tuple[tuple[Tensor, Tensor], ...]
    kinds: tuple[tuple[int, Tensor], ...]


@dataclass(frozen=True)
class _Structure:
    """What a batch of networks is besides its weights, on a device.

    Attributes:
        places: ``(2, E)``: row and column in the parameters of every edge's weight.
        outputs: ``(N, C)`` rows of the values.
    """

    planes: Tensor
    places: tuple[Tensor, Tensor]
    forward: tuple[_DeviceStep, ...]
    backward: tuple[_DeviceStep, ...]
    outputs: Tensor
    nodes: int

    def activate(self, step: _DeviceStep, potentials: Tensor) -> Tensor:
        """``(n, P)`` activations of a step's nodes."""
        if len(step.kinds) == 1:
            return _ACTIVATIONS[step.kinds[0][0]](potentials)
        values = torch.empty_like(potentials)
        for kind, at in step.kinds:
            values[at] = _ACTIVATIONS[kind](potentials[at])
        return values


class _Drawing(torch.autograd.Function):
    """From ``(E,)`` weights to ``(N, C, P)`` values of the outputs."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, structure: _Structure) -> Tensor:
        pixels = structure.planes.shape[1]
        values = weights.new_empty((INPUTS + structure.nodes, pixels))
        values[:INPUTS] = structure.planes
        saved = weights.new_empty((structure.nodes, pixels)) if ctx.needs_input_grad[0] else None
        for step in structure.forward:
            potentials = weights.new_zeros((len(step.nodes), pixels))
            for edges, sources in step.links:
                some = potentials[: len(edges)]
                some += weights[edges][:, None] * values[sources]
            values[step.nodes] = structure.activate(step, potentials)
            if saved is not None:
                saved[step.nodes - INPUTS] = potentials
        if saved is not None:
            ctx.save_for_backward(weights, values, saved)
            ctx.structure = structure
        return values[structure.outputs]

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        structure: _Structure = ctx.structure
        weights, values, potentials = ctx.saved_tensors
        # what the image gains by a node's value, then, in place, by its potential; outputs feed nothing
        gains = torch.zeros_like(values)
        gains[structure.outputs] = gradients[0]
        for step in structure.backward:
            gain = gains[step.nodes]
            for edges, targets in step.links:
                gain[: len(edges)] += weights[edges][:, None] * gains[targets]
            for kind, at in step.kinds:
                rows = step.nodes[at]
                gain[at] = gain[at] * _slope(kind, potentials[rows - INPUTS], values[rows])
            gains[step.nodes] = gain
        slopes = torch.zeros_like(weights)
        for step in structure.forward:
            for edges, sources in step.links:
                slopes[edges] = (gains[step.nodes[: len(edges)]] * values[sources]).sum(1)
        return slopes, None


@dataclass(frozen=True)
class TorchCppn:
    """CPPNs with gradients; the parameters are the weights, the structure stays as it is.

    Drawing needs 4 bytes for every node and pixel of the batch, and three times that for gradients.
    """

    encoding: Cppn
    device: str = "cpu"

    @cached_property
    def planes(self) -> Tensor:
        """``(4, H * W) float32`` on the device."""
        return torch.from_numpy(self.encoding.planes).to(self.device)

    def parameters(self, genomes: CppnGenomes) -> Parameters:
        """``(N, M)`` weights, in [-10, 10]; M is the largest number of edges in the batch."""
        places = weight_places(genomes)
        table = np.zeros((len(genomes), int(np.diff(genomes.edges).max(initial=0))), np.float32)
        table[places] = genomes.weights
        values = torch.from_numpy(table).to(self.device).requires_grad_()
        return Parameters(values, -MAX_WEIGHT, MAX_WEIGHT, self._structure(genomes, places))

    def draw(self, parameters: Parameters) -> Tensor:
        """``(N, C, H, W) float32``, whole numbers from 0 to 255, with straight-through gradients."""
        structure = cast("_Structure", parameters.structure)
        weights = parameters.values.clamp(parameters.lowest, parameters.highest)[structure.places]
        values = cast("Tensor", _Drawing.apply(weights, structure))  # type: ignore[no-untyped-call]
        planes = values.abs().clamp(max=1.0) * _MAX_LEVEL
        levels = to_rgb(planes.detach().to(torch.int32), self.encoding.colors)
        canvases = straight_through(to_rgb(planes, self.encoding.colors), levels.to(torch.float32))
        return canvases.reshape(len(canvases), *self.encoding.canvas.axes)

    def render(self, genomes: CppnGenomes) -> Tensor:
        """``(N, C, H, W) uint8`` on the device, the bytes of ``encoding.render``."""
        with torch.no_grad():
            return self.draw(self.parameters(genomes)).to(torch.uint8)

    def with_parameters(self, genomes: CppnGenomes, parameters: Parameters) -> CppnGenomes:
        """``genomes`` with the weights of ``parameters``."""
        clipped = parameters.values.detach().clamp(parameters.lowest, parameters.highest)
        weights: NDArray[np.float32] = clipped.cpu().numpy()[weight_places(genomes)]
        return CppnGenomes(
            genomes.nodes, genomes.activations, genomes.edges, genomes.sources, genomes.targets, weights
        )

    def _structure(self, genomes: CppnGenomes, places: tuple[Index, Index]) -> _Structure:
        steps = schedule(genomes)
        channels = self.encoding.canvas.channels
        outputs = INPUTS + genomes.nodes[1:, None] - channels + np.arange(channels)
        return _Structure(
            self.planes,
            (self._on_device(places[0]), self._on_device(places[1])),
            tuple(self._step(step, steps.sources, genomes.activations) for step in steps.forward),
            tuple(self._step(step, steps.targets, genomes.activations) for step in steps.backward),
            self._on_device(outputs),
            int(genomes.nodes[-1]),
        )

    def _step(self, step: NodeScheduleStep, rows: Index, activations: NDArray[np.uint8]) -> _DeviceStep:
        kinds = activations[step.nodes]
        return _DeviceStep(
            self._on_device(INPUTS + step.nodes),
            tuple((self._on_device(edges), self._on_device(rows[edges])) for edges in step.links),
            tuple((int(kind), self._on_device(np.flatnonzero(kinds == kind))) for kind in np.unique(kinds)),
        )

    def _on_device(self, index: Index) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(index)).to(self.device)


def weight_places(genomes: CppnGenomes) -> tuple[Index, Index]:
    """Row and column, in a table with a row for each genome, of every edge of the batch."""
    degrees = np.diff(genomes.edges)
    rows = np.repeat(np.arange(len(genomes)), degrees)
    return rows, np.arange(len(rows)) - np.repeat(genomes.edges[:-1], degrees)
