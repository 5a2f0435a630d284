"""Perceptron: fully connected layers only, of another kind than LeNet; 266 610 weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from foolery.classifiers.architectures.base import Network


class Perceptron(Network):
    """Gray images ``(N, 1, 28, 28) float32`` to logits ``(N, K) float32``: 300 and 100 units with ReLU."""

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 300)
        self.fc2 = nn.Linear(300, 100)
        self.fc3 = nn.Linear(100, classes)

    def features(self, images: Tensor) -> Tensor:
        """``(N, 100) float32``, after the second ReLU."""
        return torch.relu(self.fc2(torch.relu(self.fc1(images.flatten(1)))))

    def head(self, features: Tensor) -> Tensor:
        """``(N, K) float32`` logits of features."""
        logits: Tensor = self.fc3(features)
        return logits
