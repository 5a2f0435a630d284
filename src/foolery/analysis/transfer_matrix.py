"""What a transfer test gives: a matrix of cells, one for each source of images and each classifier."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from foolery.results import Result


@dataclass(frozen=True)
class TransferCell:
    """How the champions of a row do with the classifier of a column.

    Shares are of ``images``. A figure that nothing was measured for is NaN, as are shares above a
    confidence where one of the two gives cosines.

    Attributes:
        own: whether the classifier is the one that they were evolved against.
        images: champions whose class the classifier has too, by name.
        excluded: champions whose class it has not.
        matches: how many have the class that they were evolved for as top prediction.
        match_rate: the share of these.
        confidence: mean, in the class that they were evolved for.
        confidence_matched: mean of the top prediction, where that is the class they were evolved for.
        confidence_mismatched: mean of the top prediction, where that is another class.
        both_99: share with at least 0.99 for the class from both classifiers.
        both_9999: share with at least 0.9999 from both.
        source_9999: share with at least 0.9999 from the classifier that they were evolved against.
        source_only: share with at least 0.9999 from the classifier that they were evolved against, while
            this one predicts another class or gives less than 0.5.
        resized: whether the canvases had to be fitted to the classifier's.
    """

    own: bool
    images: int
    excluded: int
    matches: int
    match_rate: float
    confidence: float
    confidence_matched: float
    confidence_mismatched: float
    both_99: float
    both_9999: float
    source_9999: float
    source_only: float
    resized: bool


@dataclass(frozen=True)
class TransferRow:
    """Champions of a run, or of all runs of one encoding against one classifier.

    Attributes:
        name: of the run; for pooled ones the classifier and the encoding.
        classifier: that they were evolved against.
        encoding: that drew them.
        runs: number of them.
        cells: one for each column.
    """

    name: str
    classifier: str
    encoding: str
    runs: int
    cells: tuple[TransferCell, ...]


@dataclass(frozen=True)
class TransferMatrix(Result):
    """A matrix: rows are where images come from, columns are classifiers that score them.

    Attributes:
        columns: names of the classifiers.
        rows: one for each run.
        pooled: one for each classifier that runs were made against, and encoding.
        unmatched: for each column the classes of the runs that it has not, by name, sorted.
        notes: what has to be known of the figures, one sentence each.
    """

    columns: tuple[str, ...]
    rows: tuple[TransferRow, ...]
    pooled: tuple[TransferRow, ...]
    unmatched: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON types only; NaN becomes None."""
        return {
            "columns": list(self.columns),
            "rows": [_row_as_dict(row) for row in self.rows],
            "pooled": [_row_as_dict(row) for row in self.pooled],
            "unmatched": [list(names) for names in self.unmatched],
            "notes": list(self.notes),
        }


def _row_as_dict(row: TransferRow) -> dict[str, object]:
    cells = [
        {
            name: None if isinstance(value, float) and not isfinite(value) else value
            for name, value in asdict(passage).items()
        }
        for passage in row.cells
    ]
    head = {"name": row.name, "classifier": row.classifier, "encoding": row.encoding, "runs": row.runs}
    return {**head, "cells": cells}
