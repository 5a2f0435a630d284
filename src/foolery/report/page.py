"""Page: champions with their files, and the page around them, in a folder or in one file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.analysis.export import file_name
from foolery.report.champion import Subject, genome_file, record_of, sprites_of
from foolery.report.html import PAGE, POLICY, SCRIPTS, STYLE, asset, policy_of, templates
from foolery.report.images import png, thumbnail
from foolery.report.run_view import Tile
from foolery.report.script import as_call, as_json
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.report.run_view import View

_KINDS = {".png": "image/png", ".webp": "image/webp"}
_CALL = "foolery.take"  # of a script that brings one champion


@dataclass
class Parts:
    """What a page is made of, while it is made.

    Attributes:
        single: whether everything goes into the page itself.
        files: name to content, of what lies beside the page.
        records: champion to what the page's script shows of it, for a single file.
    """

    single: bool
    files: dict[str, bytes] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)

    def address(self, name: str, content: bytes) -> str:
        """Keep a file, and say where it is found from the page."""
        if self.single:
            kind = _KINDS[Path(name).suffix]
            return f"data:{kind};base64,{b64encode(content).decode()}"
        self.files[name] = content
        return name

    def record(self, champion: str, told: Mapping[str, object]) -> None:
        """Keep what the page's script shows of a champion."""
        if self.single:
            self.records[champion] = as_json(told)
        else:
            self.files[f"data/{champion}.js"] = as_call(_CALL, champion, told)


def tile_of(subject: Subject, anchor: str, parts: Parts) -> Tile:
    """One champion of the page; its files go into ``parts``."""
    champion = subject.champion
    name = f"{anchor}/{champion.index:04d}"
    picture = parts.address(f"champions/{anchor}/{file_name(champion)}", png(champion.canvas))
    told: dict[str, object] = {**record_of(subject), "picture": picture}
    for kind, content in sprites_of(subject.sight).items():
        told[f"{kind}_picture"] = parts.address(f"{kind}/{name}.webp", content)
    photo, shown = subject.photo, None
    if photo is not None:
        shown = told["photo_picture"] = parts.address(f"photos/{name}.png", png(photo.canvas))
    genome = genome_file(subject)
    if genome is not None:
        file = Path(file_name(champion)).with_suffix(".json").name
        told["genome"], told["genome_name"] = genome.decode(errors="replace"), file
        if not parts.single:
            parts.files[f"genomes/{anchor}/{file}"] = genome
    parts.record(name, told)
    return Tile(
        id=name,
        picture=picture,
        thumbnail=parts.address(f"thumbnails/{name}.webp", thumbnail(champion.canvas)),
        photo=shown,
        photo_confidence="" if photo is None else format_score(photo.confidence, subject.kind),
        label=champion.label,
        value=champion.confidence,
        confidence=format_score(champion.confidence, subject.kind),
        index=champion.index,
        generation=champion.generation,
        queries=champion.individual,
        method=subject.method,
        alt=subject.alt,
    )


def whole_page(
    views: Sequence[View], parts: Parts, beside: Mapping[str, bytes], **words: object
) -> dict[str, bytes]:
    """The page, as ``index.html``, and everything that lies beside it: name to content.

    Args:
        views: shown one after the other.
        parts: made for their tiles.
        beside: more files, for a page in a folder.
        words: for the template, over those that are plain.
    """
    styles, scripts = [asset(STYLE)], [asset(name) for name in SCRIPTS]
    single = parts.single
    known: dict[str, object] = {
        "views": views,
        "several": len(views) > 1,
        "levels": _levels(views),
        "choices": _choices(views),
        "single": single,
        "styles": styles if single else [],
        "scripts": scripts if single else [],
        "script_files": () if single else SCRIPTS,
        "style_file": None if single else STYLE,
        "records": parts.records,
        "policy": policy_of(styles, scripts) if single else POLICY,
        "figures": [],
        "matrix": None,
        "replicates": (),
        "verdict": None,
        "champions_name": "Every champion",
    }
    page = templates().get_template("report.html").render({**known, **words})
    files = {PAGE: page.encode(errors="replace"), **parts.files}
    if not single:
        files |= {STYLE: asset(STYLE).encode(), **{name: asset(name).encode() for name in SCRIPTS}, **beside}
    return files


def _choices(views: Sequence[View]) -> tuple[str, list[tuple[str, str]]]:
    """What a reader may choose tiles by: what it is called, and each choice with its name; often none."""
    methods = list(dict.fromkeys(tile.method for view in views for tile in view.tiles))
    if len(views) == 1:
        return "Attack", [(f"e:{name}", name) for name in methods] if len(methods) > 1 else []
    found = [(f"e:{name}", f"encoding {name}") for name in methods] if len(methods) > 1 else []
    return "Run", found + [(f"r:{view.anchor}", f"{view.classifier}, {view.heading}") for view in views]


def _levels(views: Sequence[View]) -> list[tuple[str, str]]:
    """Stops of the threshold: a number, and how it is called."""
    if any(view.measure == "similarity" for view in views):
        return [("-1", "any")] + [(f"{at / 20:.2f}", f"{at / 20:.2f}") for at in range(20)]
    named = ("0.5", "0.9", "0.99", "0.999", "0.9999", "0.99999")
    return [("0", "any")] + [(value, f"{float(value) * 100:.10g} %") for value in named]
