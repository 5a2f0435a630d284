"""Record: all that the page's script needs to show one champion, as JSON types, and its small pictures."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from foolery.analysis.champion_files import file_name
from foolery.report.html import PAGE, POLICY, SCRIPTS, STYLE, as_call, as_json, asset, policy_of, templates
from foolery.report.images import png, sprite, strip, thumbnail
from foolery.report.run_view import Tile
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.engine.run import Champion
    from foolery.report.model import Sight
    from foolery.report.model.champion import Occlusion, Photo
    from foolery.report.model.cppn_graph import Network
    from foolery.report.run_view import View
    from foolery.runs.records import RunSettings


Kind: TypeAlias = Literal["softmax", "sigmoid", "similarity"]

LARGEST_GENOME = 65_536  # bytes; a larger one is a picture anyway


@dataclass(frozen=True)
class Subject:
    """A champion with all that its panel says.

    Attributes:
        champion: its ``generation`` and ``individual`` are what a gallery sorts by.
        sight: drawn and scored for it.
        kind: what the classifier's scores are.
        classifier: that it fooled, in words.
        method: what made it: an encoding, or an attack.
        settings: of the run that its genome comes from; None where there is none.
        facts: name and value.
        photo: a real picture of its class.
        alt: the picture in a sentence.
    """

    champion: Champion
    sight: Sight
    kind: Kind
    classifier: str
    method: str
    settings: RunSettings | None
    facts: tuple[tuple[str, str], ...]
    photo: Photo | None
    alt: str


def record_of(subject: Subject) -> dict[str, object]:
    """Everything but the addresses of files."""
    champion, sight, kind = subject.champion, subject.sight, subject.kind
    return {
        "label": champion.label,
        "index": champion.index,
        "confidence": champion.confidence,
        "shown": format_score(champion.confidence, kind),
        "facts": subject.facts,
        "size": [champion.canvas.shape[2], champion.canvas.shape[1]],
        "classifier": subject.classifier,
        "top": [[each.label, each.confidence, format_score(each.confidence, kind)] for each in sight.top],
        "line": _line(sight, kind),
        "network": None if sight.network is None else _network(sight.network),
        "occlusion": None if sight.occlusion is None else _occlusion(sight.occlusion, kind),
        "photo": None if subject.photo is None else format_score(subject.photo.confidence, kind),
        "verdicts": [
            [
                each.classifier,
                each.first.label,
                format_score(each.first.confidence, each.kind),
                None if each.own is None else format_score(each.own, each.kind),
                each.agrees,
            ]
            for each in sight.verdicts
        ],
    }


def sprites_of(sight: Sight) -> dict[str, bytes]:
    """``nodes`` and ``line`` as WebP files, where there are any."""
    files = {}
    if sight.network is not None:
        files["nodes"] = sprite(sight.network.pictures)
    if sight.line is not None and sight.line.shown:
        files["line"] = strip([each.canvas for each in sight.line.shown])
    return files


def genome_file(subject: Subject) -> bytes | None:
    """A champion's genome with what is needed to draw it, as JSON; None for one above 64 KiB, or none at all.

    ``packed`` is the base64 of what the encoding's ``unpack`` takes.
    """
    champion, settings = subject.champion, subject.settings
    if settings is None or not champion.genome or len(champion.genome) > LARGEST_GENOME:
        return None
    told: Mapping[str, object] = {
        "class": champion.label,
        "classifier": settings.classifier,
        "fingerprint": settings.fingerprint,
        "encoding": settings.encoding,
        "options": settings.encoding_options,
        "renderer": settings.renderer,
        "canvas": list(settings.canvas),
        "canvas_hash": champion.canvas_hash,
        "confidence": champion.confidence,
        "packed": b64encode(champion.genome).decode(),
    }
    return (json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode(errors="replace")


def _line(sight: Sight, kind: Kind) -> dict[str, object] | None:
    if sight.line is None or not sight.line.shown:
        return None
    shown = sight.line.shown
    height, width = shown[0].canvas.shape[1:]
    return {
        "length": sight.line.length,
        "size": [width, height],
        "shown": [
            [one.generation, one.label, one.confidence, format_score(one.confidence, kind)] for one in shown
        ],
    }


def _network(network: Network) -> dict[str, object]:
    return {
        "side": network.pictures.shape[1],
        "names": network.names,
        "depths": network.depths,
        "outputs": network.outputs,
        "edges": network.edges,
        "left": network.left_out,
    }


def _occlusion(occlusion: Occlusion, kind: Kind) -> dict[str, object]:
    return {
        "patch": occlusion.patch,
        "confidences": occlusion.confidences.round(5).tolist(),
        "least": format_score(float(occlusion.confidences.min()), kind),
        "most": format_score(float(occlusion.confidences.max()), kind),
    }


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
