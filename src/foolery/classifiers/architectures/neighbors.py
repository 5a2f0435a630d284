"""Neighbors: the nearest of many prototypes, among the features of a network; 470 000 numbers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from foolery.classifiers.architectures.base import Network
from foolery.classifiers.architectures.convnet import ConvNet

PROTOTYPES, WIDTH = 80, 128


class Neighbors(Network):
    """RGB images ``(N, 3, H, W) float32`` to logits ``(N, K) float32``.

    The logit of a class is minus half the squared distance, among the features of a ``ConvNet``, to the
    nearest of the 80 prototypes of the class, in units of ``width``. Far from all prototypes every logit is
    low: the largest says whether the image is like anything that was seen.
    """

    width: Tensor

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.trunk = ConvNet(1)
        del self.trunk.fc
        self.prototypes = nn.Parameter(torch.zeros(classes, PROTOTYPES, WIDTH))
        self.register_buffer("width", torch.ones(1))

    def features(self, images: Tensor) -> Tensor:
        """``(N, 128) float32``, the means of the last convolution."""
        return self.trunk.features(images)

    def distances(self, features: Tensor) -> Tensor:
        """``(N, K) float32``: squared distance of features to the nearest prototype of each class."""
        rows = self.prototypes.flatten(0, 1)
        products = features @ rows.T
        squared = features.square().sum(1, keepdim=True) + rows.square().sum(1) - 2.0 * products
        return torch.relu(squared).reshape(len(features), -1, PROTOTYPES).min(2).values

    def head(self, features: Tensor) -> Tensor:
        """``(N, K) float32`` logits of features."""
        logits: Tensor = self.distances(features) / (-2.0 * self.width.square())
        return logits
