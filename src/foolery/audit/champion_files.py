"""Champions of an audit: their rows in ``audit.json``, and their PNG files."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.champion_files import class_file_name
from foolery.audit.reference import class_medians
from foolery.audit.schema import AuditedChampion
from foolery.audit.scoring import AuditResults
from foolery.audit.storage import CHAMPIONS
from foolery.canvas import Canvases, canvas_hash, png_bytes


@dataclass
class ChampionFiles:
    """Champions of one audit.

    Attributes:
        folder: of the audit.
        classes: of the classifier.
        seed: the first.
    """

    folder: Path
    classes: tuple[str, ...]
    seed: int
    _written: dict[str, str] = field(default_factory=dict)  # image to the hash of its canvas

    def write(
        self, results: AuditResults, agreement: NDArray[np.float64] | None = None
    ) -> tuple[AuditedChampion, ...]:
        """A row for each class that has an image; images that changed are written.

        Args:
            results: of all attacks.
            agreement: ``(A, K) float64`` as in ``AuditResults.verdict``.
        """
        by_panel = None if agreement is None else results.of_winners(agreement)
        return tuple(
            self._champion(results, index, canvas, by_panel)
            for index, canvas in sorted(results.canvases().items())
        )

    def _champion(
        self, results: AuditResults, index: int, canvas: Canvases, by_panel: NDArray[np.float64] | None
    ) -> AuditedChampion:
        reference, winner = results.reference, results.attack_runs[int(results.winners[index])]
        digest, value = canvas_hash(canvas), float(winner.result.values[index])
        return AuditedChampion(
            index=index,
            label=self.classes[index],
            confidence=float(results.confidences[index]),
            score=float(results.scores[index]),
            value=value,
            attack=winner.attack,
            seed=self.seed + winner.seed,
            queries_to_fool=tuple(
                int(queries) if isfinite(queries) else None for queries in results.queries_to_fool[:, index]
            ),
            fooled=None if reference is None else value >= reference.threshold,
            above_real_median=None if reference is None else bool(value > class_medians(reference)[index]),
            recognized_by=None if by_panel is None or np.isnan(by_panel[index]) else float(by_panel[index]),
            image=self._write_image(index, canvas, digest),
            canvas_hash=digest,
        )

    def _write_image(self, index: int, canvas: Canvases, digest: str) -> str:
        name = f"{CHAMPIONS}/{class_file_name(index, self.classes[index])}"
        if self._written.get(name) != digest:
            (self.folder / CHAMPIONS).mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(png_bytes(canvas))
            self._written[name] = digest
        return name
