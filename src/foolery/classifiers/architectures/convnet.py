"""ConvNet: a small residual network for small photos of any size; 373 000 weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from foolery.classifiers.architectures.base import Network


class ConvNet(Network):
    """RGB images ``(N, 3, H, W) float32`` to logits ``(N, K) float32``.

    Convolutions of 3 x 3 with batch normalisation and ReLU: 24 and 48 (halving), a residual pair of 48,
    96 (halving), a residual pair of 96, 128; mean over the image; K logits.
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.stem = _Convolution(3, 24)
        self.down1 = _Convolution(24, 48, stride=2)
        self.pair1 = nn.Sequential(_Convolution(48, 48), _Convolution(48, 48))
        self.down2 = _Convolution(48, 96, stride=2)
        self.pair2 = nn.Sequential(_Convolution(96, 96), _Convolution(96, 96))
        self.last = _Convolution(96, 128)
        self.fc = nn.Linear(128, classes)

    def features(self, images: Tensor) -> Tensor:
        """``(N, 128) float32``, the means of the last convolution."""
        wide = self.down1(self.stem(images))
        wide = wide + self.pair1(wide)
        deep = self.down2(wide)
        deep = deep + self.pair2(deep)
        means: Tensor = self.last(deep).mean((2, 3))
        return means

    def head(self, features: Tensor) -> Tensor:
        """``(N, K) float32`` logits of features."""
        logits: Tensor = self.fc(features)
        return logits

    def initialize(self, generator: torch.Generator) -> None:
        """He's start: normal weights of variance 2 / fan-in, biases zero, scales one."""
        with torch.no_grad():
            for value in self.parameters():
                if value.ndim > 1:
                    value.normal_(0.0, math.sqrt(2.0 / value[0].numel()), generator=generator)
            for part in self.modules():
                if isinstance(part, nn.BatchNorm2d):
                    part.reset_parameters()
            self.fc.bias.zero_()


class _Convolution(nn.Sequential):
    """3 x 3, batch normalisation, ReLU."""

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__(nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
