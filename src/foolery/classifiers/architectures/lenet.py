"""LeNet as in section 3.1 of the paper: no non-linearity after the convolutions; 431 080 weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from foolery.classifiers.architectures.base import Network


class LeNet(Network):
    """Gray images ``(N, 1, 28, 28) float32`` to logits ``(N, K) float32``.

    Convolution 20 of 5 x 5, max-pool 2, convolution 50 of 5 x 5, max-pool 2, 500 units with ReLU, K logits.
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.fc1 = nn.Linear(800, 500)
        self.fc2 = nn.Linear(500, classes)

    def features(self, images: Tensor) -> Tensor:
        """``(N, 500) float32``, after the ReLU."""
        first = torch.max_pool2d(self.conv1(images), 2)
        second = torch.max_pool2d(self.conv2(first), 2)
        return torch.relu(self.fc1(second.flatten(1)))

    def head(self, features: Tensor) -> Tensor:
        """``(N, K) float32`` logits of features."""
        logits: Tensor = self.fc2(features)
        return logits
