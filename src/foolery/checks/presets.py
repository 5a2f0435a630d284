"""Presets: how images are normalised in the wild, how they are framed, and what is usual for which input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from foolery.canvas import Resize
from foolery.classifiers.onnx_facts import OnnxFacts


@dataclass(frozen=True)
class Preset:
    """``(pixel * scale - mean) / std``, mean and std in the order red, green, blue.

    Attributes:
        name: with who uses it.
        scale: factor of the 8-bit values.
        mean: one per channel.
        std: one per channel.
        per_image: whether each image's own mean and standard deviation come before.
        small: whether it belongs to data sets of small images only.
    """

    name: str
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    per_image: bool = False
    small: bool = False

    @property
    def range(self) -> tuple[float, float]:
        """What black and white become, in the first channel."""
        return -self.mean[0] / self.std[0], (255 * self.scale - self.mean[0]) / self.std[0]


_CAFFE = (123.68, 116.779, 103.939)  # mean pixel of ImageNet, published with VGG
_SQUEEZE = (123.0, 117.0, 104.0)  # the same, rounded, as Caffe's own networks write it
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_CIFAR = (0.4914, 0.4822, 0.4465)


def _alike(name: str, channels: int, scale: float, mean: float = 0.0, std: float = 1.0) -> Preset:
    return Preset(name, scale, (mean,) * channels, (std,) * channels)


def _everywhere(channels: int) -> tuple[Preset, ...]:
    return (
        _alike("0 to 1", channels, 1 / 255),
        _alike("1/256", channels, 1 / 256),
        _alike("0 to 255", channels, 1.0),
        _alike(
            "-1 to 1 (Inception, TensorFlow)" if channels == 3 else "-1 to 1", channels, 1 / 255, 0.5, 0.5
        ),
    )


_PER_IMAGE = "each image standardized"
COLOUR = (
    *_everywhere(3),
    Preset("ImageNet (torchvision, timm)", 1 / 255, *_IMAGENET),
    Preset("CLIP", 1 / 255, (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    Preset("Caffe means", 1.0, _CAFFE, (1.0,) * 3),
    Preset("Caffe means, rounded", 1.0, _SQUEEZE, (1.0,) * 3),
    Preset("Caffe means, times 0.017", 1.0, _CAFFE, (1 / 0.017,) * 3),
    Preset("ImageNet means, 0 to 1", 1 / 255, _IMAGENET[0], (1.0,) * 3),
    Preset("CIFAR-10", 1 / 255, _CIFAR, (0.247, 0.2435, 0.2616)),
    Preset("CIFAR-10, std 0.2", 1 / 255, _CIFAR, (0.2023, 0.1994, 0.2010), small=True),
    Preset("CIFAR-10, one mean and std", 1.0, (120.707,) * 3, (64.15,) * 3, small=True),
    Preset("CIFAR-100", 1 / 255, (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762), small=True),
    Preset("GTSRB", 1 / 255, (0.3403, 0.3121, 0.3214), (0.2724, 0.2608, 0.2669), small=True),
    _alike("0 to 255 less 127.5", 3, 1.0, 127.5),
    _alike("-0.5 to 0.5", 3, 1 / 255, 0.5),
    Preset(_PER_IMAGE, 1.0, (0.0,) * 3, (1.0,) * 3, per_image=True),
)
GRAY = (
    *_everywhere(1),
    Preset("MNIST (mean, std)", 1 / 255, (0.1307,), (0.3081,)),
    Preset("Fashion-MNIST (mean, std)", 1 / 255, (0.2860,), (0.3530,)),
    Preset("ImageNet, gray", 1 / 255, (0.449,), (0.226,)),
    Preset("ImageNet, red", 1 / 255, (0.485,), (0.229,)),
    _alike("0 to 255 less 127.5", 1, 1.0, 127.5),
    _alike("-0.5 to 0.5", 1, 1 / 255, 0.5),
    _alike("0 to 16 (scikit-learn's digits)", 1, 16 / 255),
    Preset(_PER_IMAGE, 1.0, (0.0,), (1.0,), per_image=True),
)
_USUAL_RATIO = 0.875  # 224 of 256
SMALL = 100  # networks for images below this side see all of them

RATIOS = (1.0, 0.95, 0.9, 0.875)

#: Of a file that says nothing about itself.
NO_FACTS = OnnxFacts()


def presets(channels: int, dtype: Any, facts: OnnxFacts = NO_FACTS) -> tuple[Preset, ...]:
    """All of them for gray or RGB and an input of a numpy type; whole numbers leave few."""
    if dtype == np.int8:
        return (_alike("-128 to 127", channels, 1.0, 128.0), _alike("halved, 0 to 127", channels, 127 / 255))
    if np.issubdtype(dtype, np.integer):
        whole = _alike("whole numbers", channels, 1.0)
        return (whole,) if channels == 3 or dtype == np.uint8 else (whole, GRAY[-2])
    table = GRAY if channels == 1 else COLOUR
    low, high = facts.value_range or (0.0, 1.0)
    if not any(_close(each.range, (low, high)) for each in table):
        scale = (high - low) / 255
        table = (*table, _alike(f"{low:g} to {high:g}", channels, scale, -low))
    return table


def usualness(
    preset: Preset, order: str, size: tuple[int, int], resize: Resize = "crop", facts: OnnxFacts = NO_FACTS
) -> tuple[int, ...]:
    """How usual a way of preprocessing is for an input of that size; smaller is more usual.

    What the file says about itself comes first, then what networks of that size mostly take.
    """
    contradicts = (facts.value_range is not None and not _close(preset.range, facts.value_range)) + (
        facts.channel_order not in (None, order)
    )
    usual = _usual_names(min(size), len(preset.mean))
    place = next((at for at, name in enumerate(usual) if preset.name.startswith(name)), len(usual))
    backwards = (order == "bgr") != preset.name.startswith("Caffe") and facts.channel_order is None
    return contradicts, _RESIZES.index(resize), place + 2 * backwards


_RESIZES: tuple[Resize, ...] = ("crop", "squash", "letterbox", "corner")


def _usual_names(side: int, channels: int) -> tuple[str, ...]:
    if channels == 1:
        return ("0 to 1", "-128 to 127", "MNIST", "-1 to 1", "0 to 255", "1/256")
    if side < SMALL:
        return ("0 to 1", "-128 to 127", "CIFAR-10", "0 to 255", "-1 to 1", "ImageNet (", "1/256")
    if side == 227:
        return ("Caffe means", "ImageNet (", "0 to 255", "0 to 1")
    if side in (299, 331):
        return ("-1 to 1", "ImageNet (", "0 to 1", "0 to 255")
    return ("ImageNet (", "-128 to 127", "0 to 1", "-1 to 1", "0 to 255", "Caffe means", "CLIP")


def _close(first: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(a - b) <= 0.01 * max(1.0, abs(other[1])) for a, b in zip(first, other, strict=True))


def usual_canvas(size: tuple[int, int]) -> tuple[int, int]:
    """``(height, width)`` that images are usually resized to before ``size`` is cut out of them."""
    return size if min(size) < SMALL else canvas_of(size, _USUAL_RATIO)


def canvas_of(size: tuple[int, int], ratio: float) -> tuple[int, int]:
    """The canvas of which ``size`` is that share; 256 for 227, as everybody has it."""
    height, width = (256 if ratio == _USUAL_RATIO and side == 227 else round(side / ratio) for side in size)
    return height, width
