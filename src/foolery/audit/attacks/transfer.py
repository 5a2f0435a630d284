"""Pack: champion genomes with where each came from, in one small file without pickle.

The file is an xz stream: one line of JSON, then the packed genomes, one after the other. A CPPN draws a
canvas of any size. Genomes are drawn with the coordinates of whoever asks; those of the pack were evolved
with raw ones, and with these a larger canvas shows more of the same texture, not the same picture larger.
"""

from __future__ import annotations

import json
import lzma
import struct
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from foolery.encodings.base import Encoding
from foolery.errors import UsageError

SHIPPED = Path(__file__).parent / "transfer_champions.xz"
FORMAT = 1
_OUTPUTS = struct.Struct("<xB")  # of a packed CPPN: number of outputs, in its second byte


@dataclass(frozen=True)
class Source:
    """A run that champions come from.

    Attributes:
        classifier: by the last parts of its reference.
        fingerprint: of the classifier.
        canvas: ``(C, H, W)`` on which they were drawn.
        options: of the encoding.
        seed: of the run.
        queries: that the run spent.
        command: that made the run.
        foolery: version that made it.
    """

    classifier: str
    fingerprint: str
    canvas: tuple[int, int, int]
    options: dict[str, Any]
    seed: int
    queries: int
    command: str
    foolery: str


@dataclass(frozen=True)
class Starter:
    """One champion: its run, the class it was evolved for, its confidence there, and its packed genome."""

    source: Source
    label: str
    confidence: float
    genome: bytes

    @property
    def outputs(self) -> int:
        """1 for a gray picture, 3 for one in color."""
        return int(_OUTPUTS.unpack_from(self.genome)[0])


@dataclass(frozen=True)
class StarterPack:
    """Champions, in the order in which to ask about them."""

    starters: tuple[Starter, ...]

    def __len__(self) -> int:
        return len(self.starters)

    @property
    def sources(self) -> tuple[Source, ...]:
        """The runs, each once."""
        return tuple({id(each.source): each.source for each in self.starters}.values())

    def fitting(self, encoding: Encoding[Any], without: str = "") -> tuple[Starter, ...]:
        """The champions that ``encoding`` can draw.

        Args:
            encoding: a CPPN encoding has those with as many outputs as its canvas has channels; any other
                has none.
            without: fingerprint of a classifier whose own champions are left out: an audit that asked them
                would count queries that were spent earlier as none.
        """
        if encoding.name != "cppn":
            return ()
        channels = encoding.canvas.channels
        return tuple(
            each for each in self.starters if each.outputs == channels and each.source.fingerprint != without
        )

    def genomes(self, encoding: Encoding[Any], without: str = "") -> Any:
        """Genomes of ``fitting``, as ``encoding`` has them; none at all has length 0."""
        return encoding.unpack([each.genome for each in self.fitting(encoding, without)])

    def write(self, path: Path) -> None:
        """Write the file."""
        place = {id(source): number for number, source in enumerate(self.sources)}
        head = {
            "foolery_starters": FORMAT,
            "sources": [asdict(source) for source in self.sources],
            "starters": [
                [place[id(each.source)], each.label, round(each.confidence, 4), len(each.genome)]
                for each in self.starters
            ],
        }
        line = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        body = b"".join(each.genome for each in self.starters)
        path.write_bytes(lzma.compress(line + body, preset=9 | lzma.PRESET_EXTREME))

    @classmethod
    def read(cls, path: Path) -> StarterPack:
        """The pack in a file.

        Raises:
            UsageError: where it is none.
        """
        try:
            line, _, body = lzma.decompress(path.read_bytes()).partition(b"\n")
            head = json.loads(line)
            if head["foolery_starters"] != FORMAT:
                raise ValueError(f"format {head['foolery_starters']}, expected {FORMAT}")
            sources = [Source(**{**each, "canvas": tuple(each["canvas"])}) for each in head["sources"]]
            return cls(tuple(_starters(sources, head["starters"], body)))
        except (OSError, lzma.LZMAError, ValueError, KeyError, TypeError, IndexError) as error:
            raise UsageError(f"starter pack {path}: cannot be read: {error}") from None


def _starters(sources: list[Source], rows: list[Any], body: bytes) -> Iterable[Starter]:
    at = 0
    for place, label, confidence, size in rows:
        yield Starter(sources[place], label, confidence, body[at : at + size])
        at += size
    if at != len(body):
        raise ValueError(f"{len(body)} bytes of genomes, expected {at}")


@lru_cache(maxsize=1)
def starter_pack() -> StarterPack:
    """The pack that comes with foolery; made by ``benchmarks/starter_pack.py``."""
    return StarterPack.read(SHIPPED)
