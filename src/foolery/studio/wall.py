"""Wall: pictures of champions as files, kept in memory while there is room."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

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
