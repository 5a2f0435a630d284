"""Generative: what a model of classes has to know of images that it was not trained on."""

from __future__ import annotations

import numpy as np
import torch

from foolery.classifiers.architectures.base import Network
from foolery.classifiers.architectures.vae import VAE
from foolery.classifiers.preprocess import preprocess
from foolery.data import LabelledImages
from foolery.training.recipes import TrainingRecipe

#: Share of the images set aside that are taken for what the model knows.
ACCEPTED = 0.95
#: One image in so many is set aside.
HOLD_OUT_EVERY = 12
_BATCH = 500


def hold_out(network: Network, train_data: LabelledImages) -> tuple[LabelledImages, LabelledImages]:
    """What to train on and what ``settle`` looks at: apart for a generative network, all for others.

    A model explains images that it was trained on better than others, so it sets its level by others.
    """
    if not isinstance(network, VAE) or len(train_data) < HOLD_OUT_EVERY:
        return train_data, train_data
    rows = np.arange(len(train_data))
    return train_data.take(rows[rows % HOLD_OUT_EVERY > 0]), train_data.take(rows[::HOLD_OUT_EVERY])


def calibrate_density(network: Network, held_out: LabelledImages, recipe: TrainingRecipe) -> dict[str, bool]:
    """Set what a generative network knows of classes and levels; other networks are left alone.

    The logarithm of each class's share of the images is added to its logit, then the level subtracted from
    all, such that ``ACCEPTED`` of the images have a log p(x) above 0.

    Args:
        network: trained; changed in place.
        held_out: that were set aside.
        recipe: gives their preprocessing.

    Returns:
        fields of the card that say what the network is.
    """
    if not isinstance(network, VAE):
        return {}
    shares = np.bincount(held_out.labels, minlength=network.classes) / max(1, len(held_out))
    network.offset.copy_(torch.from_numpy(np.log(np.maximum(shares, 1e-9))))
    densities = []
    with torch.inference_mode():
        for start in range(0, len(held_out), _BATCH):
            batch = preprocess(held_out.canvases[start : start + _BATCH], recipe.preprocessing)
            densities.append(network(torch.from_numpy(batch)).double().logsumexp(1))
    level = float(torch.cat(densities).quantile(1.0 - ACCEPTED))
    network.offset -= round(level, 2)  # rounded, so that it does not depend on the number of threads
    return {"density": True}
