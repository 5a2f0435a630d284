"""ACET: fine-tuning that takes the confidence out of optimised noise.

Adversarial confidence enhanced training (Hein, Andriushchenko and Bitterwolf, CVPR 2019, section 4): beside
every batch of images stands one of low-pass noise, which a few steps of gradient ascent make as convincing
as they can; the network is trained to predict uniformly for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from foolery.canvas import Canvases
from foolery.classifiers.architectures.base import Network
from foolery.classifiers.card import Preprocessing
from foolery.classifiers.preprocess import preprocess
from foolery.data import LabelledImages
from foolery.training.loop import OnStep, fixed_threads, minimize


@dataclass(frozen=True)
class AcetRecipe:
    """How a network is fine-tuned.

    Attributes:
        iterations: steps of descent.
        batch: images per step, and as many of noise.
        learning_rate: at the start; it falls to zero along a straight line.
        momentum: of the descent.
        weight_decay: of the descent.
        steps: of gradient ascent on each batch of noise.
        radius: how far the ascent may move a pixel, of 255.
        noise_weight: of the noise's loss.
    """

    iterations: int = 3000
    batch: int = 64
    learning_rate: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 5e-4
    steps: int = 10
    radius: float = 77.0  # 0.3 of the range, as published for gray images
    noise_weight: float = 1.0

    def describe(self) -> str:
        """All of it in words, for a card."""
        return (
            f"Fine-tuned by ACET: {self.iterations} iterations of {self.batch} images and as many of "
            f"noise, SGD, learning rate {self.learning_rate} falling to 0, momentum {self.momentum}, weight "
            f"decay {self.weight_decay}; noise made convincing by {self.steps} signed gradient steps within "
            f"{self.radius:g}/255, with uniform targets and weight {self.noise_weight:g}."
        )


def fine_tune_by_acet(
    network: Network,
    train_data: LabelledImages,
    preprocessing: Preprocessing,
    recipe: AcetRecipe,
    seed: int,
    on_step: OnStep | None = None,
) -> None:
    """Change ``network`` in place; the same seed gives the same weights (same machine, same torch).

    Half of the noise is uniform and half are images with their pixels shuffled; both are blurred by a
    random width and stretched back to the whole range.

    Raises:
        FooleryError: where the loss is no number any more; the caller's files are as they were.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.from_numpy(train_data.labels)
    scale, mean, std = _affine(preprocessing)

    def loss_at(step: int) -> Tensor:
        rows = torch.randint(len(train_data), (recipe.batch,), generator=generator)
        chosen = train_data.canvases[rows.numpy()]
        noise = torch.from_numpy(low_pass_noise(chosen, generator).astype(np.float32))
        convincing = _maximize_confidence(network, noise, (scale, mean, std), recipe)
        logits = network(torch.from_numpy(preprocess(chosen, preprocessing)))
        noise_log_probabilities = torch.log_softmax(network((convincing * scale - mean) / std), 1)
        loss = nn.functional.cross_entropy(logits, labels[rows])
        # cross entropy to the uniform distribution
        return loss - recipe.noise_weight * noise_log_probabilities.mean()

    with fixed_threads():
        network.train()
        optimizer = torch.optim.SGD(
            network.parameters(),
            lr=recipe.learning_rate,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
        )
        minimize(
            optimizer,
            loss_at,
            lambda step: (recipe.learning_rate * (1 - step / recipe.iterations),),
            recipe.iterations,
            on_step,
        )
    network.eval()


def low_pass_noise(images: Canvases, generator: torch.Generator) -> Canvases:
    """``(N, C, H, W) uint8``: half uniform noise, half ``images`` with shuffled pixels, blurred."""
    from PIL import Image, ImageFilter

    count, channels = images.shape[:2]
    rng = np.random.default_rng(int(torch.randint(2**31, (1,), generator=generator)))
    noise = rng.integers(0, 256, images.shape, np.uint8)
    shuffled = rng.permuted(images.reshape(count, channels, -1), axis=2).reshape(images.shape)
    noise[count // 2 :] = shuffled[count // 2 :]
    widths = np.linspace(1.0, 2.5, count)[rng.permutation(count)].tolist()
    for image, blur in zip(noise, widths, strict=True):
        for plane in image:
            blurred = np.asarray(Image.fromarray(plane).filter(ImageFilter.GaussianBlur(blur)), np.float64)
            low, high = blurred.min(), blurred.max()
            plane[:] = np.rint((blurred - low) * (255 / max(high - low, 1.0)))
    return noise


def _affine(preprocessing: Preprocessing) -> tuple[Tensor, Tensor, Tensor]:
    """Scale, mean and deviation that broadcast over ``(N, C, H, W)``."""
    mean, std = (
        torch.tensor(each, dtype=torch.float32).view(1, -1, 1, 1)
        for each in (preprocessing.mean, preprocessing.std)
    )
    return torch.tensor(preprocessing.scale, dtype=torch.float32), mean, std


def _maximize_confidence(
    network: Network, noise: Tensor, affine: tuple[Tensor, Tensor, Tensor], recipe: AcetRecipe
) -> Tensor:
    """``noise`` after the ascent of its highest log-probability, rounded to whole numbers."""
    scale, mean, std = affine
    low = (noise - recipe.radius).clamp(0, 255)
    high = (noise + recipe.radius).clamp(0, 255)
    step_size = 2.5 * recipe.radius / max(1, recipe.steps)
    images = noise
    for _ in range(recipe.steps):
        images = images.detach().requires_grad_()
        log_probability = torch.log_softmax(network((images * scale - mean) / std), 1).max(1).values.sum()
        (gradient,) = torch.autograd.grad(log_probability, images)
        images = torch.minimum(torch.maximum(images + step_size * gradient.sign(), low), high)
    return images.detach().round()
