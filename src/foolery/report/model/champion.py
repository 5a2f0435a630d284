"""Ancestry: the line of parents of every champion, as a strip of pictures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from foolery.canvas import Canvases, from_image, to_image
from foolery.encodings import Encoding
from foolery.runs import Reign, RunFile

MOST = 8  # of a strip
SIDE = 64  # pixels


@dataclass(frozen=True)
class Ancestor:
    """One of the line of parents, or the champion itself.

    Attributes:
        generation: in which it was born.
        label: a class that it held: that of the champion if it held that, else the one it was surest in.
        confidence: of the classifier in that class.
        canvas: ``(C, h, w) uint8``, at most 64 pixels wide and high.
    """

    generation: int
    label: str
    confidence: float
    canvas: Canvases


@dataclass(frozen=True)
class Line:
    """Some of a champion's ancestors, the first one and the champion among them.

    Attributes:
        length: of the whole line.
        shown: at most 8, the oldest first.
    """

    length: int
    shown: tuple[Ancestor, ...]


def lines_of(run: RunFile, encoding: Encoding[Any]) -> list[Line | None]:
    """One for each of the run's champions, in order; None where the genomes of ancestors are not kept."""
    if not run.keeps_genomes:
        return [None] * len(run.champions)
    known = {one.number: one for one in run.individuals}
    lineages = [run.lineage(champion.individual) for champion in run.champions]
    chosen = [[line[at] for at in _spread(len(line))] for line in lineages]
    wanted = sorted({one.number for line in chosen for one in line if one.genome is not None})
    pictures = _pictures(encoding, [known[number].genome or b"" for number in wanted])
    drawn = dict(zip(wanted, pictures, strict=True))
    reigns: dict[int, list[Reign]] = {}
    for reign in run.reigns:
        reigns.setdefault(reign.individual, []).append(reign)
    names = [run.settings.classes[cell] for cell in run.settings.cells]
    return [
        Line(
            len(line),
            tuple(
                Ancestor(one.generation, names[reign.cell], reign.confidence, drawn[one.number])
                for one in some
                if one.number in drawn
                for reign in [_told(reigns[one.number], champion.cell)]
            ),
        )
        for champion, line, some in zip(run.champions, lineages, chosen, strict=True)
    ]


def _told(reigns: Iterable[Reign], cell: int) -> Reign:
    return max(reigns, key=lambda reign: (reign.cell == cell, reign.confidence))


def _spread(count: int) -> list[int]:
    """At most 8 indices below ``count``, the first and the last among them."""
    places: list[int] = np.unique(np.linspace(0, count - 1, min(count, MOST)).round().astype(int)).tolist()
    return places


def _pictures(encoding: Encoding[Any], genomes: list[bytes], batch: int = 500) -> list[Canvases]:
    pictures: list[Canvases] = []
    for start in range(0, len(genomes), batch):
        canvases = encoding.render(encoding.unpack(genomes[start : start + batch]))
        pictures += [_reduced(canvas) for canvas in canvases]
    return pictures


def _reduced(canvas: Canvases) -> Canvases:
    _, height, width = canvas.shape
    longest = max(height, width)
    if longest <= SIDE:
        return canvas
    size = max(1, width * SIDE // longest), max(1, height * SIDE // longest)
    return from_image(to_image(canvas).resize(size))
