"""The second role of an encoding: its images as a function with gradients.

How gradient ascent uses it, for any encoding and device::

    role = encoding.differentiable("cpu")
    parameters = role.parameters(genomes)
    optimizer = torch.optim.Adam([parameters.values])
    loss = -objective(classifier.logits(role.draw(parameters)))
    loss.backward(); optimizer.step(); parameters.clip()
    genomes = role.with_parameters(genomes, parameters)

``draw`` gives whole levels, those of ``encoding.render(role.with_parameters(genomes, parameters))``, so the
objective is that of the image that would be exported; its gradient is that of the levels before they are
made whole (a straight-through gradient).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from foolery.encodings.base import Encoding, G
from foolery.errors import MissingExtraError

try:
    import torch
    from torch import Tensor
except ImportError:
    raise MissingExtraError("torch", "torch", "differentiate an image") from None


@dataclass(frozen=True)
class Parameters:
    """What gradients move, for a batch of N genomes.

    Attributes:
        values: ``(N, M) float32``, row i is genome i's; a leaf that asks for a gradient. Where genomes
            differ in size, places beyond a genome's own have no effect and the gradient 0.
        lowest, highest: the bounds within which ``values`` mean something.
        structure: what else ``draw`` needs; the encoding's own affair.
    """

    values: Tensor
    lowest: float
    highest: float
    structure: Any = None

    def clip(self) -> None:
        """Bring ``values`` back into their bounds, in place."""
        with torch.no_grad():
            self.values.clamp_(self.lowest, self.highest)


class DifferentiableEncoding(Protocol[G]):
    """An encoding whose images can be differentiated."""

    @property
    def encoding(self) -> Encoding[G]:
        """The encoding of which this is the second role."""
        ...

    def parameters(self, genomes: G) -> Parameters:
        """The parameters of ``genomes``, on the device; the genomes are not shared."""
        ...

    def draw(self, parameters: Parameters) -> Tensor:
        """``(N, C, H, W) float32``, whole numbers from 0 to 255, with straight-through gradients."""
        ...

    def with_parameters(self, genomes: G, parameters: Parameters) -> G:
        """``genomes`` with ``parameters`` (held within their bounds) in place of their own."""
        ...


def straight_through(soft: Tensor, hard: Tensor) -> Tensor:
    """The values of ``hard`` with the gradient of ``soft``: ``soft - soft`` is exactly 0."""
    return hard + (soft - soft.detach())
