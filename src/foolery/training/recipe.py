"""Recipes: how each architecture is trained, fixed before any of its networks was fooled."""

from __future__ import annotations

from dataclasses import dataclass

from foolery.classifiers.card import CanvasCard, Preprocessing


@dataclass(frozen=True)
class Recipe:
    """Stochastic gradient descent with momentum and a falling learning rate.

    Attributes:
        preprocessing: of the pictures.
        iterations: number of steps.
        batch: pictures per step.
        rate: learning rate of the weights at the start; at step i it is ``rate (1 + gamma i) ** -power``.
        bias_rate: learning rate of the biases, as a multiple of that of the weights.
        gamma: see ``rate``.
        power: see ``rate``.
        momentum: of the descent.
        decay: weight decay, of weights and biases.
        source: where the recipe comes from, for the card.
    """

    preprocessing: Preprocessing
    iterations: int
    batch: int
    rate: float
    bias_rate: float
    gamma: float
    power: float
    momentum: float
    decay: float
    source: str

    def rate_at(self, step: int) -> float:
        """Learning rate of the weights at a step, the first of which is 0."""
        return float(self.rate * (1.0 + self.gamma * step) ** -self.power)


_DIGITS = Preprocessing(
    canvas=CanvasCard(channels=1, height=28, width=28),
    scale=1 / 256,
    mean=(0.0,),
    std=(1.0,),
    channel_order="gray",
)

RECIPES = {
    "lenet": Recipe(
        preprocessing=_DIGITS,
        iterations=10_000,
        batch=64,
        rate=0.01,
        bias_rate=2.0,
        gamma=1e-4,
        power=0.75,
        momentum=0.9,
        decay=5e-4,
        source="Caffe's recipe for this network (SGD, Xavier start), nothing added",
    ),
    "perceptron": Recipe(
        preprocessing=_DIGITS,
        iterations=20_000,
        batch=64,
        rate=0.05,
        bias_rate=2.0,
        gamma=1e-4,
        power=0.75,
        momentum=0.9,
        decay=1e-4,
        source="the recipe of lenet with a larger step, less decay and twice the time; not tuned",
    ),
}
