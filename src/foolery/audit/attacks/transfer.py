"""The transfer attack: champions that were evolved on other networks, each scored once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from foolery.audit.attacks.base import AttackBudget, AttackContext, AttackResult, DrawImages
from foolery.audit.attacks.single_shot import score_images
from foolery.audit.attacks.transfer_champions import TransferChampions, shipped_champions
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.encodings import make_encoding

TRANSFER = "transfer"
"""Name of the transfer attack."""


@dataclass(frozen=True)
class TransferAttack:
    """Champions of other networks, each scored once.

    Attributes:
        champions: to try; the shipped ones if None.
    """

    champions: TransferChampions | None = None
    name: str = TRANSFER

    def unavailable(self, context: AttackContext) -> str | None:
        """There may be no champion that fits the canvas."""
        if transfer_images(context.classifier, self.champions) is None:
            return "no champions of other networks fit its canvas"
        return None

    def run(self, context: AttackContext, budget: AttackBudget) -> AttackResult:
        """Draw and score."""
        images = transfer_images(context.classifier, self.champions)
        if images is None:
            return AttackResult.empty(len(context.classifier.description.classes))
        draw_images, count = images
        limited = replace(budget, queries=min(budget.queries, count))
        result = score_images(self.name, draw_images, context, limited)
        return replace(result, exhausted=result.queries >= count)


def transfer_images(
    classifier: Classifier, champions: TransferChampions | None = None
) -> tuple[DrawImages, int] | None:
    """Images of ``champions`` by number, on the classifier's canvas, and how many there are.

    Those that were evolved on this very classifier are left out: their queries were spent, though not here.

    Args:
        classifier: that is attacked.
        champions: the shipped ones if None.

    Returns:
        None where no champion can be drawn.
    """
    description = classifier.description
    encoding = make_encoding("cppn", description.canvas)
    chosen = shipped_champions() if champions is None else champions
    count = len(chosen.compatible(encoding, exclude=description.fingerprint))
    if not count:
        return None
    return _images(encoding, chosen.genomes(encoding, exclude=description.fingerprint), count), count


def _images(encoding: Any, genomes: Any, count: int) -> DrawImages:
    def draw_images(first: int, number: int) -> Canvases:
        rows = np.arange(first, min(count, first + number))
        images: Canvases = encoding.render(encoding.take(genomes, rows))
        return images

    return draw_images
