"""The contract of an architecture: a torch module in two parts."""

from __future__ import annotations

from torch import Tensor, nn


class Network(nn.Module):
    """Pictures, preprocessed, to logits: ``head(features(pictures))``."""

    def features(self, pictures: Tensor) -> Tensor:
        """``(N, F) float32``, what the last layer sees, of ``(N, C, H, W) float32``."""
        raise NotImplementedError

    def head(self, features: Tensor) -> Tensor:
        """``(N, K) float32`` logits of features."""
        raise NotImplementedError

    def forward(self, pictures: Tensor) -> Tensor:
        """``(N, K) float32`` logits."""
        return self.head(self.features(pictures))
