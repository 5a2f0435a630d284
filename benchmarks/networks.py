"""Two ImageNet networks for 227 x 227 pictures in plain torch: no torchvision is needed."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn


class Fire(nn.Module):
    """Squeeze to few channels, expand by 1 x 1 and 3 x 3."""

    def __init__(self, channels: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, pictures: Tensor) -> Tensor:
        """``(N, 2 * expanded, H, W)``."""
        squeezed = torch.relu(self.squeeze(pictures))
        return torch.relu(torch.cat([self.expand1x1(squeezed), self.expand3x3(squeezed)], 1))


def squeezenet(weights: Path | None = None, classes: int = 1000) -> nn.Module:
    """SqueezeNet 1.0 with the parameter names of torchvision and the padding of the Caffe original."""

    def pool() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    network = nn.ModuleDict(
        {
            "features": nn.Sequential(
                nn.Conv2d(3, 96, 7, 2),
                nn.ReLU(),
                pool(),
                Fire(96, 16, 64),
                Fire(128, 16, 64),
                Fire(128, 32, 128),
                pool(),
                Fire(256, 32, 128),
                Fire(256, 48, 192),
                Fire(384, 48, 192),
                Fire(384, 64, 256),
                pool(),
                Fire(512, 64, 256),
            ),
            "classifier": nn.Sequential(
                nn.Dropout(),
                nn.Conv2d(512, classes, 1, padding=1),
                nn.ReLU(),
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
            ),
        }
    )
    if weights is not None:
        network.load_state_dict(load_file(weights))
    return nn.Sequential(network["features"], network["classifier"])


def alexnet(classes: int = 1000) -> nn.Module:
    """AlexNet as Caffe has it: two groups, local response normalisation, 227 pixels; random weights."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 96, 11, 4),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.LocalResponseNorm(5),
        nn.Conv2d(96, 256, 5, padding=2, groups=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.LocalResponseNorm(5),
        nn.Conv2d(256, 384, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(384, 384, 3, padding=1, groups=2),
        nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1, groups=2),
        nn.ReLU(),
        nn.MaxPool2d(3, 2),
        nn.Flatten(),
        nn.Linear(9216, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Dropout(),
        nn.Linear(4096, classes),
    )
