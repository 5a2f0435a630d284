"""Gather: the champions of runs and of audits, and which of these are one and the same search."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from foolery.audit import open_audit
from foolery.audit.champion_files import read_champion
from foolery.audit.schema import FILE as AUDIT
from foolery.audit.schema import Audit, AuditedChampion
from foolery.canvas import canvas_hash, png_bytes
from foolery.engine.run import RunResult, open_run
from foolery.errors import UsageError
from foolery.files import find_folders
from foolery.runs import RunSettings, open_run_file
from foolery.runs.database import RUN_DB
from foolery.text import shorten
from foolery.untrusted import path_inside

COLUMNS = {
    "label": "int64",
    "class": "string",
    "confidence": "float64",
    "run": "string",
    "seed": "uint64",
    "encoding": "string",
    "generation": "int64",
    "classifier": "string",
    "fingerprint": "string",
    "canvas_hash": "string",
}
"""Columns beside ``image``: name and type."""

COLUMN_MEANINGS = {
    "label": "index of the class in the classifier's output",
    "class": "name of the class that the classifier predicts",
    "confidence": "of the classifier in that class, when it scored the image",
    "run": "that found the image; `runs` in `fooling_set.json` has the command of each",
    "seed": "of the run",
    "encoding": "of the run; for an audit the attack",
    "generation": "in which the image was found; none for an audit's",
    "classifier": "that is fooled",
    "fingerprint": "SHA-256 of that classifier's weights and card",
    "canvas_hash": "SHA-256 of the image's axes and pixels",
}


@dataclass(frozen=True)
class FoolingImage:
    """One image of a fooling set; ``COLUMN_MEANINGS`` says what the fields mean.

    Attributes:
        png: the image as a PNG file.
    """

    png: bytes
    label: int
    label_name: str
    confidence: float
    run: str
    seed: int
    encoding: str
    generation: int | None
    classifier: str
    fingerprint: str
    canvas_hash: str

    @property
    def file(self) -> str:
        """A name that no other image has."""
        return f"{self.canvas_hash[:20]}.png"

    def row(self) -> dict[str, str | int | float | None]:
        """A value for each of ``COLUMNS``."""
        return {
            name: getattr(self, {"class": "label_name"}.get(name, name)) for name in COLUMNS
        }  # fmt: skip

    def with_run(self, name: str) -> FoolingImage:
        """The same, of a run by another name."""
        return replace(self, run=name)


@dataclass(frozen=True)
class ImageSource:
    """One run, or one seed of an audit.

    Attributes:
        path: of its folder.
        classes: of its classifier, in the order of its output.
        command: that made it.
        foolery: version that made it.
        images: its champions.
        search_ids: marks of the searches that they come from; two sources with one in common are one search.
    """

    path: Path
    classes: tuple[str, ...]
    command: str
    foolery: str
    images: tuple[FoolingImage, ...]
    search_ids: frozenset[str] = field(default_factory=frozenset)


def collect_sources(paths: Sequence[Path]) -> list[ImageSource]:
    """The runs and audits at ``paths``, and below those that are neither; each once, in order.

    An audit is taken as a whole: the runs in its folder are not taken for themselves.

    Raises:
        UsageError: where there is none, or a damaged one.
    """
    sources_of: dict[Path, list[ImageSource]] = {}
    for path in paths:
        root = path.parent if path.name in (RUN_DB, AUDIT) else path
        folders = [folder for folder, _ in find_folders(root, (AUDIT, RUN_DB), max_depth=50, nested=False)]
        if not folders:
            raise UsageError(f"RUN: {path} holds no run and no audit")
        for folder in folders:
            if folder.resolve() not in sources_of:
                sources_of[folder.resolve()] = list(_read(folder))
    return [source for sources in sources_of.values() for source in sources]


def _read(folder: Path) -> Iterable[ImageSource]:
    if (folder / AUDIT).is_file():
        return _sources_of_audit(open_audit(folder), folder)
    return [_source_of_run(open_run(folder), folder)]


def _source_of_run(run: RunResult, folder: Path) -> ImageSource:
    settings, provenance = run.settings, run.provenances[0]
    images = tuple(
        FoolingImage(
            png=png_bytes(one.canvas),
            label=one.index,
            label_name=one.label,
            confidence=one.confidence,
            run=run.name,
            seed=settings.seed,
            encoding=settings.encoding,
            generation=one.generation,
            classifier=shorten(settings.classifier),
            fingerprint=settings.fingerprint,
            canvas_hash=one.canvas_hash,
        )
        for one in run.champions.values()
    )
    version = str(provenance.versions.get("foolery", ""))
    return ImageSource(
        folder,
        settings.classes,
        shorten(provenance.command),
        version,
        images,
        frozenset({search_id(settings)}),
    )


def _sources_of_audit(audit: Audit, folder: Path) -> Iterator[ImageSource]:
    """One source for each seed that has champions."""
    for seed in sorted({one.seed for one in audit.champions}):
        images = tuple(
            FoolingImage(
                png=_read_png(folder, one),
                label=one.index,
                label_name=one.label,
                confidence=one.confidence,
                run=folder.resolve().name,
                seed=seed,
                encoding=one.attack,
                generation=None,
                classifier=shorten(audit.classifier.name),
                fingerprint=audit.classifier.fingerprint,
                canvas_hash=one.canvas_hash,
            )
            for one in audit.champions
            if one.seed == seed
        )
        run_folders = [
            path_inside(folder, attack.run) for attack in audit.attacks if attack.run and attack.seed == seed
        ]
        search_ids = {
            search_id(open_run_file(run).settings) for run in run_folders if (run / RUN_DB).is_file()
        }
        search_ids.add(f"{audit.classifier.fingerprint} {audit.started} {seed}")
        yield ImageSource(
            folder,
            audit.classifier.classes,
            shorten(audit.command),
            audit.versions.get("foolery", ""),
            images,
            frozenset(search_ids),
        )


def search_id(settings: RunSettings) -> str:
    """Of a search: equal for a run, its copy, and the same run with more generations."""
    return hashlib.sha256(settings.model_dump_json().encode()).hexdigest()


def _read_png(folder: Path, champion: AuditedChampion) -> bytes:
    """A PNG file of the image that was scored; nothing else that its file may hold is copied."""
    canvas = read_champion(folder, champion)
    if canvas_hash(canvas) != champion.canvas_hash:
        raise UsageError(
            f"RUN: {folder / champion.image} is not the image that the audit scored; run the audit again"
        )
    return png_bytes(canvas)
