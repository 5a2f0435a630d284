"""Champions as image files, rendered when they are requested, and cached."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Literal

from foolery.audit import open_audit
from foolery.audit.champion_files import read_champion
from foolery.canvas import Canvases, png_bytes
from foolery.report.images import thumbnail
from foolery.runs import LiveChampion, LiveRun, RunSettings, open_live_run
from foolery.studio.library import LibraryEntry
from foolery.studio.protocols import ChampionRenderer

CACHE_BYTES = 96 * 2**20  # bytes


class ImageCache:
    """Addresses to files; the least recently used are dropped first. Any thread may use it."""

    def __init__(self, capacity: int = CACHE_BYTES) -> None:
        self._capacity, self._used = capacity, 0
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def put(self, address: str, content: bytes) -> None:
        """Cache a file."""
        with self._lock:
            self._used += len(content) - len(self._files.pop(address, b""))
            self._files[address] = content
            while self._used > self._capacity and len(self._files) > 1:
                _, gone = self._files.popitem(last=False)
                self._used -= len(gone)

    def get(self, address: str) -> bytes | None:
        """The file, or None where it is not cached."""
        with self._lock:
            if address in self._files:
                self._files.move_to_end(address)
            return self._files.get(address)


Size = Literal["webp", "png"]
"""A thumbnail, or the canvas as it was scored."""

MAX_BATCH = 24
_MAX_BATCH_VALUES = 4_000_000


class ChampionImages:
    """Renders champions and caches the images. Its methods are called by one thread at a time."""

    def __init__(self, renderer: ChampionRenderer, cache: ImageCache | None = None) -> None:
        self._renderer = renderer
        self.cache = cache or ImageCache()

    def prepare(self, entry: LibraryEntry, champions: Sequence[LiveChampion]) -> list[LiveChampion]:
        """Render champions and cache their thumbnails; returns those that are cached now.

        A champion that was replaced meanwhile may no longer be in the run file.

        Raises:
            UsageError: the run cannot be read, or a genome not be rendered.
        """
        missing = [each for each in champions if not self._is_cached(entry, each)]
        if missing:
            with open_live_run(entry.folder) as live:
                settings, genomes = live.settings, live.genomes(missing)
            missing = [each for each in missing if each.individual in genomes]
            canvases = (
                self._renderer(settings, [genomes[each.individual] for each in missing]) if missing else ()
            )
            for champion, canvas in zip(missing, canvases, strict=True):
                self.cache.put(address(entry, champion.canvas_hash, "webp"), thumbnail(canvas))
        return [each for each in champions if self._is_cached(entry, each)]

    def _is_cached(self, entry: LibraryEntry, champion: LiveChampion) -> bool:
        return self.cache.get(address(entry, champion.canvas_hash, "webp")) is not None

    def of_hash(self, entry: LibraryEntry, canvas_hash: str, size: Size) -> bytes | None:
        """The champion that is recorded with that hash; None where there is none, or none any more.

        Raises:
            UsageError: the run cannot be read, or the genome not be rendered.
        """
        cached = self.cache.get(address(entry, canvas_hash, size))
        if cached is not None:
            return cached
        with open_live_run(entry.folder) as live:
            champion = live.champion_of(canvas_hash)
            return None if champion is None else self._render(entry, live, champion, size)

    def of_cell(self, entry: LibraryEntry, cell: int, size: Size) -> bytes | None:
        """The champion that holds a cell now; None where there is none.

        Raises:
            UsageError: as ``of_hash``.
        """
        with open_live_run(entry.folder) as live:
            champion = next((each for each in live.champions() if each.cell == cell), None)
            return None if champion is None else self._render(entry, live, champion, size)

    def of_audit(self, entry: LibraryEntry, canvas_hash: str, size: Size) -> bytes | None:
        """The image of an audit that is recorded with that hash; None where there is none, or none any more.

        Raises:
            UsageError: the audit or the image cannot be read.
        """
        key = address(entry, canvas_hash, size)
        cached = self.cache.get(key)
        if cached is not None:
            return cached
        champions = open_audit(entry.folder).champions
        champion = next((each for each in champions if each.canvas_hash == canvas_hash), None)
        if champion is None:
            return None
        content = encode(read_champion(entry.folder, champion), size)
        self.cache.put(key, content)
        return content

    def _render(self, entry: LibraryEntry, live: LiveRun, champion: LiveChampion, size: Size) -> bytes | None:
        key = address(entry, champion.canvas_hash, size)
        cached, genome = self.cache.get(key), live.genomes([champion]).get(champion.individual)
        if cached is not None or genome is None:
            return cached
        content = encode(self._renderer(live.settings, [genome])[0], size)
        self.cache.put(key, content)
        return content


def address(entry: LibraryEntry, canvas_hash: str, size: Size) -> str:
    """Where, below the studio's own address, pages find a champion's image.

    A run's file can lie about hashes, so each run has its own.
    """
    return f"{entry.kind}/{entry.key}/image/{canvas_hash}.{size}"


def encode(canvas: Canvases, size: Size) -> bytes:
    """``(C, H, W) uint8`` as a file."""
    return thumbnail(canvas) if size == "webp" else png_bytes(canvas)


def batch_size(settings: RunSettings) -> int:
    """Champions that are rendered at a time, so that other tasks do not wait long."""
    channels, height, width = settings.canvas
    return max(1, min(MAX_BATCH, _MAX_BATCH_VALUES // (channels * height * width)))
