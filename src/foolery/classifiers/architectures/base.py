"""The contract of an architecture: a torch module in two parts."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Network(nn.Module):
    """Images, preprocessed, to logits: ``head(features(images))``."""

    def features(self, images: Tensor) -> Tensor:
        """``(N, F) float32``, what the last layer sees, of ``(N, C, H, W) float32``."""
        raise NotImplementedError

    def head(self, features: Tensor) -> Tensor:
        """``(N, K) float32`` logits of features."""
        raise NotImplementedError

    def forward(self, images: Tensor) -> Tensor:
        """``(N, K) float32`` logits."""
        return self.head(self.features(images))

    def loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """What training makes small, of a batch and its ``(N,) int64`` labels: the cross-entropy."""
        return nn.functional.cross_entropy(self(images), labels)

    def initialize(self, generator: torch.Generator) -> None:
        """Caffe's Xavier start: weights uniform within sqrt(3 / fan-in) of zero, biases zero."""
        with torch.no_grad():
            for name, value in self.named_parameters():
                if name.endswith("bias"):
                    value.zero_()
                else:
                    bound = math.sqrt(3.0 / value[0].numel())
                    value.uniform_(-bound, bound, generator=generator)
