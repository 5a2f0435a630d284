"""Spending: how many queries an attack had spent when it last told, beside its files.

What its files know of is often less: a run is written at checkpoints. The difference is what an interruption
lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FILE = "spent.txt"


@dataclass(frozen=True)
class Spending:
    """A number in a file of an attack's folder."""

    folder: Path

    def write(self, queries: int) -> None:
        """Keep it; nothing is lost where a half-written one is read as 0."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / FILE).write_text(f"{queries}\n", encoding="ascii")

    def read(self) -> int:
        """The last one; 0 where there is none."""
        try:
            return int((self.folder / FILE).read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0
