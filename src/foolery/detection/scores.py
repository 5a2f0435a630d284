"""Raw scores: what each detector gave each image, in a file from which every figure can be computed again."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.errors import UsageError
from foolery.files import write_atomic

REAL = "real"
"""Name of the set of real images."""
COLUMNS = ("network", "seed", "detector", "set", "image", "fools", "score")
MAX_BYTES = 1 << 30


@dataclass(frozen=True)
class SetScores:
    """Scores of one detector for one set of images of one network and seed.

    Attributes:
        network: reference of the classifier.
        seed: of searches and of synthetic images.
        detector: its reference.
        name: of the set; ``real`` for the real images.
        scores: ``(N,) float64``, larger for more unusual.
        fools: ``(N,) bool``: whether the network gives the image the class that it was made for; True for
            images that were made for none.
    """

    network: str
    seed: int
    detector: str
    name: str
    scores: NDArray[np.float64]
    fools: NDArray[np.bool_]

    @property
    def unusual(self) -> NDArray[np.float64]:
        """``(N,) float64``: the scores; infinity for an image that fools nobody, which counts as rejected."""
        return np.where(self.fools, self.scores, np.inf)


def write_scores(path: Path, sets: Iterable[SetScores]) -> None:
    """Write ``sets`` as a gzip of comma-separated values, a line for each image, the same bytes every time.

    Raises:
        OSError: where it cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for each in sets:
        start = (each.network, each.seed, each.detector, each.name)
        rows = enumerate(zip(each.fools.tolist(), each.scores.tolist(), strict=True))
        writer.writerows((*start, row, int(fools), repr(score)) for row, (fools, score) in rows)
    packed = gzip.compress(text.getvalue().encode(), mtime=0)
    write_atomic(path, packed)


def read_scores(path: Path | str) -> tuple[SetScores, ...]:
    """What ``write_scores`` wrote.

    Raises:
        UsageError: for a file that is something else; names the line.
    """
    path = Path(path)
    try:
        with gzip.open(path) as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ValueError(f"it is longer than {MAX_BYTES >> 20} MiB")
        lines = csv.reader(io.StringIO(content.decode()))
        if tuple(next(lines, ())) != COLUMNS:
            raise ValueError(f"its first line is not {','.join(COLUMNS)}")
        groups: dict[tuple[str, int, str, str], list[tuple[bool, float]]] = {}
        for number, line in enumerate(lines, 2):
            if len(line) != len(COLUMNS):
                raise ValueError(f"line {number} has {len(line)} columns, not {len(COLUMNS)}")
            network, seed, detector, name, _, fools, score = line
            groups.setdefault((network, int(seed), detector, name), []).append((fools == "1", float(score)))
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(f"scores: cannot read {path}: {error}") from None
    return tuple(
        SetScores(*key, np.array([score for _, score in rows]), np.array([fools for fools, _ in rows], bool))
        for key, rows in groups.items()
    )
