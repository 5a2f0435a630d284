"""Ascent through an encoding: the gradient moves the genome, here the weights of a CPPN, not the pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from foolery.canvas import Canvases
from foolery.classifiers.gradients import DifferentiableClassifier
from foolery.encodings.base import Encoding
from foolery.encodings.differentiable import DifferentiableEncoding as SecondRole
from foolery.search.ascent_presets import AscentRule
from foolery.search.gradient_ascent import AscentState, Rows, in_slices, step_length, target_scores

Length: TypeAlias = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class GenomeAscent:
    """Gradient ascent on the parameters of genomes, by the paper's step rule.

    The picture is the one that ``encoding.render`` draws; the gradient is that of its levels before they
    are made whole. A genome that has no parameters, or none that matters, is stuck.

    Attributes:
        classifier: has ``logits`` with gradients.
        targets: ``(N,)``: each row's class.
        encoding: of the genomes.
        rule: the step; decay draws the parameters to 0, what else follows a step is for pixels only.
    """

    classifier: DifferentiableClassifier
    targets: Sequence[int]
    encoding: Encoding[Any]
    rule: AscentRule

    def start(self, genomes: Any) -> AscentState[Any]:
        """Row i at genome i."""
        return AscentState(genomes, np.zeros(len(genomes), np.bool_))

    def canvases(self, state: AscentState[Any], rows: Rows) -> Canvases:
        """The pictures, as the encoding renders them."""
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
            lambda value, slope: step_length(value, slope, self.rule, self.classifier.description.kind),
            decay=self.rule.decay,
        )
        all_zero_gradient = state.zero_gradient.copy()
        all_zero_gradient[rows] = zero_gradient
        before = self.encoding.take(
            state.position, np.arange(len(all_zero_gradient))
        )  # put may write into it
        return AscentState(self.encoding.put(before, rows, moved), all_zero_gradient)

    def save(self, state: AscentState[Any]) -> dict[str, NDArray[Any]]:
        """The packed genomes and which rows are stuck."""
        blobs = self.encoding.pack(state.position)
        return {
            "position": np.frombuffer(b"".join(blobs), np.uint8),
            "lengths": np.array([len(blob) for blob in blobs]),
            "stuck": state.zero_gradient,
        }

    def load(self, saved: dict[str, NDArray[Any]]) -> AscentState[Any]:
        """The inverse of ``save``."""
        ends = np.cumsum(saved["lengths"])
        whole = saved["position"].tobytes()
        blobs = [whole[end - size : end] for end, size in zip(ends, saved["lengths"], strict=True)]
        return AscentState(self.encoding.unpack(blobs), saved["stuck"])

    @property
    def _differentiable(self) -> SecondRole[Any]:
        return self.encoding.differentiable(self.classifier.description.device)


def ascent_step(
    classifier: DifferentiableClassifier,
    role: SecondRole[Any],
    genomes: Any,
    targets: Sequence[int],
    length: Length,
    *,
    decay: float = 0.0,
) -> tuple[Any, NDArray[np.bool_]]:
    """``genomes`` after one step each, and which of them had no gradient to follow.

    Args:
        classifier: has ``logits`` with gradients.
        role: the encoding of the genomes, with gradients.
        genomes: N of them.
        targets: ``(N,)``: the class that each is to gain in.
        length: from ``certainty`` and its gradient, ``(N,)`` and ``(N, M)``, to the factors of the gradient.
        decay: share of the parameters that is lost after the step.
    """
    encoding, count = role.encoding, len(targets)
    parts: dict[int, Any] = {}
    zero_gradient = np.zeros(count, np.bool_)

    def work(rows: Rows) -> None:
        part = encoding.take(genomes, rows)
        parameters, wanted_classes = role.parameters(part), [targets[row] for row in rows.tolist()]
        zero_gradient[rows] = True
        if parameters.values.shape[1]:
            value = target_scores(classifier, role.draw(parameters), wanted_classes)
            (gradient,) = torch.autograd.grad(value.sum(), parameters.values)
            with torch.no_grad():
                parameters.values.add_(length(value.detach(), gradient)[:, None] * gradient)
                parameters.values.mul_(1.0 - decay)
            parameters.clip()
            part = role.with_parameters(part, parameters)
            zero_gradient[rows] = ~(gradient != 0).any(1).cpu().numpy()
        parts[int(rows[0])] = part

    in_slices(work, np.arange(count), classifier)
    return encoding.join([parts[first] for first in sorted(parts)]), zero_gradient
