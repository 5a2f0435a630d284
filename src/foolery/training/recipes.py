"""Recipes: how each architecture is trained, fixed before any of its networks was fooled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from foolery.classifiers.card import CanvasCard, Preprocessing


class LearningRateSchedule(Protocol):
    """A learning rate for each step."""

    def rate_at(self, step: int, steps: int) -> float:
        """The rate at ``step``, the first of which is 0, of ``steps``."""
        ...

    def describe(self) -> str:
        """In words, for a card."""
        ...


@dataclass(frozen=True)
class InverseDecay:
    """Caffe's ``inv``: ``rate (1 + gamma i) ** -power`` at step i, however many steps there are."""

    rate: float
    gamma: float
    power: float

    def rate_at(self, step: int, steps: int) -> float:
        """The rate at ``step``."""
        return float(self.rate * (1.0 + self.gamma * step) ** -self.power)

    def describe(self) -> str:
        """In words, for a card."""
        return f"learning rate {self.rate} (1 + {self.gamma} i)^-{self.power}"


@dataclass(frozen=True)
class OneCycle:
    """A straight rise to ``peak`` over the share ``rise`` of all steps, then a straight fall to zero."""

    peak: float
    rise: float

    def rate_at(self, step: int, steps: int) -> float:
        """The rate at ``step`` of ``steps``."""
        progress, rise = (step + 1) / (steps + 1), self.rise
        return self.peak * (progress / rise if progress < rise else (1 - progress) / (1 - rise))

    def describe(self) -> str:
        """In words, for a card."""
        return f"learning rate rising to {self.peak} over {self.rise:.0%} of the steps, then falling to 0"


#: Stochastic gradient descent with momentum, the same looking ahead (Nesterov), or Adam with decoupled decay.
Optimizer: TypeAlias = Literal["momentum", "nesterov", "adamw"]


@dataclass(frozen=True)
class TrainingRecipe:
    """Descent on batches of images in random order.

    Attributes:
        preprocessing: of the images.
        iterations: number of steps.
        batch: images per step.
        schedule: the learning rate of the weights at each step.
        optimizer: of the descent.
        momentum: of the descent (of AdamW, its first moment).
        weight_decay: weight decay of the weights.
        bias_rate: learning rate of biases and scales, as a multiple of that of the weights.
        bias_decay: weight decay of biases and scales, as a multiple of that of the weights.
        shift: images are moved by up to that many pixels and mirrored, at random; 0 leaves them alone.
        source: where the recipe comes from, for the card.
    """

    preprocessing: Preprocessing
    iterations: int
    batch: int
    schedule: LearningRateSchedule
    optimizer: Optimizer
    momentum: float
    weight_decay: float
    bias_rate: float
    bias_decay: float
    shift: int
    source: str

    def rate_at(self, step: int) -> float:
        """Learning rate of the weights at a step, the first of which is 0."""
        return self.schedule.rate_at(step, self.iterations)

    def describe(self) -> str:
        """All of it in words, for a card."""
        optimizer = {"momentum": "SGD", "nesterov": "SGD with Nesterov's step", "adamw": "AdamW"}[
            self.optimizer
        ]
        augmentation = (
            f"Images moved by up to {self.shift} pixels and mirrored" if self.shift else "No augmentation"
        )
        biases = "" if self.bias_rate == 1.0 else f"{self.bias_rate:g} times that for biases, "
        return (
            f"{self.source}: {self.iterations} iterations of batch {self.batch}, {optimizer}, "
            f"{self.schedule.describe()}, {biases}momentum {self.momentum}, weight decay {self.weight_decay}"
            f"{'' if self.bias_decay else ', none of biases'}. {augmentation}, no choice among checkpoints."
        )


_DIGITS = Preprocessing(
    canvas=CanvasCard(channels=1, height=28, width=28),
    scale=1 / 256,
    mean=(0.0,),
    std=(1.0,),
    channel_order="gray",
)
_PHOTOS = Preprocessing(
    canvas=CanvasCard(channels=3, height=32, width=32),
    mean=(0.49, 0.48, 0.45),
    std=(0.25, 0.24, 0.26),
    channel_order="rgb",
)

RECIPES = {
    "lenet": TrainingRecipe(
        preprocessing=_DIGITS,
        iterations=10_000,
        batch=64,
        schedule=InverseDecay(rate=0.01, gamma=1e-4, power=0.75),
        optimizer="momentum",
        momentum=0.9,
        weight_decay=5e-4,
        bias_rate=2.0,
        bias_decay=1.0,
        shift=0,
        source="Caffe's recipe for this network (SGD, Xavier start), nothing added",
    ),
    "perceptron": TrainingRecipe(
        preprocessing=_DIGITS,
        iterations=20_000,
        batch=64,
        schedule=InverseDecay(rate=0.05, gamma=1e-4, power=0.75),
        optimizer="momentum",
        momentum=0.9,
        weight_decay=1e-4,
        bias_rate=2.0,
        bias_decay=1.0,
        shift=0,
        source="the recipe of lenet with a larger step, less decay and twice the time; not tuned",
    ),
    "vae": TrainingRecipe(
        preprocessing=_DIGITS,
        iterations=10_000,
        batch=400,
        schedule=OneCycle(peak=3e-3, rise=0.1),
        optimizer="adamw",
        momentum=0.9,
        weight_decay=0.0,
        bias_rate=1.0,
        bias_decay=0.0,
        shift=0,
        source="ten variational autoencoders after ABS (Schott et al., 2018), all images but every twelfth",
    ),
    "convnet": TrainingRecipe(
        preprocessing=_PHOTOS,
        iterations=3_120,
        batch=250,
        schedule=OneCycle(peak=0.3, rise=0.25),
        optimizer="nesterov",
        momentum=0.9,
        weight_decay=5e-4,
        bias_rate=1.0,
        bias_decay=0.0,
        shift=3,
        source="a common short recipe for CIFAR-10, not tuned",
    ),
    "vit": TrainingRecipe(
        preprocessing=_PHOTOS,
        iterations=4_000,
        batch=250,
        schedule=OneCycle(peak=2e-3, rise=0.2),
        optimizer="adamw",
        momentum=0.9,
        weight_decay=0.05,
        bias_rate=1.0,
        bias_decay=0.0,
        shift=3,
        source="a common short recipe for small transformers, not tuned",
    ),
}
