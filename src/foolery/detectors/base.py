"""The contract of a detector: fit on real images, score a batch; larger is more unusual.

A detector is written once, for arrays of numpy and for tensors of torch alike: what is computed of tensors
has gradients, so that whoever knows the detector can follow them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases

#: A numpy array, or a tensor of torch; what comes out is what went in.
Array: TypeAlias = Any
#: What a detector has to see of an image besides its canvas and its scores.
Need: TypeAlias = Literal["logits", "features", "layer", "gradient", "density"]


@dataclass(frozen=True)
class Observation:
    """What a classifier gave for N images, as far as the detectors that look at it need it.

    Attributes:
        canvases: ``(N, C, H, W)``, 0 to 255: uint8, or a floating-point tensor.
        scores: ``(N, K)`` logarithms of probabilities.
        logits: ``(N, K)``, before the softmax.
        features: ``(N, F)``, what the last layer sees.
        weights: ``(K, F)`` of the last layer.
        bias: ``(K,)`` of the last layer.
        density: ``(N,)`` log p(x), less a level.
        shifted_logits: ``(N, K)`` logits at other canvases, from the step in levels: the input moved by it
            against the gradient of the loss of the predicted class, with the temperature of that loss.
    """

    canvases: Array
    scores: Array
    logits: Array = None
    features: Array = None
    weights: NDArray[np.float64] | None = None
    bias: NDArray[np.float64] | None = None
    density: Array = None
    shifted_logits: Callable[[float, float], Array] | None = None

    def __len__(self) -> int:
        return len(self.scores)


class Detector:
    """One way to tell unusual images from usual ones; a subclass has ``score``, and ``fit`` if it learns.

    Attributes:
        needs: what ``score`` has to see.
    """

    needs: ClassVar[tuple[Need, ...]] = ()

    def images_needed(self, classes: int, features: int) -> int:
        """How many real images ``fit`` needs for so many classes and features; 0 where it learns nothing."""
        return 0

    def fit(self, real: Observation, labels: NDArray[np.int64]) -> Detector:
        """The detector, once it has seen real images with their ``(N,) int64`` labels."""
        return self

    def score(self, images: Observation) -> Array:
        """``(N,)``: how unusual each image is, larger for more."""
        raise NotImplementedError


def unfitted() -> NDArray[Any]:
    """What a detector holds before it has seen real images."""
    return np.empty((0, 0))


def namespace(values: Array) -> Any:
    """Numpy or torch, whichever ``values`` belong to; both have the functions that detectors use."""
    return sys.modules[type(values).__module__.partition(".")[0]]


def like(constant: NDArray[Any], values: Array) -> Array:
    """``constant`` as an array or tensor that can be computed with ``values``."""
    if isinstance(values, np.ndarray):
        return constant
    return namespace(values).as_tensor(constant, dtype=values.dtype, device=values.device)


def log_sum_exp(values: Array) -> Array:
    """``(N,)``: the logarithm of the summed exponentials of each row of ``(N, K)``."""
    xp = namespace(values)
    top = xp.amax(values, axis=1)
    return top + xp.log(xp.sum(xp.exp(values - top[:, None]), axis=1))


def sorted_rows(values: Array) -> Array:
    """``(N, K)`` with each row ascending."""
    ranked = namespace(values).sort(values, axis=1)
    return ranked if isinstance(values, np.ndarray) else ranked.values


def canvases_as(values: Canvases | Array, like_scores: Array) -> Array:
    """``(N, C * H * W)`` levels of canvases, of the kind of ``like_scores``."""
    flat = values.reshape(len(values), -1)
    return flat.astype(np.float64) if isinstance(flat, np.ndarray) else flat.to(like_scores.dtype)
