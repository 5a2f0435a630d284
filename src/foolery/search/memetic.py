"""Refine: memetic search, where every child takes some gradient steps on its genome before it is scored.

A child climbs towards the class whose champion it is nearest to beating. For a CPPN its weights move; for
the direct encoding its pixels do, as real numbers that are rounded to genes of 8 bits after the last step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.classifiers.gradients import DifferentiableClassifier
from foolery.encodings.base import Encoding, G
from foolery.errors import UsageError
from foolery.rng import Stream
from foolery.search.map_elites import MapElites

MAX_STEP = 1.0
"""A step aims to gain at most so much in the logarithm of the probability …"""
MAX_SHARE = 0.5
"""… and at most this share of what is missing to a probability of 1."""
MAX_STEPS = 100
PASSES = 2  # of a picture through the network for each step: forward and backward


@dataclass
class MemeticEncoding(Encoding[G]):
    """An encoding whose children have climbed; in all else it is the encoding within.

    Attributes:
        inner: describes, varies and draws.
        classifier: has ``logits`` with gradients.
        cells: for each cell of the archive the index of its class.
        steps: that every child takes.
        champions: the true scores ``(cells,)`` of the champions, as they are when children are bred.
    """

    inner: Encoding[G]
    classifier: DifferentiableClassifier
    cells: tuple[int, ...]
    steps: int
    champions: Callable[[], NDArray[np.float64]]

    def __post_init__(self) -> None:
        inner = self.inner
        self.name, self.canvas, self.renderer_version = inner.name, inner.canvas, inner.renderer_version
        self.keeps_ancestors = inner.keeps_ancestors

    @property
    def options(self) -> Mapping[str, str | int | float | bool]:
        """Those of the encoding within."""
        return self.inner.options

    @property
    def group_size(self) -> int:
        """That of the encoding within."""
        return self.inner.group_size

    def initial(self, stream: Stream) -> G:
        """Random genomes; they do not climb."""
        return self.inner.initial(stream)

    def vary(self, parents: G, stream: Stream) -> G:
        """One child for every parent, after its climb."""
        return gradient_steps(
            self.inner,
            self.classifier,
            self.inner.vary(parents, stream),
            self.cells,
            self.champions(),
            self.steps,
        )

    def mates(self, stream: Stream) -> NDArray[np.int64]:
        """Those of the encoding within."""
        return self.inner.mates(stream)

    def take(self, genomes: G, index: NDArray[np.int64]) -> G:
        """As the encoding within."""
        return self.inner.take(genomes, index)

    def put(self, genomes: G, index: NDArray[np.int64], source: G) -> G:
        """As the encoding within."""
        return self.inner.put(genomes, index, source)

    def join(self, parts: Sequence[G]) -> G:
        """As the encoding within."""
        return self.inner.join(parts)

    def render(self, genomes: G) -> Canvases:
        """As the encoding within."""
        return self.inner.render(genomes)

    def pack(self, genomes: G) -> list[bytes]:
        """As the encoding within."""
        return self.inner.pack(genomes)

    def unpack(self, blobs: Sequence[bytes]) -> G:
        """As the encoding within."""
        return self.inner.unpack(blobs)


def gradient_steps(
    encoding: Encoding[G],
    classifier: DifferentiableClassifier,
    genomes: G,
    cells: Sequence[int],
    champions: NDArray[np.float64],
    steps: int,
) -> G:
    """``genomes``, N of them, after ``steps`` steps each.

    The first forward pass also chooses each one's class: the cell where its score lies least below, or most
    above, the champion's.

    Args:
        encoding: of the genomes.
        classifier: has ``logits`` with gradients.
        genomes: are not changed.
        cells: for each cell the index of its class.
        champions: ``(cells,)`` their true scores.
        steps: 0 or more; each is a forward and a backward pass.
    """
    import torch

    from foolery.search.gradient_ascent import all_scores, in_slices

    role = encoding.differentiable(classifier.description.device)
    kind, parts = classifier.description.kind, {}
    index = np.array(cells)

    def work(rows: NDArray[np.int64]) -> None:
        part = encoding.take(genomes, rows)
        parameters = role.parameters(part)
        at = torch.arange(len(rows), device=parameters.values.device)
        chosen: Any = None
        for _ in range(steps if parameters.values.shape[1] else 0):
            scores = all_scores(classifier, role.draw(parameters))
            if chosen is None:
                gap = scores.detach().cpu().numpy()[:, index] - champions
                chosen = torch.from_numpy(index[gap.argmax(axis=1)]).to(at.device)
            value = scores[at, chosen]
            (slope,) = torch.autograd.grad(value.sum(), parameters.values)
            square = slope.double().square().sum(1)
            p = torch.zeros_like(value) if kind == "similarity" else value.detach()
            missing = 1.0 - value.detach() if kind == "similarity" else -torch.expm1(p) * torch.exp(-p)
            length = (MAX_SHARE * missing).clamp(max=MAX_STEP) / square
            factor = torch.where(square > 0, length, 0.0).nan_to_num(0.0, 0.0, 0.0).float()
            with torch.no_grad():
                parameters.values.add_(factor[:, None] * slope)
            parameters.clip()
        parts[int(rows[0])] = role.with_parameters(part, parameters)

    in_slices(work, np.arange(len(genomes)), classifier)  # type: ignore[arg-type]
    return encoding.join([parts[first] for first in sorted(parts)])


def make_memetic(search: MapElites[Any], classifier: Classifier, steps: int) -> None:
    """From here on, the children of ``search`` climb.

    Raises:
        UsageError: for a classifier without gradients, an encoding without them, or several replicates.
    """
    from foolery.classifiers.onnx_torch import with_gradient

    if len(search.seeds) > 1:
        raise UsageError("refine: replicates do not climb in common batches; evolve one run at a time")
    differentiable_classifier = with_gradient(classifier)
    search.encoding.differentiable()
    search.encoding = MemeticEncoding(
        search.encoding,
        differentiable_classifier,
        search.objective.cells,
        steps,
        lambda: search.archive.score[0],
    )


def check_steps(steps: int) -> int:
    """``steps``; raises UsageError unless it is a whole number from 0 to 100."""
    if isinstance(steps, bool) or not isinstance(steps, int) or not 0 <= steps <= MAX_STEPS:
        raise UsageError(
            f"refine: expected a whole number of gradient steps from 0 to {MAX_STEPS}, got {steps!r}"
        )
    return steps


def queries_per_child(steps: int) -> int:
    """Queries of one child: the score, and a forward and a backward pass for each step."""
    return 1 + PASSES * steps
