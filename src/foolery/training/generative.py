"""Generative: what a model of classes has to know of pictures that it was not trained on."""

from __future__ import annotations

import numpy as np
import torch

from foolery.classifiers.architectures.base import Network
from foolery.classifiers.architectures.vae import VAE
from foolery.classifiers.preprocess import preprocess
from foolery.data import Labelled
from foolery.training.recipes import Recipe

#: Share of the pictures set aside that are taken for what the model knows.
ACCEPTED = 0.95
#: One picture in so many is set aside.
ASIDE = 12
_BATCH = 500


def set_aside(network: Network, pictures: Labelled) -> tuple[Labelled, Labelled]:
    """What to train on and what ``settle`` looks at: apart for a generative network, all for others.

    A model explains pictures that it was trained on better than others, so it sets its level by others.
    """
    if not isinstance(network, VAE) or len(pictures) < ASIDE:
        return pictures, pictures
    every = np.arange(len(pictures))
    return pictures.take(every[every % ASIDE > 0]), pictures.take(every[::ASIDE])


def settle(network: Network, pictures: Labelled, recipe: Recipe) -> dict[str, bool]:
    """Set what a generative network knows of classes and levels; other networks are left alone.

    The logarithm of each class's share of the pictures is added to its logit, then the level subtracted from
    all, such that ``ACCEPTED`` of the pictures have a log p(x) above 0.

    Args:
        network: trained; changed in place.
        pictures: that were set aside.
        recipe: gives their preprocessing.

    Returns:
        fields of the card that say what the network is.
    """
    if not isinstance(network, VAE):
        return {}
    shares = np.bincount(pictures.labels, minlength=network.classes) / max(1, len(pictures))
    network.offset.copy_(torch.from_numpy(np.log(np.maximum(shares, 1e-9))))
    found = []
    with torch.inference_mode():
        for start in range(0, len(pictures), _BATCH):
            batch = preprocess(pictures.canvases[start : start + _BATCH], recipe.preprocessing)
            found.append(network(torch.from_numpy(batch)).double().logsumexp(1))
    level = float(torch.cat(found).quantile(1.0 - ACCEPTED))
    network.offset -= round(level, 2)  # rounded, so that it does not depend on the number of threads
    return {"density": True}
