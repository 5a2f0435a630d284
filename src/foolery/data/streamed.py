"""Streamed images: read and decoded batch by batch, so that a data set need not fit in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.data.contents import Contents
from foolery.data.decode import UnreadableImageError, decode, is_turned, strict_size
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
        contents_read: what the source was found to hold; None where that was not counted.
        unreadable: what was wrong with images that were left out, one line each; filled while reading.
        reasons: the same, as how many there were of each reason.
        turned: rows whose images have an orientation tag that is not followed; filled while reading.
    """

    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]
    source: EncodedImages
    contents_read: Contents | None = None
    unreadable: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    turned: set[int] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: NDArray[np.int64]) -> StreamedImages:
        """Only these images, in their order here; ``rows`` from 0 to ``len(self) - 1``.

        What is found while reading them is noted here too.
        """
        unique = np.unique(rows)
        return replace(self, labels=self.labels[unique], rows=self.rows[unique], contents_read=None)

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
            canvases, failures, turned = _decode_all(contents, names, canvas)
            self._remember(failures)
            self.turned.update(int(self.rows[start + row]) for row in turned)
            readable = np.setdiff1d(np.arange(len(contents)), list(failures))
            start, good = part.stop, good + len(readable)
            if len(readable):
                yield LabelledImages(canvases[readable], self.labels[part][readable], self.classes)
        if not good:
            raise UsageError(f"data: none of the {len(self)} images could be read; {self.unreadable[0]}")

    def _remember(self, failures: dict[int, UnreadableImageError]) -> None:
        earlier = set(self.unreadable) if failures else set()
        for error in failures.values():
            if str(error) not in earlier:
                self.unreadable.append(str(error))
                self.reasons[error.reason] += 1


def _decode_all(
    contents: list[bytes | None], names: list[str], shape: CanvasShape
) -> tuple[Canvases, dict[int, UnreadableImageError], list[int]]:
    """``(n, C, H, W) uint8``, what was wrong with the rows that have no image, and rows that are turned."""
    canvases = np.zeros((len(contents), *shape.axes), np.uint8)
    failures: dict[int, UnreadableImageError] = {}
    turned: list[int] = []

    def work(start: int, stop: int) -> None:
        for row in range(start, stop):
            content = contents[row]
            if content is None:
                failures[row] = UnreadableImageError(names[row], "cannot be read")
                continue
            try:
                image = decode(content, names[row], upright=shape.upright)
            except UnreadableImageError as error:
                failures[row] = error
                continue
            if not shape.upright and is_turned(image):
                turned.append(row)
            canvases[row] = fit(image, shape)

    with strict_size():
        parallel_for(work, len(contents), chunk=_CHUNK)
    return canvases, dict(sorted(failures.items())), turned
