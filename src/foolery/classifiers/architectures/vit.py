"""ViT: a small vision transformer for photos of 32 x 32; 0.49 million weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from foolery.classifiers.architectures.base import Network

WIDTH, HEADS, DEPTH, PLACES = 96, 3, 4, 64


class ViT(Network):
    """RGB images ``(N, 3, 32, 32) float32`` to logits ``(N, K) float32``.

    64 patches of 4 x 4, each 96 numbers made by two convolutions; four blocks of attention (3 heads) and two
    layers of 384 and 96 units, normalised before each; mean over the patches; K logits.
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.patch1 = nn.Conv2d(3, 48, 3, 2, 1)
        self.patch2 = nn.Conv2d(48, WIDTH, 3, 2, 1)
        self.places = nn.Parameter(torch.zeros(1, PLACES, WIDTH))
        self.blocks = nn.ModuleList(_Block() for _ in range(DEPTH))
        self.norm = nn.LayerNorm(WIDTH)
        self.fc = nn.Linear(WIDTH, classes)

    def features(self, images: Tensor) -> Tensor:
        """``(N, 96) float32``, the means over all patches."""
        patches = self.patch2(nn.functional.gelu(self.patch1(images)))
        rows = (patches.flatten(2).transpose(1, 2) + self.places).reshape(-1, WIDTH)
        for block in self.blocks:
            rows = block(rows)
        means: Tensor = self.norm(rows).reshape(-1, PLACES, WIDTH).mean(1)
        return means

    def head(self, features: Tensor) -> Tensor:
        """``(N, K) float32`` logits of features."""
        logits: Tensor = self.fc(features)
        return logits

    def initialize(self, generator: torch.Generator) -> None:
        """Normal weights of deviation 0.02 (convolutions: 1 / sqrt(fan-in)), biases zero, scales one."""
        with torch.no_grad():
            for part in self.modules():
                if isinstance(part, nn.LayerNorm):
                    part.reset_parameters()
                elif isinstance(part, nn.Linear | nn.Conv2d) and part.bias is not None:
                    convolves = isinstance(part, nn.Conv2d)
                    deviation = part.weight[0].numel() ** -0.5 if convolves else 0.02
                    part.weight.normal_(0.0, deviation, generator=generator)
                    part.bias.zero_()
            self.places.normal_(0.0, 0.02, generator=generator)


class _Block(nn.Module):
    """Attention, then two layers, each added to what came in.

    Its layers see the patches of all images as rows, so that an ONNX graph keeps their weights as they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.mix = nn.Linear(WIDTH, 3 * WIDTH)
        self.join = nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.wide = nn.Linear(WIDTH, 4 * WIDTH)
        self.narrow = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, rows: Tensor) -> Tensor:
        """``(64 N, 96) float32``, a patch a row, to the same."""
        split = (-1, PLACES, 3, HEADS, WIDTH // HEADS)
        parts = self.mix(self.norm1(rows)).reshape(split).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(parts[0], parts[1], parts[2])
        rows = rows + self.join(mixed.transpose(1, 2).reshape(-1, WIDTH))
        changed: Tensor = self.narrow(nn.functional.gelu(self.wide(self.norm2(rows))))
        return rows + changed
