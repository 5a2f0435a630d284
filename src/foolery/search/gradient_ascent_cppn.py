"""Gradient ascent through an encoding: it moves genomes, for instance the weights of CPPNs, not pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foolery.canvas import Canvases
from foolery.classifiers.base import Kind
from foolery.classifiers.gradients import DifferentiableClassifier
from foolery.encodings.base import Encoding
from foolery.encodings.differentiable import DifferentiableEncoding as SecondRole
from foolery.encodings.differentiable import Parameters
from foolery.search.ascent_presets import AscentRule
from foolery.search.gradient_ascent import (
    AscentState,
    Rows,
    for_each_chunk,
    saved_zero_gradient,
    step_length,
    target_scores,
)


@dataclass(frozen=True)
class GenomeAscent:
    """Gradient ascent on the parameters of genomes, by the paper's step rule.

    The image is that of ``encoding.render``; the gradient is that of its levels before they
    are made whole. A genome that has no parameters, or none that matters, does not move.

    Attributes:
        classifier: has ``logits`` with gradients.
        targets: ``(N,)``: each row's class.
        encoding: of the genomes.
        rule: the step; decay moves the parameters to 0, what else follows a step is for pixels only.
    """

    classifier: DifferentiableClassifier
    targets: Sequence[int]
    encoding: Encoding[Any]
    rule: AscentRule

    def start(self, genomes: Any) -> AscentState[Any]:
        """Row i at genome i."""
        return AscentState(genomes, np.zeros(len(genomes), np.bool_))

    def canvases(self, state: AscentState[Any], rows: Rows) -> Canvases:
        """The images, as the encoding renders them."""
        return self.encoding.render(self.encoding.take(state.position, rows))

    def genomes(self, state: AscentState[Any], rows: Rows) -> list[bytes]:
        """The genomes, packed."""
        return self.encoding.pack(self.encoding.take(state.position, rows))

    def step(self, state: AscentState[Any], rows: Rows, number: int) -> AscentState[Any]:
        """All rows, after step ``number`` of some of them."""
        moved, zero_gradient = ascent_step(
            self.classifier,
            self._differentiable,
            self.encoding.take(state.position, rows),
            [self.targets[row] for row in rows.tolist()],
            self.rule,
        )
        zero_gradients = state.zero_gradient.copy()
        zero_gradients[rows] = zero_gradient
        before = self.encoding.take(state.position, np.arange(len(zero_gradients)))  # put may write into it
        return AscentState(self.encoding.put(before, rows, moved), zero_gradients)

    def save(self, state: AscentState[Any]) -> dict[str, NDArray[Any]]:
        """The packed genomes, and which rows have a gradient of zero."""
        blobs = self.encoding.pack(state.position)
        return {
            "position": np.frombuffer(b"".join(blobs), np.uint8),
            "lengths": np.array([len(blob) for blob in blobs]),
            "zero_gradient": state.zero_gradient,
        }

    def load(self, saved: dict[str, NDArray[Any]]) -> AscentState[Any]:
        """The inverse of ``save``."""
        ends = np.cumsum(saved["lengths"])
        whole = saved["position"].tobytes()
        blobs = [whole[end - size : end] for end, size in zip(ends, saved["lengths"], strict=True)]
        return AscentState(self.encoding.unpack(blobs), saved_zero_gradient(saved))

    @property
    def _differentiable(self) -> SecondRole[Any]:
        return self.encoding.differentiable(self.classifier.description.device)


def ascent_step(
    classifier: DifferentiableClassifier,
    second_role: SecondRole[Any],
    genomes: Any,
    targets: Sequence[int],
    rule: AscentRule,
) -> tuple[Any, NDArray[np.bool_]]:
    """``genomes`` after one step each, and which of them had no gradient to follow.

    Args:
        classifier: has ``logits`` with gradients.
        second_role: the encoding of the genomes, with gradients.
        genomes: N of them.
        targets: ``(N,)``: the class that each is to gain in.
        rule: how far a step goes; its decay is the part of the parameters that is lost after it.
    """
    encoding, count = second_role.encoding, len(targets)
    parts: dict[int, Any] = {}
    zero_gradient = np.ones(count, np.bool_)

    def work(rows: Rows) -> None:
        part = encoding.take(genomes, rows)
        parameters = second_role.parameters(part)
        if parameters.values.shape[1]:
            canvases = second_role.draw(parameters)
            wanted = [targets[row] for row in rows.tolist()]
            scores = target_scores(classifier, canvases, wanted, rule.logit_factor)
            zero_gradient[rows] = move_parameters(parameters, scores, rule, classifier.description.kind)
            part = second_role.with_parameters(part, parameters)
        parts[int(rows[0])] = part

    for_each_chunk(work, np.arange(count), classifier)
    return encoding.join([parts[first] for first in sorted(parts)]), zero_gradient


def move_parameters(
    parameters: Parameters, scores: Tensor, rule: AscentRule, kind: Kind
) -> NDArray[np.bool_]:
    """One step of N genomes' parameters, in place, along the gradient of ``scores`` ``(N,)``.

    Returns:
        ``(N,)``: which of them had a gradient of zero, and stay where they are.
    """
    (gradient,) = torch.autograd.grad(scores.sum(), parameters.values)
    length = step_length(scores.detach(), gradient, rule, kind)
    with torch.no_grad():
        parameters.values.add_(length[:, None] * gradient)
        parameters.values.mul_(1.0 - rule.decay)
    parameters.clip()
    zero: NDArray[np.bool_] = ~(gradient != 0).any(1).cpu().numpy()
    return zero
