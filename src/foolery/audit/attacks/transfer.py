"""Pack: champion genomes with where each came from, in one small file without pickle.

The file is an xz stream: one line of JSON, then the packed genomes, one after the other. A CPPN draws a
canvas of any size. Genomes are drawn with the coordinates of whoever asks; those of the pack were evolved
with raw ones, and with these a larger canvas shows more of the same texture, not the same picture larger.
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

from foolery.audit.attacks.base import Painter
from foolery.audit.attacks.single_shot import drawn_from
from foolery.classifiers.base import Classifier
from foolery.encodings import make_encoding
from foolery.encodings.base import Encoding
from foolery.encodings.cppn.encoding import Cppn
from foolery.engine.run import Exhibit
from foolery.errors import UsageError
from foolery.text import shortened

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


__all__ = ["Source", "Starter", "StarterPack", "starter_pack"]


def starters_for(classifier: Classifier, pack: StarterPack | None = None) -> tuple[Painter, int] | None:
    """Pictures of the champions of ``pack`` by number, on the classifier's canvas, and how many there are.

    Those that were evolved on this very classifier are left out: their queries were spent, though not here.

    Args:
        classifier: that is audited.
        pack: the shipped one if None.

    Returns:
        None where no champion can be drawn.
    """
    known = classifier.description
    encoding = make_encoding("cppn", known.canvas)
    chosen = starter_pack() if pack is None else pack
    count = len(chosen.fitting(encoding, without=known.fingerprint))
    if not count:
        return None
    return drawn_from(encoding, chosen.genomes(encoding, without=known.fingerprint), count)


def built(runs: Sequence[Exhibit], *, most: int, least: float = 0.0) -> StarterPack:
    """A pack of the champions of ``runs``, each genome once.

    Classifiers take turns, and each begins with the most certain champion of every class, so that an audit
    that can ask only a hundred asks the best hundred, of different classes.

    Args:
        runs: of CPPNs with raw coordinates.
        most: champions of one classifier, over all its runs.
        least: confidence that a champion must have.

    Raises:
        UsageError: for a run of another encoding or with other coordinates.
    """
    queues: dict[str, list[Starter]] = {}
    for run in runs:
        if run.settings.encoding != Cppn.name or run.settings.encoding_options.get("coordinates") != "raw":
            raise UsageError(f"starter pack: {run.name} is no run of cppn with raw coordinates")
        source = source_of(run)
        champions = [one for one in run.champions.values() if one.confidence >= least]
        queues.setdefault(source.fingerprint, []).extend(
            Starter(source, one.label, one.confidence, one.genome) for one in champions
        )
    ordered = [_best(queue, most) for queue in queues.values()]
    taken = [each for each in chain.from_iterable(zip_longest(*ordered)) if each is not None]
    return StarterPack(tuple({each.genome: each for each in reversed(taken)}.values())[::-1])


def _best(queue: list[Starter], most: int) -> list[Starter]:
    """At most ``most`` of different genomes: the best of every class, most certain first, then the second."""
    different: dict[bytes, Starter] = {}
    for each in sorted(queue, key=lambda each: -each.confidence):
        different.setdefault(each.genome, each)
    place: Counter[str] = Counter()
    ranked: list[tuple[int, Starter]] = []
    for each in different.values():
        ranked.append((place[each.label], each))
        place[each.label] += 1
    return [each for _, each in sorted(ranked, key=lambda pair: pair[0])][:most]


def source_of(run: Exhibit) -> Source:
    """Where the champions of ``run`` come from; file names without their folders."""
    settings, made = run.settings, run.provenances[0]
    queries = run.summary["queries"]
    channels, height, width = settings.canvas
    return Source(
        classifier=shortened(settings.classifier),
        fingerprint=settings.fingerprint,
        canvas=(channels, height, width),
        options=dict(settings.encoding_options),
        seed=settings.seed,
        queries=int(str(queries)),
        command=shortened(made.command),
        foolery=str(made.versions.get("foolery", "")),
    )
