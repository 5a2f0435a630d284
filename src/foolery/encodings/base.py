"""The base of encodings: how an image is described, varied and drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.errors import UsageError
from foolery.rng import Stream

if TYPE_CHECKING:
    from foolery.encodings.differentiable import DifferentiableEncoding

G = TypeVar("G")


class Encoding(ABC, Generic[G]):
    """Describes images by genomes of type ``G``: one struct of arrays for a whole batch, with a length.

    No method loops over individuals in Python, and none changes its arguments, except that ``put``
    may reuse the memory of ``genomes``. A subclass defines what is abstract, and the rest where it can do
    more than the default, or do it faster.

    Attributes:
        name: in the registry, for instance ``cppn``.
        canvas: what ``render`` draws.
        renderer_version: of the drawing; a genome drawn by another version may be another image.
        keeps_ancestors: true where genomes are so small that a run file keeps those of former champions too.
    """

    name: str
    canvas: CanvasShape
    renderer_version: int = 1
    keeps_ancestors: bool = False

    @property
    def options(self) -> Mapping[str, str | int | float | bool]:
        """Every option with its value; the registry makes the same encoding from them."""
        return {}

    @property
    def group_size(self) -> int:
        """Children are varied in groups of so many neighboring rows; 1 where each is on its own."""
        return 1

    @abstractmethod
    def initial(self, stream: Stream) -> G:
        """One random genome for every row of ``stream``."""

    @abstractmethod
    def vary(self, parents: G, stream: Stream) -> G:
        """One child for every parent. With crossover, rows 2k and 2k + 1 are mates."""

    @abstractmethod
    def take(self, genomes: G, index: NDArray[np.int64]) -> G:
        """The genomes at ``index``, repeats allowed."""

    @abstractmethod
    def put(self, genomes: G, index: NDArray[np.int64], source: G) -> G:
        """``genomes`` with ``genomes[index[i]] = source[i]``; ``index`` has no repeats."""

    @abstractmethod
    def join(self, parts: Sequence[G]) -> G:
        """The genomes of all ``parts``, in order; at least one part."""

    @abstractmethod
    def render(self, genomes: G) -> Canvases:
        """``(N, C, H, W) uint8``: the same bytes for the same genome, always."""

    @abstractmethod
    def pack(self, genomes: G) -> list[bytes]:
        """One byte string per genome, without pickle."""

    @abstractmethod
    def unpack(self, blobs: Sequence[bytes]) -> G:
        """The inverse of ``pack``; raises UsageError for anything that ``pack`` cannot have written."""

    def mates(self, stream: Stream) -> NDArray[np.int64]:
        """``(N,)``: the row whose genes child i mixes in besides its own parent's, or -1."""
        return np.full(len(stream), -1, np.int64)

    def offspring(self, pool: G, parent_rows: NDArray[np.int64], stream: Stream) -> G:
        """One child of the genome at each of the rows ``parent_rows`` of ``pool``."""
        return self.vary(self.take(pool, parent_rows), stream)

    def render_into(self, genomes: G, canvases: Canvases) -> None:
        """``canvases[:] = self.render(genomes)``; ``canvases`` are contiguous."""
        canvases[:] = self.render(genomes)

    def on_device(self, device: str) -> Encoding[G]:
        """The same encoding, drawing the same bytes in the memory of ``device`` where it can; else itself."""
        return self

    def differentiable(self, device: str = "cpu") -> DifferentiableEncoding[Any]:
        """Its images as a function with gradients, on a device of torch.

        Raises:
            UsageError: where it has none.
            MissingExtraError: without torch.
        """
        raise UsageError(f"encoding: {self.name!r} cannot be differentiated; use cppn or direct")
