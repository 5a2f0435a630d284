"""Synthetic images: noise, colors, tiles and others that need no search, by which a search is measured."""

from __future__ import annotations

from dataclasses import dataclass

from foolery.audit.attacks.base import AttackBudget, AttackContext, AttackResult
from foolery.audit.attacks.single_shot import score_images
from foolery.canvas import Canvases
from foolery.data.synthetic import SyntheticKind


@dataclass(frozen=True)
class SyntheticAttack:
    """Synthetic images of one kind, each scored once."""

    kind: SyntheticKind

    @property
    def name(self) -> str:
        """The name of the kind."""
        return self.kind.name

    def unavailable(self, context: AttackContext) -> str | None:
        """Some kinds are made of real images."""
        if self.kind.needs_photos and context.reference_images is None:
            return "is made of real images; give --data"
        return None

    def run(self, context: AttackContext, budget: AttackBudget) -> AttackResult:
        """Draw and score."""
        canvas = context.classifier.description.canvas

        def draw_images(first: int, count: int) -> Canvases:
            return self.kind.images(canvas, count, context.seed, context.reference_images, first=first)

        return score_images(self.name, draw_images, context, budget)
