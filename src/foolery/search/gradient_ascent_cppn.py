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
from foolery.classifiers.gradients import Differentiable
from foolery.encodings.base import Encoding
from foolery.encodings.differentiable import Differentiable as SecondRole
from foolery.encodings.differentiable import differentiable
from foolery.search.ascent_presets import Rule
from foolery.search.gradient_ascent import Place, Rows, certainty, in_slices, step_length

Length: TypeAlias = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class GenomeClimb:
    """Gradient ascent on the parameters of genomes, by the paper's step rule.

    The picture is the one that ``encoding.render`` draws; the gradient is that of its levels before they
    are made whole. A genome that has no parameters, or none that matters, is stuck.

    Attributes:
        classifier: has ``logits`` with gradients.
        targets: ``(N,)``: each row's class.
        encoding: of the genomes.
        rule: the step; decay draws the parameters to 0, what else follows a step is for pixels only.
    """

    classifier: Differentiable
    targets: Sequence[int]
    encoding: Encoding[Any]
    rule: Rule

    def start(self, genomes: Any) -> Place[Any]:
        """Row i at genome i."""
        return Place(genomes, np.zeros(len(genomes), np.bool_))

    def canvases(self, place: Place[Any], rows: Rows) -> Canvases:
        """The pictures, as the encoding renders them."""
        return self.encoding.render(self.encoding.take(place.position, rows))

    def genomes(self, place: Place[Any], rows: Rows) -> list[bytes]:
        """The genomes, packed."""
        return self.encoding.pack(self.encoding.take(place.position, rows))

    def step(self, place: Place[Any], rows: Rows, number: int) -> Place[Any]:
        """All rows, after step ``number`` of some of them."""
        moved, stuck = ascended(
            self.classifier,
            self._role,
            self.encoding.take(place.position, rows),
            [self.targets[row] for row in rows.tolist()],
            lambda value, slope: step_length(value, slope, self.rule, self.classifier.description.kind),
            decay=self.rule.decay,
        )
        still = place.stuck.copy()
        still[rows] = stuck
        before = self.encoding.take(place.position, np.arange(len(still)))  # put may write into it
        return Place(self.encoding.put(before, rows, moved), still)

    def save(self, place: Place[Any]) -> dict[str, NDArray[Any]]:
        """The packed genomes and which rows are stuck."""
        blobs = self.encoding.pack(place.position)
        return {
            "position": np.frombuffer(b"".join(blobs), np.uint8),
            "lengths": np.array([len(blob) for blob in blobs]),
            "stuck": place.stuck,
        }

    def load(self, saved: dict[str, NDArray[Any]]) -> Place[Any]:
        """The inverse of ``save``."""
        ends = np.cumsum(saved["lengths"])
        whole = saved["position"].tobytes()
        blobs = [whole[end - size : end] for end, size in zip(ends, saved["lengths"], strict=True)]
        return Place(self.encoding.unpack(blobs), saved["stuck"])

    @property
    def _role(self) -> SecondRole[Any]:
        return differentiable(self.encoding, self.classifier.description.device)


def ascended(
    classifier: Differentiable,
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
    stuck = np.zeros(count, np.bool_)

    def work(rows: Rows) -> None:
        part = encoding.take(genomes, rows)
        parameters, wanted = role.parameters(part), [targets[row] for row in rows.tolist()]
        stuck[rows] = True
        if parameters.values.shape[1]:
            value = certainty(classifier, role.draw(parameters), wanted)
            (slope,) = torch.autograd.grad(value.sum(), parameters.values)
            with torch.no_grad():
                parameters.values.add_(length(value.detach(), slope)[:, None] * slope)
                parameters.values.mul_(1.0 - decay)
            parameters.hold()
            part = role.with_parameters(part, parameters)
            stuck[rows] = ~(slope != 0).any(1).cpu().numpy()
        parts[int(rows[0])] = part

    in_slices(work, np.arange(count), classifier)
    return encoding.join([parts[first] for first in sorted(parts)]), stuck
