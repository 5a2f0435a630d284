"""Colors in torch: the whole-number conversions of ``colors``, and the real functions behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from foolery.encodings.colors import RGB
from foolery.encodings.differentiable import Parameters, straight_through
from foolery.encodings.direct import Direct, DirectGenomes

Quotient = Callable[[Tensor, int], Tensor]

_TOP, _LOW, _RISING, _FALLING = range(4)
_WHEEL = (
    (_TOP, _RISING, _LOW),
    (_FALLING, _TOP, _LOW),
    (_LOW, _TOP, _RISING),
    (_LOW, _FALLING, _TOP),
    (_RISING, _LOW, _TOP),
    (_TOP, _LOW, _FALLING),
)
"""What R, G and B are in each sixth of the wheel."""


def to_rgb(planes: Tensor, colors: str) -> Tensor:
    """``(N, 3, ...)`` planes of ``colors`` to RGB; gray ``(N, 1, ...)`` and RGB stay as they are.

    Whole levels (int32) are converted in whole numbers as ``colors.to_rgb`` does; real ones (float32) by
    the same formulas without rounding, with gradients.
    """
    if planes.shape[1] == 1 or colors == RGB:
        return planes
    quotient = _divide if planes.is_floating_point() else _divide_rounded
    return _CONVERSIONS[colors](planes[:, 0], planes[:, 1], planes[:, 2], quotient)


def _divide_rounded(numerator: Tensor, denominator: int) -> Tensor:
    return torch.div(2 * numerator + denominator, 2 * denominator, rounding_mode="floor")


def _divide(numerator: Tensor, denominator: int) -> Tensor:
    return numerator / denominator


def _hsv(hue: Tensor, saturation: Tensor, value: Tensor, quotient: Quotient) -> Tensor:
    sector, part = _sixth(6 * hue, 255)
    low = quotient(value * (255 - saturation), 255)
    falling = quotient(value * (65025 - saturation * part), 65025)
    rising = quotient(value * (65025 - saturation * (255 - part)), 65025)
    return _colors_of_sectors(sector, value, low, rising, falling)


def _hls(hue: Tensor, light: Tensor, saturation: Tensor, quotient: Quotient) -> Tensor:
    sector, part = _sixth(2 * hue, 60)
    dark, bright = light * (255 + saturation), 255 * (light + saturation) - light * saturation
    high = torch.where(2 * light <= 255, dark, bright)
    low = 510 * light - high
    rising = quotient(60 * low + (high - low) * part, 15300)
    falling = quotient(60 * low + (high - low) * (60 - part), 15300)
    return _colors_of_sectors(sector, quotient(high, 255), quotient(low, 255), rising, falling)


_CONVERSIONS = {"hsv": _hsv, "hls": _hls}


def _sixth(angle: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The sixth of the wheel in which ``angle`` lies, and how far; a sixth has ``size`` steps."""
    sector = torch.div(angle.detach(), size, rounding_mode="floor")
    return sector.to(torch.int64) % 6, angle - sector * size


def _colors_of_sectors(sector: Tensor, top: Tensor, low: Tensor, rising: Tensor, falling: Tensor) -> Tensor:
    wheel = torch.tensor(_WHEEL, device=sector.device)
    return torch.stack([top, low, rising, falling], 1).gather(1, wheel[sector].movedim(-1, 1))


_MAX_LEVEL = 255.0


@dataclass(frozen=True)
class TorchDirect:
    """Pixels with gradients: the parameters are levels, 0 to 255, rounded to the nearest to be drawn."""

    encoding: Direct
    device: str = "cpu"

    def parameters(self, genomes: DirectGenomes) -> Parameters:
        """``(N, C * H * W)`` levels."""
        levels = torch.from_numpy(genomes.levels.astype(np.float32)).to(self.device)
        return Parameters(levels.requires_grad_(), 0.0, _MAX_LEVEL)

    def draw(self, parameters: Parameters) -> Tensor:
        """``(N, C, H, W) float32``, whole numbers from 0 to 255, with straight-through gradients."""
        shadow = parameters.values.clamp(0.0, _MAX_LEVEL).reshape(-1, *self.encoding.canvas.axes)
        levels = to_rgb(shadow.detach().round().to(torch.int32), self.encoding.colors)
        return straight_through(to_rgb(shadow, self.encoding.colors), levels.to(torch.float32))

    def with_parameters(self, genomes: DirectGenomes, parameters: Parameters) -> DirectGenomes:
        """``genomes`` with the levels of ``parameters``."""
        levels = parameters.values.detach().clamp(0.0, _MAX_LEVEL).round().to(torch.uint8)
        return DirectGenomes(levels.cpu().numpy().reshape(genomes.levels.shape))
