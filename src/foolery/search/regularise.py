"""Regularise: what the paper does to a picture after a step, so that it becomes more natural (3.9)."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from foolery.search.ascent_presets import Rule


def regularised(x: Tensor, slope: Tensor, rule: Rule, number: int) -> Tensor:
    """Decay, blur and percentiles, in the paper's order.

    Args:
        x: ``(N, C, H, W) float32`` levels less the mean pixel, after step ``number``.
        slope: the gradient of that step, of the same shape; only its direction counts.
        rule: how much of each.
        number: of the step, from 0.
    """
    if rule.decay:
        x = x * (1.0 - rule.decay)
    if rule.blur and number % rule.blur_every == 0:
        x = blurred(x, rule.blur)
    if rule.small_norm:
        x = _without_least(x, x.square().sum(1).sqrt(), rule.small_norm)
    if rule.benefit:
        x = _without_least(x, (-slope * x).sum(1), rule.benefit)
    if rule.abs_benefit:
        x = _without_least(x, (-slope * x).sum(1).abs(), rule.abs_benefit)
    return x


def blurred(x: Tensor, sigma: float) -> Tensor:
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


def _without_least(x: Tensor, worth: Tensor, percentile: float) -> Tensor:
    """``x`` with zeros where a pixel's ``worth``, ``(N, H, W)``, is below that percentile of its row."""
    bound = torch.quantile(worth.flatten(1), percentile / 100.0, dim=1)[:, None, None]
    return x * (worth >= bound)[:, None]
