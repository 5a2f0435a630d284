"""The contract of an encoding: how an image is described, varied and drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.rng import Stream

G = TypeVar("G")


class Encoding(Protocol[G]):
    """Describes pictures by genomes of type ``G``: one struct of arrays for a whole batch.

    No method loops over individuals in Python, and none changes its arguments, except that ``put``
    may reuse the memory of ``genomes``.
    """

    @property
    def name(self) -> str:
        """The name in the registry, for instance ``cppn``."""
        ...

    @property
    def canvas(self) -> CanvasShape:
        """What ``render`` draws."""
        ...

    @property
    def renderer_version(self) -> int:
        """Version of the drawing; a genome drawn by another version may be another picture."""
        ...

    @property
    def options(self) -> Mapping[str, str | int | float | bool]:
        """Every option with its value; the registry makes the same encoding from them."""
        ...

    @property
    def keeps_ancestors(self) -> bool:
        """True where genomes are so small that a run file keeps those of former champions too."""
        ...

    @property
    def group_size(self) -> int:
        """Children are varied in groups of so many neighboring rows; 1 where each is on its own."""
        ...

    def initial(self, stream: Stream) -> G:
        """One random genome for every row of ``stream``."""
        ...

    def vary(self, parents: G, stream: Stream) -> G:
        """One child for every parent. With crossover, rows 2k and 2k + 1 are mates."""
        ...

    def mates(self, stream: Stream) -> NDArray[np.int64]:
        """``(N,)``: the row whose genes child i mixes in besides its own parent's, or -1."""
        ...

    def take(self, genomes: G, index: NDArray[np.int64]) -> G:
        """The genomes at ``index``, repeats allowed."""
        ...

    def put(self, genomes: G, index: NDArray[np.int64], source: G) -> G:
        """``genomes`` with ``genomes[index[i]] = source[i]``; ``index`` has no repeats."""
        ...

    def join(self, parts: Sequence[G]) -> G:
        """The genomes of all ``parts``, in order; at least one part."""
        ...

    def render(self, genomes: G) -> Canvases:
        """``(N, C, H, W) uint8``: the same bytes for the same genome on any machine."""
        ...

    def pack(self, genomes: G) -> list[bytes]:
        """One byte string per genome, without pickle."""
        ...

    def unpack(self, blobs: Sequence[bytes]) -> G:
        """The inverse of ``pack``; raises UsageError for anything that ``pack`` cannot have written."""
        ...


@runtime_checkable
class Movable(Protocol[G]):
    """An encoding that can draw in the memory of a device."""

    def on_device(self, device: str) -> Encoding[G]:
        """The same encoding, drawing on ``device`` where it can; itself elsewhere."""
        ...


def offspring(encoding: Encoding[G], pool: G, parent_rows: NDArray[np.int64], stream: Stream) -> G:
    """``encoding.vary(encoding.take(pool, picked), stream)``.

    An encoding may have a method ``breed(pool, picked, stream)`` that does the same with fewer copies.
    """
    method: Callable[[G, NDArray[np.int64], Stream], G] | None = getattr(encoding, "breed", None)
    return (
        encoding.vary(encoding.take(pool, parent_rows), stream)
        if method is None
        else method(pool, parent_rows, stream)
    )


def render_into(encoding: Encoding[G], genomes: G, canvases: Canvases) -> None:
    """``canvases[:] = encoding.render(genomes)``; ``canvases`` must be contiguous.

    An encoding may have a method ``render_into(genomes, canvases)`` that does the same without a copy.
    """
    method: Callable[[G, Canvases], None] | None = getattr(encoding, "render_into", None)
    if method is None:
        canvases[:] = encoding.render(genomes)
    else:
        method(genomes, canvases)


def on_device(encoding: Encoding[G], device: str) -> Encoding[G]:
    """``encoding``, drawing the same bytes in the memory of ``device`` (``cpu``, ``cuda`` …) where it can."""
    return encoding.on_device(device) if isinstance(encoding, Movable) else encoding
