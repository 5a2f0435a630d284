"""Memetic search: every child takes some gradient steps on its genome before it is scored (Lamarckian).

A child follows the gradient of the class whose champion it is nearest to beating. For a CPPN its weights
move; for the direct encoding its pixels do, as real numbers that are rounded to 8 bits after the last step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.classifiers.base import Classifier
from foolery.classifiers.gradients import DifferentiableClassifier
from foolery.encodings.base import Encoding, G
from foolery.errors import UsageError
from foolery.search.ascent_presets import AscentRule

#: A step aims to gain at most 1 nat, and at most half of what is missing to a probability of 1.
RULE = AscentRule(steps=0, first_gain=1.0, last_gain=0.5, step_nats=1.0)
MAX_STEPS = 100
QUERIES_PER_STEP = 2
"""An image goes through the network forward and backward; the score comes after the last step."""


@dataclass(frozen=True)
class GradientSteps:
    """The local search of a memetic search, as ``MapElites`` takes it.

    Attributes:
        classifier: has ``logits`` with gradients.
        cells: for each cell of the archive the index of its class.
        steps: that every child takes.
    """

    classifier: DifferentiableClassifier
    cells: tuple[int, ...]
    steps: int

    @property
    def queries_per_child(self) -> int:
        """The score, and a forward and a backward pass for each step."""
        return 1 + QUERIES_PER_STEP * self.steps

    @property
    def options(self) -> Mapping[str, int]:
        """What a run file says of it."""
        return {"memetic": self.steps}

    @property
    def chunk(self) -> int:
        """Children that take a step together."""
        from foolery.search.gradient_ascent import gradient_chunk

        return gradient_chunk(self.classifier)

    def __call__(self, encoding: Encoding[G], genomes: G, champions: NDArray[np.float64]) -> G:
        """``genomes``, N of them, after their steps; ``champions`` ``(N, cells)`` are the scores to beat.

        The first forward pass also chooses each one's class: the cell where its score lies least below, or
        most above, the champion's.
        """
        import torch

        from foolery.search.gradient_ascent import all_scores, for_each_chunk
        from foolery.search.gradient_ascent_cppn import move_parameters

        description = self.classifier.description
        second_role = encoding.differentiable(description.device)
        parts: dict[int, Any] = {}
        classes = np.array(self.cells)

        def work(rows: NDArray[np.int64]) -> None:
            part = encoding.take(genomes, rows)
            parameters = second_role.parameters(part)
            index = torch.arange(len(rows), device=parameters.values.device)
            targets: Any = None
            for _ in range(self.steps if parameters.values.shape[1] else 0):
                scores = all_scores(self.classifier, second_role.draw(parameters))
                if targets is None:
                    gap = scores.detach().cpu().numpy()[:, classes] - champions[rows]
                    targets = torch.from_numpy(classes[gap.argmax(axis=1)]).to(index.device)
                move_parameters(parameters, scores[index, targets], RULE, description.kind)
            parts[int(rows[0])] = second_role.with_parameters(part, parameters)

        for_each_chunk(work, np.arange(len(champions)), self.classifier)
        return encoding.join([parts[first] for first in sorted(parts)])


def gradient_steps(
    classifier: Classifier, encoding: Encoding[Any], cells: Sequence[int], steps: int
) -> GradientSteps:
    """The local search of ``steps`` gradient steps for genomes of ``encoding``.

    Raises:
        UsageError: for a classifier or an encoding without gradients, and for a number that is no number of
            steps.
    """
    check_steps(steps)
    from foolery.classifiers.onnx_torch import with_gradient

    encoding.differentiable()
    return GradientSteps(with_gradient(classifier), tuple(cells), steps)


def check_steps(steps: int) -> int:
    """``steps``; raises UsageError unless it is a whole number from 0 to 100."""
    if isinstance(steps, bool) or not isinstance(steps, int) or not 0 <= steps <= MAX_STEPS:
        raise UsageError(
            f"memetic: expected a whole number of gradient steps from 0 to {MAX_STEPS}, got {steps!r}"
        )
    return steps
