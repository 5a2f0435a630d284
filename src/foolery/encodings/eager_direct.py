"""The direct encoding with gradients: a real shadow of every level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from foolery.encodings.differentiable import Parameters, whole
from foolery.encodings.direct import Direct, DirectGenomes
from foolery.encodings.torch_direct import to_rgb

_WHITE = 255.0


@dataclass(frozen=True)
class EagerDirect:
    """Pixels with gradients: the parameters are levels, 0 to 255, rounded to the nearest to be drawn."""

    encoding: Direct
    device: str = "cpu"

    def parameters(self, genomes: DirectGenomes) -> Parameters:
        """``(N, C * H * W)`` levels."""
        levels = torch.from_numpy(genomes.levels.astype(np.float32)).to(self.device)
        return Parameters(levels.requires_grad_(), 0.0, _WHITE)

    def draw(self, parameters: Parameters) -> Tensor:
        """``(N, C, H, W) float32``, whole numbers from 0 to 255, with straight-through gradients."""
        shadow = parameters.values.clamp(0.0, _WHITE).reshape(-1, *self.encoding.canvas.axes)
        levels = to_rgb(shadow.detach().round().to(torch.int32), self.encoding.colors)
        return whole(to_rgb(shadow, self.encoding.colors), levels.to(torch.float32))

    def with_parameters(self, genomes: DirectGenomes, parameters: Parameters) -> DirectGenomes:
        """``genomes`` with the levels of ``parameters``."""
        levels = parameters.values.detach().clamp(0.0, _WHITE).round().to(torch.uint8)
        return DirectGenomes(levels.cpu().numpy().reshape(genomes.levels.shape))
