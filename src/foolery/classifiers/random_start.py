"""Random start: a network with weights drawn from a seed, for tests and where weights cannot be fetched."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from torch import nn


def random_start(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """What ``build`` builds with torch's generator at ``seed``; the generator is put back as it was."""
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libraries warn that a random start is slow, or not trained
        torch.manual_seed(seed)
        return build()
