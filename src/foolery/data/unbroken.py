"""Unbroken pictures: labelled data of which every picture has to be readable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import CanvasShape
from foolery.data.labelled import Labelled, LabelledData
from foolery.errors import UsageError


@dataclass(frozen=True)
class Unbroken:
    """``data``, whose batches raise UsageError at the first picture that cannot be read."""

    data: LabelledData

    @property
    def classes(self) -> tuple[str, ...]:
        """One name per class."""
        return self.data.classes

    def __len__(self) -> int:
        return len(self.data)

    def batches(self, size: int, canvas: CanvasShape) -> Iterator[Labelled]:
        """As of ``data``, but nothing is left out."""
        for part in self.data.batches(size, canvas):
            if self.unreadable:
                raise UsageError(f"data: {self.unreadable[0]}; mend it, or have such pictures skipped")
            yield part

    def take(self, rows: NDArray[np.int64]) -> Unbroken:
        """Only these pictures, in their order here."""
        return Unbroken(self.data.take(rows))

    @property
    def unreadable(self) -> list[str]:
        """Of ``data``."""
        return self.data.unreadable
