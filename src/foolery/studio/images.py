"""Pictures: champions of runs as files, drawn when they are asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Literal

from foolery.audit.schema import read_audit
from foolery.canvas import Canvases, png_bytes
from foolery.report.images import thumbnail
from foolery.report.model.audit import champion_canvas
from foolery.runs.live import LiveChampion, LiveRun, open_live_run
from foolery.runs.records import RunSettings
from foolery.studio.library import LibraryEntry
from foolery.studio.protocols import ChampionRenderer

CACHE_BYTES = 96 * 2**20  # bytes


class PictureCache:
    """Addresses to files; those not asked for longest are taken down first. Any thread may use it."""

    def __init__(self, capacity: int = CACHE_BYTES) -> None:
        self._capacity, self._used = capacity, 0
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def put(self, address: str, content: bytes) -> None:
        """Keep a file."""
        with self._lock:
            self._used += len(content) - len(self._files.pop(address, b""))
            self._files[address] = content
            while self._used > self._capacity and len(self._files) > 1:
                _, gone = self._files.popitem(last=False)
                self._used -= len(gone)

    def get(self, address: str) -> bytes | None:
        """The file, or None where it is not kept."""
        with self._lock:
            if address in self._files:
                self._files.move_to_end(address)
            return self._files.get(address)


Size = Literal["webp", "png"]
"""A thumbnail, or the canvas as it was scored."""

MAX_BATCH = 24
_MAX_BATCH_VALUES = 4_000_000


class ChampionPictures:
    """Draws through a painter, and keeps what it drew. Its methods are called by one thread at a time."""

    def __init__(self, renderer: ChampionRenderer, cache: PictureCache | None = None) -> None:
        self._renderer = renderer
        self.cache = cache or PictureCache()

    def prepare(self, entry: LibraryEntry, champions: Sequence[LiveChampion]) -> list[LiveChampion]:
        """Draw champions and keep their thumbnails; returns those that are drawn now.

        A champion that was replaced meanwhile may be kept by its run no more.

        Raises:
            UsageError: the run cannot be read, or a genome not be drawn.
        """
        wanted = [one for one in champions if not self._is_cached(entry, one)]
        if wanted:
            with open_live_run(entry.folder) as live:
                settings, genomes = live.settings, live.genomes(wanted)
            wanted = [one for one in wanted if one.individual in genomes]
            canvases = self._renderer(settings, [genomes[one.individual] for one in wanted]) if wanted else ()
            for champion, canvas in zip(wanted, canvases, strict=True):
                self.cache.put(address(entry, champion.canvas_hash, "webp"), thumbnail(canvas))
        return [one for one in champions if self._is_cached(entry, one)]

    def _is_cached(self, entry: LibraryEntry, champion: LiveChampion) -> bool:
        return self.cache.get(address(entry, champion.canvas_hash, "webp")) is not None

    def of_hash(self, entry: LibraryEntry, canvas_hash: str, size: Size) -> bytes | None:
        """The picture of the champion that is recorded with that hash; None where there is none (any more).

        Raises:
            UsageError: the run cannot be read, or the genome not be drawn.
        """
        cached = self.cache.get(address(entry, canvas_hash, size))
        if cached is not None:
            return cached
        with open_live_run(entry.folder) as live:
            champion = live.champion_of(canvas_hash)
            return None if champion is None else self._render(entry, live, champion, size)

    def of_cell(self, entry: LibraryEntry, cell: int, size: Size) -> bytes | None:
        """The picture of the champion that holds a cell now; None where there is none.

        Raises:
            UsageError: as ``of_hash``.
        """
        with open_live_run(entry.folder) as live:
            champion = next((one for one in live.champions() if one.cell == cell), None)
            return None if champion is None else self._render(entry, live, champion, size)

    def of_audit(self, entry: LibraryEntry, canvas_hash: str, size: Size) -> bytes | None:
        """The picture of an audit that is recorded with that hash; None where there is none (any more).

        Raises:
            UsageError: the audit or the picture cannot be read.
        """
        here = address(entry, canvas_hash, size)
        cached = self.cache.get(here)
        if cached is not None:
            return cached
        champions = read_audit(entry.folder).champions
        champion = next((one for one in champions if one.canvas_hash == canvas_hash), None)
        if champion is None:
            return None
        content = encode(champion_canvas(entry.folder, champion), size)
        self.cache.put(here, content)
        return content

    def _render(self, entry: LibraryEntry, live: LiveRun, champion: LiveChampion, size: Size) -> bytes | None:
        here = address(entry, champion.canvas_hash, size)
        cached, genome = self.cache.get(here), live.genomes([champion]).get(champion.individual)
        if cached is not None or genome is None:
            return cached
        content = encode(self._renderer(live.settings, [genome])[0], size)
        self.cache.put(here, content)
        return content


def address(entry: LibraryEntry, canvas_hash: str, size: Size) -> str:
    """Where pages find a champion's picture. A run's file can lie about hashes, so each run has its own."""
    return f"/{entry.kind}/{entry.key}/picture/{canvas_hash}.{size}"


def encode(canvas: Canvases, size: Size) -> bytes:
    """``(C, H, W) uint8`` as a file."""
    return thumbnail(canvas) if size == "webp" else png_bytes(canvas)


def batch_size(settings: RunSettings) -> int:
    """Champions that are drawn at once, so that what else waits is not kept waiting long."""
    channels, height, width = settings.canvas
    return max(1, min(MAX_BATCH, _MAX_BATCH_VALUES // (channels * height * width)))
