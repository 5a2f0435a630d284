"""The lineage of every champion, as a strip of images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from foolery.canvas import Canvases, from_image, to_image
from foolery.encodings import Encoding
from foolery.runs import Replacement, RunFile

MAX_STEPS = 8  # of a strip
SIDE = 64  # pixels
_BATCH = 500  # genomes that are rendered at a time


@dataclass(frozen=True)
class LineageStep:
    """An ancestor, or the champion itself.

    Attributes:
        generation: in which it was created.
        label: a class that it was champion of: the class of the champion if it was that, else the one of
            its highest confidence.
        confidence: in that class.
        canvas: ``(C, h, w) uint8``, at most 64 pixels wide and high.
    """

    generation: int
    label: str
    confidence: float
    canvas: Canvases


@dataclass(frozen=True)
class Ancestry:
    """Some of the ancestors of a champion, the first one and the champion among them.

    Attributes:
        length: of the whole line of parents.
        steps: at most 8, oldest first.
    """

    length: int
    steps: tuple[LineageStep, ...]


def trace_ancestries(run: RunFile, encoding: Encoding[Any]) -> list[Ancestry | None]:
    """One for each champion of the run, in order; None where the genomes of ancestors are not kept."""
    if not run.keeps_genomes:
        return [None] * len(run.champions)
    by_number = {each.number: each for each in run.individuals}
    lineages = [run.lineage(champion.individual) for champion in run.champions]
    chosen = [[lineage[at] for at in _spread_indices(len(lineage))] for lineage in lineages]
    holders = {replacement.individual for replacement in run.replacements}  # bred by hand, some held nothing
    chosen = [[each for each in line if each.number in holders] for line in chosen]
    numbers = sorted({each.number for line in chosen for each in line if each.genome is not None})
    images = _render_small(encoding, [by_number[number].genome or b"" for number in numbers])
    rendered = dict(zip(numbers, images, strict=True))
    replacements: dict[int, list[Replacement]] = {}
    for replacement in run.replacements:
        replacements.setdefault(replacement.individual, []).append(replacement)
    names = [run.settings.classes[cell] for cell in run.settings.cells]
    return [
        Ancestry(
            len(lineage),
            tuple(
                LineageStep(
                    each.generation, names[replacement.cell], replacement.confidence, rendered[each.number]
                )
                for each in line
                if each.number in rendered
                for replacement in [_most_relevant(replacements[each.number], champion.cell)]
            ),
        )
        for champion, lineage, line in zip(run.champions, lineages, chosen, strict=True)
    ]


def _most_relevant(replacements: Iterable[Replacement], cell: int) -> Replacement:
    return max(replacements, key=lambda replacement: (replacement.cell == cell, replacement.confidence))


def _spread_indices(count: int) -> list[int]:
    """At most 8 indices below ``count``, the first and the last among them."""
    indices: list[int] = np.unique(
        np.linspace(0, count - 1, min(count, MAX_STEPS)).round().astype(int)
    ).tolist()
    return indices


def _render_small(encoding: Encoding[Any], genomes: list[bytes]) -> list[Canvases]:
    images: list[Canvases] = []
    for start in range(0, len(genomes), _BATCH):
        canvases = encoding.render(encoding.unpack(genomes[start : start + _BATCH]))
        images += [_reduce(canvas) for canvas in canvases]
    return images


def _reduce(canvas: Canvases) -> Canvases:
    _, height, width = canvas.shape
    longest = max(height, width)
    if longest <= SIDE:
        return canvas
    size = max(1, width * SIDE // longest), max(1, height * SIDE // longest)
    return from_image(to_image(canvas).resize(size))
