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
from foolery.canvas import Canvases, canvas_hash, from_png, png_bytes
from foolery.errors import UsageError
from foolery.files import write_inside
from foolery.untrusted import UnreadableError, path_inside, read_bytes

MAX_IMAGE_BYTES = 64 * 2**20
"""Nothing larger is a PNG file of a canvas."""


def read_champion(folder: Path, record: AuditedChampion) -> Canvases:
    """The canvas of a champion of the audit in ``folder``, ``(C, H, W) uint8``.

    Raises:
        UsageError: where its file lies outside, is no regular file or no PNG file of a canvas.
    """
    try:
        file = path_inside(folder, record.image)
        return np.ascontiguousarray(from_png(read_bytes(file, MAX_IMAGE_BYTES)))
    except UnreadableError as error:
        raise UsageError(f"audit: {error}") from None
    except UsageError as error:
        raise UsageError(f"audit: {folder / record.image} cannot be read: {error}") from None


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
            write_inside(self.folder, name, png_bytes(canvas))
            self._written[name] = digest
        return name
