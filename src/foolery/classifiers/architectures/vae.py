"""VAE: a generative model of each class, compared by how likely they make an image; 419 000 weights.

After "analysis by synthesis" (Schott, Rauber, Bethge, Brendel, 2018): one variational autoencoder for each
class, and the class whose model explains an image best. Here the models share the encoder's first layer and
the decoder's last two; codes, and the first layer of each decoder, belong to one class alone.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from foolery.classifiers.architectures.base import Network

CODE, ENCODER, DECODER, INNER, PIXELS = 8, 200, 128, 256, 784


class VAE(Network):
    """Gray images ``(N, 1, 28, 28) float32`` from 0 to 1 to ``log p(x, y) - level``, ``(N, K) float32``.

    ``log p(x, y)`` is that of the image and of the code that the encoder gives it for class y: amortised,
    without sampling, so it is fast and differentiable. With ``g`` the decoder and ``c`` the code of 8
    numbers, it is ``log p(x | g(c)) - |c|^2 / 2 + sum log s + log p(y)``, with ``s`` the width of the
    posterior, learned for each class: the evidence lower bound, taken at the mean of the posterior. A pixel
    is the probability that a black-and-white image is white there; ``log p(x | g)`` is expected over such
    images.

    ``level`` is such that 95 % of images like those it was trained on have ``log p(x) > level``; it is set
    after training. The softmax of the logits does not depend on it, but the logarithm of their summed
    exponentials, ``log p(x) - level``, tells whether the model has seen anything like the image.
    """

    offset: Tensor

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.classes = classes
        self.see1 = nn.Linear(PIXELS, ENCODER)
        self.see2 = nn.Linear(ENCODER, classes * CODE)
        self.spread = nn.Parameter(torch.zeros(classes, CODE))
        self.draw1 = nn.Parameter(torch.zeros(classes, CODE, DECODER))
        self.draw1_bias = nn.Parameter(torch.zeros(classes, 1, DECODER))
        self.draw2 = nn.Linear(DECODER, INNER)
        self.draw3 = nn.Linear(INNER, PIXELS)
        self.register_buffer("offset", torch.zeros(classes))
        self._noise: torch.Generator | None = None

    def features(self, images: Tensor) -> Tensor:
        """``(N, K) float32``: ``log p(x | g(c)) - |c|^2 / 2`` of each class."""
        pixels = images.flatten(1)
        codes = self._encode(pixels)
        hidden = torch.matmul(codes.transpose(0, 1), self.draw1) + self.draw1_bias
        fit = _fit_by_rows(
            self._decode(hidden.reshape(-1, DECODER)).reshape(self.classes, -1, PIXELS), pixels
        )
        return fit.transpose(0, 1) - codes.square().sum(2) / 2

    def head(self, features: Tensor) -> Tensor:
        """``(N, K) float32``: ``log p(x, y) - level`` of features."""
        return features + self.offset + self.spread.sum(1)

    def loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """The mean over images of the negative evidence lower bound of their own class's model."""
        # Products with ones and zeros in place of indices, whose gradients depend on the order of threads.
        own = nn.functional.one_hot(labels, self.classes).to(images.dtype)
        pixels, spread = images.flatten(1), own @ self.spread
        means = (self._encode(pixels) * own[:, :, None]).sum(1)
        codes = means + spread.exp() * torch.randn(means.shape, generator=self._noise)
        code_of_class = (own[:, :, None] * codes[:, None, :]).flatten(1)
        hidden = code_of_class @ self.draw1.flatten(0, 1) + own @ self.draw1_bias.flatten(0, 1)
        divergence = (means.square() + (2 * spread).exp() - 1 - 2 * spread).sum(1) / 2
        return (divergence - _fit(self._decode(hidden), pixels)).mean()

    def initialize(self, generator: torch.Generator) -> None:
        """He's start; ``generator`` also gives the noise of codes in training."""
        self._noise = generator
        with torch.no_grad():
            for layer in (self.see1, self.see2, self.draw2, self.draw3):
                layer.weight.normal_(0.0, math.sqrt(2.0 / layer.in_features), generator=generator)
                layer.bias.zero_()
            self.draw1.normal_(0.0, math.sqrt(2.0 / CODE), generator=generator)
            self.draw1_bias.zero_()
            self.spread.fill_(-1.0)
            self.offset.zero_()

    def _encode(self, pixels: Tensor) -> Tensor:
        """``(N, K, 8)``: the code of each image for each class."""
        codes: Tensor = self.see2(torch.relu(self.see1(pixels)))
        return codes.reshape(-1, self.classes, CODE)

    def _decode(self, hidden: Tensor) -> Tensor:
        """``(M, 784)`` log-odds of white, of ``(M, 128)`` before the first ReLU."""
        odds: Tensor = self.draw3(torch.relu(self.draw2(torch.relu(hidden))))
        return odds


def _fit(odds: Tensor, pixels: Tensor) -> Tensor:
    """``log p(x | g)``, over the last axis, of log-odds of white and pixels from 0 to 1."""
    fit: Tensor = (odds * pixels - nn.functional.softplus(odds)).sum(-1)
    return fit


def _fit_by_rows(odds: Tensor, pixels: Tensor) -> Tensor:
    """``_fit``, with one logarithm for each row of 28 pixels; three times as fast in onnxruntime.

    ``log(1 + exp(o)) = max(o, 0) + log(1 + exp(-|o|))``, and 28 factors from 1 to 2 are far from overflow.
    """
    factors = (1.0 + torch.exp(-odds.abs())).reshape(*odds.shape[:-1], 28, 28)
    rest: Tensor = factors.prod(-1).log().sum(-1)
    return (odds * pixels - torch.relu(odds)).sum(-1) - rest
