"""Champions for the transfer attack: genomes and where each came from, in one small file without pickle.

The file is an xz stream: one line of JSON, then the packed genomes, one after the other. A CPPN draws a
canvas of any size. Genomes are drawn with the coordinates of whoever asks; the shipped ones were evolved with
raw ones, and with these a larger canvas shows more of the same texture, not the same image larger.
"""

from __future__ import annotations

import json
import lzma
import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from foolery.encodings.base import Encoding
from foolery.encodings.cppn.encoding import Cppn
from foolery.engine.run import RunResult
from foolery.errors import UsageError
from foolery.text import shorten
from foolery.untrusted import parse_json, read_bytes

SHIPPED = Path(__file__).parent / "transfer_champions.xz"
FORMAT = 2
_OUTPUTS = struct.Struct("<xB")  # of a packed CPPN: number of outputs, in its second byte

MAX_BYTES = 2**26  # of the file, packed and unpacked


@dataclass(frozen=True)
class ChampionSource:
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

    @classmethod
    def of(cls, run: RunResult) -> ChampionSource:
        """Where the champions of ``run`` come from; file names without their folders."""
        settings, provenance = run.settings, run.provenances[0]
        channels, height, width = settings.canvas
        return cls(
            classifier=shorten(settings.classifier),
            fingerprint=settings.fingerprint,
            canvas=(channels, height, width),
            options=dict(settings.encoding_options),
            seed=settings.seed,
            queries=int(str(run.summary["queries"])),
            command=shorten(provenance.command),
            foolery=str(provenance.versions.get("foolery", "")),
        )


@dataclass(frozen=True)
class TransferChampion:
    """One champion: its run, the class it was evolved for, its confidence there, and its packed genome."""

    source: ChampionSource
    label: str
    confidence: float
    genome: bytes

    @property
    def outputs(self) -> int:
        """1 for a gray image, 3 for one in color."""
        return int(_OUTPUTS.unpack_from(self.genome)[0])


@dataclass(frozen=True)
class TransferChampions:
    """Champions, in the order in which they are tried."""

    champions: tuple[TransferChampion, ...]

    def __len__(self) -> int:
        return len(self.champions)

    @property
    def sources(self) -> tuple[ChampionSource, ...]:
        """The runs, each once."""
        return tuple({id(each.source): each.source for each in self.champions}.values())

    def compatible(self, encoding: Encoding[Any], exclude: str = "") -> tuple[TransferChampion, ...]:
        """The champions that ``encoding`` can draw.

        Args:
            encoding: a CPPN encoding has those with as many outputs as its canvas has channels; any other
                has none.
            exclude: fingerprint of a classifier whose own champions are left out: an audit that tried them
                would count queries that were spent earlier as none.
        """
        if encoding.name != "cppn":
            return ()
        channels = encoding.canvas.channels
        return tuple(
            each for each in self.champions if each.outputs == channels and each.source.fingerprint != exclude
        )

    def genomes(self, encoding: Encoding[Any], exclude: str = "") -> Any:
        """Genomes of ``compatible``, as ``encoding`` has them; none at all has length 0."""
        return encoding.unpack([each.genome for each in self.compatible(encoding, exclude)])

    def write(self, path: Path) -> None:
        """Write the file: a line of JSON and the genomes, compressed."""
        places = {id(source): number for number, source in enumerate(self.sources)}
        header = {
            "foolery_transfer_champions": FORMAT,
            "sources": [asdict(source) for source in self.sources],
            "champions": [
                [places[id(each.source)], each.label, round(each.confidence, 4), len(each.genome)]
                for each in self.champions
            ],
        }
        line = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        body = b"".join(each.genome for each in self.champions)
        path.write_bytes(lzma.compress(line + body, preset=9 | lzma.PRESET_EXTREME))

    @classmethod
    def read(cls, path: Path) -> TransferChampions:
        """The champions in a file.

        Raises:
            UsageError: where the file is no such file.
        """
        try:
            packed = read_bytes(path, MAX_BYTES)
            line, _, body = lzma.LZMADecompressor().decompress(packed, MAX_BYTES).partition(b"\n")
            header = parse_json(line)
            if header["foolery_transfer_champions"] != FORMAT:
                raise ValueError(f"format {header['foolery_transfer_champions']}, expected {FORMAT}")
            sources = [
                ChampionSource(**{**each, "canvas": tuple(each["canvas"])}) for each in header["sources"]
            ]
            return cls(tuple(_champions(sources, header["champions"], body)))
        except (OSError, lzma.LZMAError, ValueError, KeyError, TypeError, IndexError) as error:
            raise UsageError(f"transfer champions {path}: cannot be read: {error}") from None


def _champions(sources: list[ChampionSource], rows: list[Any], body: bytes) -> Iterable[TransferChampion]:
    offset = 0
    for index, label, confidence, size in rows:
        yield TransferChampion(sources[index], label, confidence, body[offset : offset + size])
        offset += size
    if offset != len(body):
        raise ValueError(f"{len(body)} bytes of genomes, expected {offset}")


@lru_cache(maxsize=1)
def shipped_champions() -> TransferChampions:
    """The champions that come with foolery; made by ``benchmarks/transfer_champions.py``."""
    return TransferChampions.read(SHIPPED)


def collect_champions(
    runs: Sequence[RunResult], *, max_per_classifier: int, min_confidence: float = 0.0
) -> TransferChampions:
    """The champions of ``runs``, each genome once.

    Classifiers take turns, and each begins with the champion of highest confidence for every class, so that
    an audit that can try only a hundred tries the best hundred, of different classes.

    Args:
        runs: of CPPNs with raw coordinates.
        max_per_classifier: limit of the champions of one classifier, over all its runs.
        min_confidence: confidence that a champion must have.

    Raises:
        UsageError: for a run of another encoding or with other coordinates.
    """
    queues: dict[str, list[TransferChampion]] = {}
    for run in runs:
        if run.settings.encoding != Cppn.name or run.settings.encoding_options.get("coordinates") != "raw":
            raise UsageError(f"transfer champions: {run.name} is no run of cppn with raw coordinates")
        source = ChampionSource.of(run)
        queues.setdefault(source.fingerprint, []).extend(
            TransferChampion(source, one.label, one.confidence, one.genome)
            for one in run.champions.values()
            if one.confidence >= min_confidence
        )
    ordered = [_best(queue, max_per_classifier) for queue in queues.values()]
    interleaved = [each for each in chain.from_iterable(zip_longest(*ordered)) if each is not None]
    return TransferChampions(tuple({each.genome: each for each in reversed(interleaved)}.values())[::-1])


def _best(queue: list[TransferChampion], limit: int) -> list[TransferChampion]:
    """At most ``limit`` of different genomes: the best of every class by confidence, then the second best."""
    unique: dict[bytes, TransferChampion] = {}
    for each in sorted(queue, key=lambda each: -each.confidence):
        unique.setdefault(each.genome, each)
    seen: Counter[str] = Counter()
    ranked: list[tuple[int, TransferChampion]] = []
    for each in unique.values():
        ranked.append((seen[each.label], each))
        seen[each.label] += 1
    return [each for _, each in sorted(ranked, key=lambda pair: pair[0])][:limit]
