"""Pictures: champions of runs as files, drawn when they are asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Literal

from foolery.audit.schema import read_audit
from foolery.canvas import Canvases, png_bytes
from foolery.report.images import thumbnail
from foolery.report.model.audit import picture_of
from foolery.runs.live import Glance, Holder, glancing
from foolery.runs.records import RunSettings
from foolery.studio.library import Entry
from foolery.studio.protocols import Painter

ROOM = 96 * 2**20  # bytes


class Wall:
    """Addresses to files; those not asked for longest are taken down first. Any thread may use it."""

    def __init__(self, room: int = ROOM) -> None:
        self._room, self._used = room, 0
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def hang(self, address: str, content: bytes) -> None:
        """Keep a file."""
        with self._lock:
            self._used += len(content) - len(self._files.pop(address, b""))
            self._files[address] = content
            while self._used > self._room and len(self._files) > 1:
                _, gone = self._files.popitem(last=False)
                self._used -= len(gone)

    def find(self, address: str) -> bytes | None:
        """The file, or None where it is not kept."""
        with self._lock:
            if address in self._files:
                self._files.move_to_end(address)
            return self._files.get(address)


Size = Literal["webp", "png"]
"""A thumbnail, or the canvas as it was scored."""

MOST_AT_ONCE = 24
_PIXELS_AT_ONCE = 4_000_000


class Pictures:
    """Draws through a painter, and keeps what it drew. Its methods are called by one thread at a time."""

    def __init__(self, painter: Painter, wall: Wall | None = None) -> None:
        self._painter = painter
        self.wall = wall or Wall()

    def hang(self, entry: Entry, holders: Sequence[Holder]) -> list[Holder]:
        """Draw champions and keep their thumbnails; returns those that are drawn now.

        A champion that was replaced meanwhile may be kept by its run no more.

        Raises:
            UsageError: the run cannot be read, or a genome not be drawn.
        """
        wanted = [one for one in holders if not self._hangs(entry, one)]
        if wanted:
            with glancing(entry.folder) as glance:
                settings, genomes = glance.settings, glance.genomes(wanted)
            wanted = [one for one in wanted if one.individual in genomes]
            canvases = self._painter(settings, [genomes[one.individual] for one in wanted]) if wanted else ()
            for holder, canvas in zip(wanted, canvases, strict=True):
                self.wall.hang(address(entry, holder.canvas_hash, "webp"), thumbnail(canvas))
        return [one for one in holders if self._hangs(entry, one)]

    def _hangs(self, entry: Entry, holder: Holder) -> bool:
        return self.wall.find(address(entry, holder.canvas_hash, "webp")) is not None

    def of_hash(self, entry: Entry, canvas_hash: str, size: Size) -> bytes | None:
        """The picture of the champion that is recorded with that hash; None where there is none (any more).

        Raises:
            UsageError: the run cannot be read, or the genome not be drawn.
        """
        kept = self.wall.find(address(entry, canvas_hash, size))
        if kept is not None:
            return kept
        with glancing(entry.folder) as glance:
            holder = glance.holder_of(canvas_hash)
            return None if holder is None else self._drawn(entry, glance, holder, size)

    def of_cell(self, entry: Entry, cell: int, size: Size) -> bytes | None:
        """The picture of the champion that holds a cell now; None where there is none.

        Raises:
            UsageError: as ``of_hash``.
        """
        with glancing(entry.folder) as glance:
            holder = next((one for one in glance.holders() if one.cell == cell), None)
            return None if holder is None else self._drawn(entry, glance, holder, size)

    def of_audit(self, entry: Entry, canvas_hash: str, size: Size) -> bytes | None:
        """The picture of an audit that is recorded with that hash; None where there is none (any more).

        Raises:
            UsageError: the audit or the picture cannot be read.
        """
        here = address(entry, canvas_hash, size)
        kept = self.wall.find(here)
        if kept is not None:
            return kept
        champions = read_audit(entry.folder).champions
        known = next((one for one in champions if one.canvas_hash == canvas_hash), None)
        if known is None:
            return None
        content = file_of(picture_of(entry.folder, known), size)
        self.wall.hang(here, content)
        return content

    def _drawn(self, entry: Entry, glance: Glance, holder: Holder, size: Size) -> bytes | None:
        here = address(entry, holder.canvas_hash, size)
        kept, genome = self.wall.find(here), glance.genomes([holder]).get(holder.individual)
        if kept is not None or genome is None:
            return kept
        content = file_of(self._painter(glance.settings, [genome])[0], size)
        self.wall.hang(here, content)
        return content


def address(entry: Entry, canvas_hash: str, size: Size) -> str:
    """Where pages find a champion's picture. A run's file can lie about hashes, so each run has its own."""
    return f"/{entry.kind}/{entry.key}/picture/{canvas_hash}.{size}"


def file_of(canvas: Canvases, size: Size) -> bytes:
    """``(C, H, W) uint8`` as a file."""
    return thumbnail(canvas) if size == "webp" else png_bytes(canvas)


def handful(settings: RunSettings) -> int:
    """Champions that are drawn at once, so that what else waits is not kept waiting long."""
    channels, height, width = settings.canvas
    return max(1, min(MOST_AT_ONCE, _PIXELS_AT_ONCE // (channels * height * width)))
