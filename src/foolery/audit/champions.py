"""Champions: the pictures that an audit ends with, as files and as rows of its document."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.export import safe_name
from foolery.audit.reference import real_medians
from foolery.audit.schema import Champion, Yardstick
from foolery.audit.scoring import Standing
from foolery.canvas import Canvases, canvas_hash, png_bytes

FOLDER = "champions"


@dataclass
class Showcase:
    """Champions of one audit.

    Attributes:
        out: folder of the audit.
        classes: of the classifier.
        seed: the first.
    """

    out: Path
    classes: tuple[str, ...]
    seed: int
    _written: dict[str, str] = field(default_factory=dict)  # image to the hash of what it shows

    def champions(
        self,
        standing: Standing,
        yardstick: Yardstick | None,
        recognised: NDArray[np.float64] | None,
    ) -> tuple[Champion, ...]:
        """A row for each class that has a picture; pictures that changed are written.

        Args:
            standing: of all attacks.
            yardstick: None without real pictures.
            recognised: ``(A, K) float64`` as in ``Standing.verdict``.
        """
        medians = None if yardstick is None else real_medians(yardstick)
        best = standing.values.max(axis=0)
        told = None if recognised is None else standing.of_winners(recognised)
        made = []
        for index, canvas in sorted(standing.canvases().items()):
            winner, mark = standing.entries[int(standing.winners[index])], canvas_hash(canvas)
            value, agreed = float(best[index]), None if told is None else float(told[index])
            made.append(
                Champion(
                    index=index,
                    label=self.classes[index],
                    confidence=float(standing.confidences[index]),
                    score=float(standing.scores[index]),
                    value=value,
                    attack=winner.attack,
                    seed=self.seed + winner.seed,
                    passed_at=tuple(int(at) if isfinite(at) else None for at in standing.passed[:, index]),
                    fooled=None if yardstick is None else value >= yardstick.threshold,
                    beats_real=None if medians is None else bool(value > medians[index]),
                    recognised_by=agreed if agreed is not None and isfinite(agreed) else None,
                    image=self._picture(index, canvas, mark),
                    canvas_hash=mark,
                )
            )
        return tuple(made)

    def _picture(self, index: int, canvas: Canvases, mark: str) -> str:
        name = f"{FOLDER}/{safe_name(index, self.classes[index])}"
        if self._written.get(name) != mark:
            (self.out / FOLDER).mkdir(parents=True, exist_ok=True)
            (self.out / name).write_bytes(png_bytes(canvas))
            self._written[name] = mark
        return name
