"""Presets: how images are normalised in the wild, and how much of them is cropped away."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """``(pixel * scale - mean) / std``, mean and std in the order red, green, blue.

    Attributes:
        name: with who uses it.
        scale: factor of the 8-bit values.
        mean: one per channel.
        std: one per channel.
    """

    name: str
    scale: float
    mean: tuple[float, ...]
    std: tuple[float, ...]


_CAFFE = (123.68, 116.779, 103.939)  # mean pixel of ImageNet, published with VGG
_SQUEEZE = (123.0, 117.0, 104.0)  # the same, rounded, as Caffe's own networks write it

COLOUR = (
    Preset("0 to 1", 1 / 255, (0.0,) * 3, (1.0,) * 3),
    Preset("1/256", 1 / 256, (0.0,) * 3, (1.0,) * 3),
    Preset("0 to 255", 1.0, (0.0,) * 3, (1.0,) * 3),
    Preset("-1 to 1 (Inception, TensorFlow)", 1 / 255, (0.5,) * 3, (0.5,) * 3),
    Preset("ImageNet (torchvision, timm)", 1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    Preset("CLIP", 1 / 255, (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    Preset("Caffe means", 1.0, _CAFFE, (1.0,) * 3),
    Preset("Caffe means, rounded", 1.0, _SQUEEZE, (1.0,) * 3),
    Preset("Caffe means, times 0.017", 1.0, _CAFFE, (1 / 0.017,) * 3),
    Preset("ImageNet means, 0 to 1", 1 / 255, (0.485, 0.456, 0.406), (1.0,) * 3),
    Preset("CIFAR-10", 1 / 255, (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
)
GRAY = (
    Preset("0 to 1", 1 / 255, (0.0,), (1.0,)),
    Preset("1/256", 1 / 256, (0.0,), (1.0,)),
    Preset("0 to 255", 1.0, (0.0,), (1.0,)),
    Preset("-1 to 1", 1 / 255, (0.5,), (0.5,)),
    Preset("MNIST (mean, std)", 1 / 255, (0.1307,), (0.3081,)),
    Preset("ImageNet, gray", 1 / 255, (0.449,), (0.226,)),
)
#: A network that takes whole numbers normalises by itself.
INTEGER_COLOUR = (Preset("whole numbers", 1.0, (0.0,) * 3, (1.0,) * 3),)
INTEGER_GRAY = (Preset("whole numbers", 1.0, (0.0,), (1.0,)),)

RATIOS = (1.0, 0.95, 0.9, 0.875)
_USUAL = 0.875  # 224 of 256
_SMALL = 100  # networks for images below this side see all of them


def presets(channels: int, *, integer: bool) -> tuple[Preset, ...]:
    """All of them for gray or RGB; the one that is left for a network that takes ``integer`` numbers."""
    if integer:
        return INTEGER_GRAY if channels == 1 else INTEGER_COLOUR
    return GRAY if channels == 1 else COLOUR


def usual_canvas(size: tuple[int, int]) -> tuple[int, int]:
    """``(height, width)`` that images are usually resized to before ``size`` is cut out of them."""
    return size if min(size) < _SMALL else canvas_of(size, _USUAL)


def canvas_of(size: tuple[int, int], ratio: float) -> tuple[int, int]:
    """The canvas of which ``size`` is that share; 256 for 227, as everybody has it."""
    height, width = (256 if ratio == _USUAL and side == 227 else round(side / ratio) for side in size)
    return height, width
