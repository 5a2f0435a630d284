"""Ensemble: several classifiers of the same classes as one, by the mean of their probabilities."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.scores import mean_scores
from foolery.data.class_matching import match_classes
from foolery.data.fitting import FIT, fit_all
from foolery.errors import UsageError


@dataclass(frozen=True)
class Ensemble:
    """The mean probability of its members.

    Attributes:
        members: the classifiers; class names and their order are the first one's.
        order: for each member ``(K,) int64``, which of its classes is meant by each of the first one's.
        canvas: large enough for every member; fitted to each one's own.
    """

    members: tuple[Classifier, ...]
    order: tuple[NDArray[np.int64], ...]
    canvas: CanvasShape

    @property
    def description(self) -> Description:
        """Names joined by ``+``; the fingerprint covers the members', their order of classes, and the fit."""
        members = [member.description for member in self.members]
        content = [
            [each.fingerprint for each in members],
            [row.tolist() for row in self.order],
            self.canvas.axes,
            FIT,
        ]
        return Description(
            name="ensemble:" + "+".join(each.name.replace("+", "++") for each in members),
            fingerprint=hashlib.sha256(json.dumps(["ensemble", *content]).encode()).hexdigest(),
            canvas=self.canvas,
            classes=members[0].classes,
            kind=members[0].kind,
            backend="+".join(sorted({each.backend for each in members})),
            device="+".join(sorted({each.device for each in members})),
            forward={
                f"{number}.{key}": value
                for number, each in enumerate(members)
                for key, value in each.forward.items()
            },
        )

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` from the mean of the members' probabilities (cosines for ``similarity``)."""
        self.canvas.check(canvases)
        parts = [
            member.scores(fit_all(canvases, member.description.canvas))[:, order]
            for member, order in zip(self.members, self.order, strict=True)
        ]
        return mean_scores(np.stack(parts), self.members[0].description.kind)


def ensemble(*members: Classifier) -> Ensemble:
    """The members as one classifier.

    Raises:
        UsageError: for fewer than two, for other classes, and for other kinds of scores.
    """
    if len(members) < 2:
        raise UsageError("ensemble: expected two classifiers or more, with + between them")
    descriptions = [member.description for member in members]
    first = descriptions[0]
    order = []
    for each in descriptions:
        if each.kind != first.kind:
            raise UsageError(f"ensemble: {each.name} gives {each.kind}, {first.name} {first.kind}")
        if len(each.classes) != len(first.classes):
            raise UsageError(
                f"ensemble: expected {len(first.classes)} classes as {first.name} has, "
                f"got {len(each.classes)} of {each.name}"
            )
        order.append(_order(first, each))
    canvas = CanvasShape(
        max(each.canvas.channels for each in descriptions),
        max(each.canvas.height for each in descriptions),
        max(each.canvas.width for each in descriptions),
        first.canvas.resize if len({each.canvas.resize for each in descriptions}) == 1 else "crop",
        first.canvas.fill,
    )
    return Ensemble(members, tuple(order), canvas)


def _order(first: Description, other: Description) -> NDArray[np.int64]:
    try:
        match = match_classes(first.classes, other.classes, other.name)
    except UsageError as error:
        message = str(error).removeprefix("data: ").replace("its", f"{first.name}'s", 1)
        raise UsageError(f"ensemble: {message}") from None
    if match.by != "name":
        raise UsageError(f"ensemble: {first.name} and {other.name} have no class name in common")
    return match.index
