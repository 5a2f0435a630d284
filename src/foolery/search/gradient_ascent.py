"""Gradient ascent: images, one for each class, follow the gradient of their class's probability (paper 3.9).

Every image is a row of one batch, and has a step length of its own. Steps are taken with real levels;
what is scored, kept and exported is the image rounded to 8 bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Kind
from foolery.classifiers.gradients import DifferentiableClassifier
from foolery.errors import MissingExtraError
from foolery.search.ascent_presets import AscentRule
from foolery.workers import parallel_for

try:
    import torch
    from torch import Tensor
    from torch.nn import functional

    from foolery.classifiers.torch_model import one_thread
except ImportError:
    raise MissingExtraError("torch", "torch", "follow a gradient") from None

#: On a device with memory of its own a chunk is this part of a forward pass's: a gradient keeps all layers.
DEVICE_SHARE = 4

P = TypeVar("P")
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class AscentState(Generic[P]):
    """The state of N rows.

    Attributes:
        position: of all rows, images or genomes.
        zero_gradient: ``(N,) bool``: rows whose gradient is zero, which do not move.
    """

    position: P
    zero_gradient: NDArray[np.bool_]


class GradientAscent(Protocol[P]):
    """A way to follow gradients: on pixels, or on the weights of genomes."""

    def canvases(self, state: AscentState[P], rows: Rows) -> Canvases:
        """``(len(rows), C, H, W) uint8``: what these rows show, exactly as it would be exported."""
        ...

    def genomes(self, state: AscentState[P], rows: Rows) -> list[bytes]:
        """The same as packed genomes."""
        ...

    def step(self, state: AscentState[P], rows: Rows, number: int) -> AscentState[P]:
        """All rows, after step ``number`` (from 0) of some of them."""
        ...

    def save(self, state: AscentState[P]) -> dict[str, NDArray[Any]]:
        """``state`` as arrays, exactly."""
        ...

    def load(self, saved: dict[str, NDArray[Any]]) -> AscentState[P]:
        """The inverse of ``save``."""
        ...


@dataclass(frozen=True)
class PixelAscent:
    """Gradient ascent on pixels, by the paper's rule.

    Attributes:
        classifier: has ``logits`` with gradients.
        targets: ``(N,)``: each row's class.
        mean: ``(C,) float32`` levels of the mean pixel, to which decay and the percentiles lead.
        rule: the step and what follows it.
        pack: from ``(N, C, H, W) uint8`` canvases to packed genomes.
    """

    classifier: DifferentiableClassifier
    targets: Sequence[int]
    mean: NDArray[np.float32]
    rule: AscentRule
    pack: Callable[[Canvases], list[bytes]]

    def start(self, levels: NDArray[np.float32]) -> AscentState[Tensor]:
        """All rows at one image, ``(C, H, W) float32`` levels that may lie outside 0 to 255."""
        device = self.classifier.description.device
        image = torch.from_numpy(levels - self.mean[:, None, None]).to(device)
        count = len(self.targets)
        return AscentState(image.expand(count, *image.shape).clone(), np.zeros(count, np.bool_))

    def canvases(self, state: AscentState[Tensor], rows: Rows) -> Canvases:
        """The images, clipped to 0 to 255 and rounded to the nearest level."""
        canvases = np.empty((len(rows), *state.position.shape[1:]), np.uint8)
        for at, row in enumerate(rows.tolist()):
            levels = _levels(state.position[row], self._mean)
            canvases[at] = levels.round_().to(torch.uint8).cpu().numpy()
        return canvases

    def genomes(self, state: AscentState[Tensor], rows: Rows) -> list[bytes]:
        """The images as genomes of the direct encoding."""
        return self.pack(self.canvases(state, rows))

    def step(self, state: AscentState[Tensor], rows: Rows, number: int) -> AscentState[Tensor]:
        """All rows, after step ``number`` of some of them; a row with a gradient of zero does not move."""
        moved, zero_gradient = state.position.clone(), state.zero_gradient.copy()

        def work(index: Rows) -> None:
            at = torch.from_numpy(index).to(moved.device)
            levels = _levels(state.position[at], self._mean)
            targets = [self.targets[row] for row in index.tolist()]
            gradient, length = self._gradient(levels, targets)
            x = levels - self._mean + length[:, None, None, None] * gradient
            moved[at] = regularize(x, gradient, self.rule, number)
            zero_gradient[index] = ~(gradient.flatten(1) != 0).any(1).cpu().numpy()

        for_each_chunk(work, rows, self.classifier)
        return AscentState(moved, zero_gradient)

    def save(self, state: AscentState[Tensor]) -> dict[str, NDArray[Any]]:
        """The real levels less the mean pixel, and which rows have a gradient of zero."""
        return {"position": state.position.cpu().numpy(), "zero_gradient": state.zero_gradient}

    def load(self, saved: dict[str, NDArray[Any]]) -> AscentState[Tensor]:
        """The inverse of ``save``."""
        position = torch.from_numpy(saved["position"]).to(self.classifier.description.device)
        return AscentState(position, saved_zero_gradient(saved))

    @property
    def _mean(self) -> Tensor:
        return torch.from_numpy(self.mean)[:, None, None].to(self.classifier.description.device)

    def _gradient(self, levels: Tensor, targets: list[int]) -> tuple[Tensor, Tensor]:
        pixels = levels.detach().contiguous(memory_format=torch.channels_last).requires_grad_()
        value = target_scores(self.classifier, pixels, targets, self.rule.logit_factor)
        (gradient,) = torch.autograd.grad(value.sum(), pixels)
        length = step_length(value.detach(), gradient, self.rule, self.classifier.description.kind)
        return gradient, length


def saved_zero_gradient(saved: dict[str, NDArray[Any]]) -> NDArray[np.bool_]:
    """The rows with a gradient of zero; foolery 0.1 before run files of format 4 had another word for it."""
    return saved["zero_gradient"] if "zero_gradient" in saved else saved["stuck"]


def target_scores(
    classifier: DifferentiableClassifier,
    pixels: Tensor,
    targets: Sequence[int],
    logit_factor: float = 1.0,
) -> Tensor:
    """``(N,) float64``, with gradients: the logarithm of each row's probability of its class.

    It is the cosine itself for ``similarity``. The softmax is taken in float64: in float32 its gradient
    vanishes from a margin of about 17 on. Logits are multiplied by ``logit_factor`` before it.
    """
    scores = all_scores(classifier, pixels, logit_factor)
    return scores[torch.arange(len(targets)), torch.as_tensor(targets, device=scores.device)]


def all_scores(classifier: DifferentiableClassifier, pixels: Tensor, logit_factor: float = 1.0) -> Tensor:
    """``(N, K) float64``, with gradients: what ``classifier.scores`` gives for all classes.

    The logits of a softmax are multiplied by ``logit_factor`` before it.
    """
    logits = classifier.logits(pixels)
    assert isinstance(logits, torch.Tensor)
    exact, kind = logits.double(), classifier.description.kind
    if kind == "softmax":
        return torch.log_softmax(exact * logit_factor, 1)
    return torch.nn.functional.logsigmoid(exact) if kind == "sigmoid" else exact


def step_length(value: Tensor, gradient: Tensor, rule: AscentRule, kind: Kind) -> Tensor:
    """``(N,) float32``: the factor of ``gradient``, that of ``value`` as ``target_scores`` gives it.

    With p the probability and g its gradient the paper's step is ``min(max_step, gain / |g|^2) * g`` where
    ``gain = min(first_gain, last_gain * (1 - p))``. Here g is ``p * gradient``, which does not underflow
    where p is tiny. With ``step_nats`` it is ``min(step_nats, last_gain * (1 - p) / p) / |gradient|^2``.
    """
    square = gradient.flatten(1).double().square().sum(1)
    missing = 1.0 - value if kind == "similarity" else -torch.expm1(value)
    gain = (rule.last_gain * missing).clamp(max=rule.first_gain)
    p = torch.ones_like(value) if kind == "similarity" else value.exp()
    if rule.step_nats:
        aim = (rule.last_gain * missing / p).clamp(max=rule.step_nats)
        return torch.where(square > 0, aim / square, 0.0).nan_to_num(0.0, 0.0, 0.0).float()
    length = torch.minimum(rule.max_step * p, gain / (p * square))
    return torch.where(square > 0, length, 0.0).nan_to_num(0.0, 0.0, 0.0).float()


def gradient_chunk(classifier: DifferentiableClassifier) -> int:
    """Rows that take a step together; it depends on the classifier only, never on the number of workers.

    On a processor they are as many as canvases go forward at once: with fewer, four workers wait for Python
    between torch's many small operations (MobileNet at 128: 10 rows at a time take 1.5 to 2.4 times as many
    steps a second as 2; SqueezeNet at 227: 4 rows 1.2 times as many as 1).
    """
    description = classifier.description
    chunk = int(description.forward.get("chunk", 1))
    return chunk if description.device == "cpu" else max(1, chunk // DEVICE_SHARE)


def for_each_chunk(work: Callable[[Rows], None], rows: Rows, classifier: DifferentiableClassifier) -> None:
    """Call ``work`` for chunks of ``rows``, on all workers where the classifier runs on a processor.

    The same rows give the same numbers, whatever the number of workers.
    """
    on_processor = classifier.description.device == "cpu"

    def part(start: int, stop: int) -> None:
        with one_thread() if on_processor else nullcontext():
            work(rows[start:stop])

    parallel_for(part, len(rows), chunk=gradient_chunk(classifier), workers=None if on_processor else 1)


def _levels(position: Tensor, mean: Tensor) -> Tensor:
    """Levels from 0 to 255."""
    return (position + mean).clamp_(0.0, 255.0)


def regularize(x: Tensor, gradient: Tensor, rule: AscentRule, number: int) -> Tensor:
    """Decay, blur and percentiles, in the paper's order.

    Args:
        x: ``(N, C, H, W) float32`` levels less the mean pixel, after step ``number``.
        gradient: the gradient of that step, of the same shape; only its direction counts.
        rule: how much of each.
        number: of the step, from 0.
    """
    if rule.decay:
        x = x * (1.0 - rule.decay)
    if rule.blur and number % rule.blur_every == 0:
        x = gaussian_blur(x, rule.blur)
    if rule.small_norm:
        x = _zero_least(x, x.square().sum(1).sqrt(), rule.small_norm)
    if rule.benefit:
        x = _zero_least(x, (-gradient * x).sum(1), rule.benefit)
    if rule.abs_benefit:
        x = _zero_least(x, (-gradient * x).sum(1).abs(), rule.abs_benefit)
    return x


def gaussian_blur(x: Tensor, sigma: float) -> Tensor:
    """``(N, C, H, W)`` Gaussian blur as scipy's ``gaussian_filter`` has it: four sigma, mirrored edges."""
    reach = int(4.0 * sigma + 0.5)
    if reach == 0:
        return x
    weights = [math.exp(-0.5 * (offset / sigma) ** 2) for offset in range(-reach, reach + 1)]
    kernel = x.new_tensor(weights) / sum(weights)
    flat = x.reshape(-1, 1, *x.shape[2:])
    for axis, shape in ((2, (1, 1, -1, 1)), (3, (1, 1, 1, -1))):
        flat = functional.conv2d(_mirrored(flat, axis, reach), kernel.reshape(shape))
    return flat.reshape(x.shape)


def _mirrored(x: Tensor, axis: int, reach: int) -> Tensor:
    """``x`` with ``reach`` more values on both sides of ``axis``: d c b a | a b c d | d c b a."""
    size = x.shape[axis]
    index = torch.arange(-reach, size + reach, device=x.device) % (2 * size)
    return x.index_select(axis, torch.minimum(index, 2 * size - 1 - index))


def _zero_least(x: Tensor, worth: Tensor, percentile: float) -> Tensor:
    """``x`` with zeros where a pixel's ``worth``, ``(N, H, W)``, is below that percentile of its row."""
    bound = torch.quantile(worth.flatten(1), percentile / 100.0, dim=1)[:, None, None]
    return x * (worth >= bound)[:, None]
