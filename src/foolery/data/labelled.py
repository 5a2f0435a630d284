"""Labelled images: canvases, one label for each, and the names of the labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.data.fitting import fit_all
from foolery.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class LabelledImages:
    """Images in memory.

    Attributes:
        canvases: ``(N, C, H, W) uint8``.
        labels: ``(N,) int64``, each an index into ``classes``.
        classes: one name per class.

    Raises:
        UsageError: where the three do not belong together.
    """

    canvases: Canvases
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        self.shape.check(self.canvases)
        if self.labels.dtype != np.int64 or self.labels.shape != (len(self.canvases),):
            raise UsageError(
                f"labels: expected ({len(self.canvases)},) int64, one for each image, "
                f"got {self.labels.shape} {self.labels.dtype}"
            )
        if self.labels.size and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            raise UsageError(
                f"labels: expected 0 to {len(self.classes) - 1} for {len(self.classes)} class names, "
                f"got {self.labels.min()} to {self.labels.max()}"
            )

    @property
    def shape(self) -> CanvasShape:
        """Channels, height and width of every image."""
        if self.canvases.ndim != 4:
            raise UsageError(f"canvases: expected (N, C, H, W) uint8, got {self.canvases.shape}")
        return CanvasShape(*self.canvases.shape[1:])

    def __len__(self) -> int:
        return len(self.canvases)

    def batches(self, size: int, canvas: CanvasShape) -> Iterator[LabelledImages]:
        """At most ``size`` images at a time, in order, each fitted to ``canvas``."""
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            yield LabelledImages(fit_all(self.canvases[part], canvas), self.labels[part], self.classes)

    def take(self, rows: NDArray[np.int64]) -> LabelledImages:
        """Only these images, in their order here; ``rows`` from 0 to ``len(self) - 1``."""
        unique = np.unique(rows)
        return LabelledImages(self.canvases[unique], self.labels[unique], self.classes)

    @property
    def unreadable(self) -> list[str]:
        """Empty: whatever is in memory was read."""
        return []


class LabelledData(Protocol):
    """What a data reference opens: it need not fit in memory, so it is read in batches."""

    @property
    def classes(self) -> tuple[str, ...]:
        """One name per class."""
        ...

    def __len__(self) -> int:
        """Number of images."""
        ...

    def batches(self, size: int, canvas: CanvasShape) -> Iterator[LabelledImages]:
        """At most ``size`` images at a time, in order, each fitted to ``canvas``."""
        ...

    def take(self, rows: NDArray[np.int64]) -> LabelledData:
        """Only these images, in their order here; ``rows`` from 0 to ``len(self) - 1``."""
        ...

    @property
    def unreadable(self) -> list[str]:
        """What was wrong with images that the batches so far left out, one line each."""
        ...


def sample(data: LabelledData, count: int) -> LabelledData:
    """``count`` images drawn at random from ``data``, the same ones every time; all if it has fewer."""
    if len(data) <= count:
        return data
    return data.take(np.sort(np.random.default_rng(0).permutation(len(data))[:count]))


SPLITS = ("train", "test")


def check_split(split: str) -> str:
    """``split``; raises UsageError where it is neither ``train`` nor ``test``."""
    if split not in SPLITS:
        raise UsageError(f"split: unknown {split!r}; {did_you_mean(split, list(SPLITS))}")
    return split


@dataclass(frozen=True)
class WatchedData:
    """``data``, that tells after each batch how many images were read, and of how many.

    Attributes:
        data: what is read.
        on_read: called with the two.
    """

    data: LabelledData
    on_read: Callable[[int, int], None]

    @property
    def classes(self) -> tuple[str, ...]:
        """One name per class."""
        return self.data.classes

    def __len__(self) -> int:
        return len(self.data)

    def batches(self, size: int, canvas: CanvasShape) -> Iterator[LabelledImages]:
        """As of ``data``."""
        done = 0
        for part in self.data.batches(size, canvas):
            done += len(part)
            yield part
            self.on_read(done, len(self))

    def take(self, rows: NDArray[np.int64]) -> WatchedData:
        """Only these images, in their order here."""
        return WatchedData(self.data.take(rows), self.on_read)

    @property
    def unreadable(self) -> list[str]:
        """Of ``data``."""
        return self.data.unreadable


@dataclass(frozen=True)
class StrictData:
    """``data``, whose batches raise UsageError at the first image that cannot be read."""

    data: LabelledData

    @property
    def classes(self) -> tuple[str, ...]:
        """One name per class."""
        return self.data.classes

    def __len__(self) -> int:
        return len(self.data)

    def batches(self, size: int, canvas: CanvasShape) -> Iterator[LabelledImages]:
        """As of ``data``, but nothing is left out."""
        for part in self.data.batches(size, canvas):
            if self.unreadable:
                raise UsageError(f"data: {self.unreadable[0]}; mend it, or have such images skipped")
            yield part

    def take(self, rows: NDArray[np.int64]) -> StrictData:
        """Only these images, in their order here."""
        return StrictData(self.data.take(rows))

    @property
    def unreadable(self) -> list[str]:
        """Of ``data``."""
        return self.data.unreadable
