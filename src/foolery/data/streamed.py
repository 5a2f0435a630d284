"""Streamed images: read and decoded batch by batch, so that a data set need not fit in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.data.decode import decode, strict_size
from foolery.data.fitting import fit
from foolery.data.labelled import LabelledImages
from foolery.errors import UsageError
from foolery.workers import parallel_for

_CHUNK = 4  # images that a worker decodes at a time


class EncodedImages(Protocol):
    """Where encoded images come from."""

    def contents(self, rows: NDArray[np.int64], size: int) -> Iterator[list[bytes | None]]:
        """The files' bytes of ascending ``rows``, ``size`` at a time; None for one that cannot be read."""
        ...

    def name(self, row: int) -> str:
        """What a person calls the image."""
        ...


@dataclass(frozen=True)
class StreamedImages:
    """Images that stay encoded until a batch of them is needed.

    Attributes:
        classes: one name per class.
        labels: ``(N,) int64``, each an index into ``classes``.
        rows: ``(N,) int64``, ascending: which images of the source.
        source: where they are read from.
        unreadable: what was wrong with images that were left out, one line each; filled while reading.
    """

    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    source: EncodedImages
    unreadable: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: NDArray[np.int64]) -> StreamedImages:
        """Only these images, in their order here; ``rows`` from 0 to ``len(self) - 1``."""
        unique = np.unique(rows)
        return StreamedImages(self.classes, self.labels[unique], self.rows[unique], self.source)

    def batches(self, size: int, canvas: CanvasShape) -> Iterator[LabelledImages]:
        """At most ``size`` images at a time, in order, each fitted to ``canvas``.

        An image that cannot be read is left out, and noted in ``unreadable``, once.

        Raises:
            UsageError: after the last batch, where no image could be read.
        """
        start, good = 0, 0
        for contents in self.source.contents(self.rows, size):
            part = slice(start, start + len(contents))
            names = [self.source.name(int(row)) for row in self.rows[part]]
            canvases, failures = _decode_all(contents, names, canvas)
            earlier = set(self.unreadable)
            self.unreadable.extend(message for message in failures.values() if message not in earlier)
            readable = np.setdiff1d(np.arange(len(contents)), list(failures))
            start, good = part.stop, good + len(readable)
            if len(readable):
                yield LabelledImages(canvases[readable], self.labels[part][readable], self.classes)
        if not good:
            raise UsageError(f"data: none of the {len(self)} images could be read; {self.unreadable[0]}")


def _decode_all(
    contents: list[bytes | None], names: list[str], shape: CanvasShape
) -> tuple[Canvases, dict[int, str]]:
    """``(n, C, H, W) uint8``, and what was wrong with the rows that have no image."""
    canvases = np.zeros((len(contents), *shape.axes), np.uint8)
    failures: dict[int, str] = {}

    def work(start: int, stop: int) -> None:
        for row in range(start, stop):
            content = contents[row]
            if content is None:
                failures[row] = f"image {names[row]}: cannot be read"
                continue
            try:
                canvases[row] = fit(decode(content, names[row]), shape)
            except UsageError as error:
                failures[row] = str(error)

    with strict_size():
        parallel_for(work, len(contents), chunk=_CHUNK)
    return canvases, dict(sorted(failures.items()))
