"""Restoring: a search put where its run files stand, or left with some of its replicates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from foolery.runs import RunWriter
from foolery.search.archive import Archive
from foolery.search.map_elites import MapElites

_ARRAYS = ("objective", "score", "individual", "born", "jumps")


def restore(search: MapElites[Any], writers: Sequence[RunWriter]) -> None:
    """Put ``search`` where ``writers`` stand, one for each of its replicates, all at the same generation."""
    archive = Archive(len(writers), len(search.objective.cells))
    genomes: list[bytes] = []
    for replicate, writer in enumerate(writers):
        champions = sorted(writer.champions, key=lambda champion: champion.cell)
        archive.objective[replicate] = [champion.objective for champion in champions]
        archive.score[replicate] = [champion.score for champion in champions]
        archive.individual[replicate] = [champion.individual for champion in champions]
        archive.born[replicate] = [champion.generation for champion in champions]
        archive.jumps[replicate] = writer.jumps
        genomes += [champion.genome for champion in champions]
    search.restore(writers[0].generation, search.encoding.unpack(genomes), archive)


def narrowed(search: MapElites[Any], kept: Sequence[int]) -> MapElites[Any]:
    """``search`` with the replicates ``kept`` alone, at least one; they go on as they would have."""
    replicates, cells = np.array(kept, np.int64), len(search.objective.cells)
    fewer = MapElites(
        search.encoding,
        search.objective,
        seeds=[search.seeds[replicate] for replicate in kept],
        batch=search.batch,
        initial=search.initial,
    )
    archive = Archive(len(kept), cells)
    for name in _ARRAYS:
        setattr(archive, name, getattr(search.archive, name)[replicates])
    rows = (replicates[:, None] * cells + np.arange(cells)).reshape(-1)
    fewer.restore(search.generation, search.encoding.take(search.elites, rows), archive)
    return fewer
