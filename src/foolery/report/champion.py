"""Record: all that the page's script needs to show one champion, as JSON types, and its small pictures."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from foolery.analysis.champion_files import champion_file_name
from foolery.report.html import (
    PAGE,
    POLICY,
    SCRIPTS,
    STYLE,
    as_json,
    asset,
    policy_of,
    script_call,
    templates,
)
from foolery.report.images import png, sprite, strip, thumbnail
from foolery.report.run_view import GalleryItem
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.engine.run import Champion
    from foolery.report.model import ChampionDetail
    from foolery.report.model.champion import OcclusionMap, RealImage
    from foolery.report.model.cppn_graph import CppnGraph
    from foolery.report.run_view import RunSection
    from foolery.runs.records import RunSettings


Kind: TypeAlias = Literal["softmax", "sigmoid", "similarity"]

MAX_GENOME_BYTES = 65_536  # bytes; a larger one is a picture anyway


@dataclass(frozen=True)
class ChampionPanel:
    """A champion with all that its panel says.

    Attributes:
        champion: its ``generation`` and ``individual`` are what a gallery sorts by.
        detail: drawn and scored for it.
        kind: what the classifier's scores are.
        classifier: that it fooled, in words.
        method: what made it: an encoding, or an attack.
        settings: of the run that its genome comes from; None where there is none.
        facts: name and value.
        real_image: a real picture of its class.
        alt: the picture in a sentence.
    """

    champion: Champion
    detail: ChampionDetail
    kind: Kind
    classifier: str
    method: str
    settings: RunSettings | None
    facts: tuple[tuple[str, str], ...]
    real_image: RealImage | None
    alt: str


def panel_json(panel: ChampionPanel) -> dict[str, object]:
    """Everything but the addresses of files."""
    champion, detail, kind = panel.champion, panel.detail, panel.kind
    return {
        "label": champion.label,
        "index": champion.index,
        "confidence": champion.confidence,
        "shown": format_score(champion.confidence, kind),
        "facts": panel.facts,
        "size": [champion.canvas.shape[2], champion.canvas.shape[1]],
        "classifier": panel.classifier,
        "top": [[each.label, each.confidence, format_score(each.confidence, kind)] for each in detail.top],
        "line": _ancestry_json(detail, kind),
        "network": None if detail.graph is None else _graph_json(detail.graph),
        "occlusion": None if detail.occlusion is None else _occlusion_json(detail.occlusion, kind),
        "photo": None if panel.real_image is None else format_score(panel.real_image.confidence, kind),
        "verdicts": [
            [
                each.classifier,
                each.top.label,
                format_score(each.top.confidence, each.kind),
                None if each.confidence is None else format_score(each.confidence, each.kind),
                each.matches,
            ]
            for each in detail.panel
        ],
    }


def sprite_files(detail: ChampionDetail) -> dict[str, bytes]:
    """``nodes`` and ``line`` as WebP files, where there are any."""
    files = {}
    if detail.graph is not None:
        files["nodes"] = sprite(detail.graph.pictures)
    if detail.ancestry is not None and detail.ancestry.steps:
        files["line"] = strip([each.canvas for each in detail.ancestry.steps])
    return files


def genome_file(panel: ChampionPanel) -> bytes | None:
    """A champion's genome with what is needed to draw it, as JSON; None for one above 64 KiB, or none at all.

    ``packed`` is the base64 of what the encoding's ``unpack`` takes.
    """
    champion, settings = panel.champion, panel.settings
    if settings is None or not champion.genome or len(champion.genome) > MAX_GENOME_BYTES:
        return None
    document: Mapping[str, object] = {
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
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode(
        errors="replace"
    )


def _ancestry_json(detail: ChampionDetail, kind: Kind) -> dict[str, object] | None:
    if detail.ancestry is None or not detail.ancestry.steps:
        return None
    steps = detail.ancestry.steps
    height, width = steps[0].canvas.shape[1:]
    return {
        "length": detail.ancestry.length,
        "size": [width, height],
        "shown": [
            [one.generation, one.label, one.confidence, format_score(one.confidence, kind)] for one in steps
        ],
    }


def _graph_json(network: CppnGraph) -> dict[str, object]:
    return {
        "side": network.pictures.shape[1],
        "names": network.names,
        "depths": network.depths,
        "outputs": network.outputs,
        "edges": network.edges,
        "left": network.left_out,
    }


def _occlusion_json(occlusion: OcclusionMap, kind: Kind) -> dict[str, object]:
    return {
        "patch": occlusion.patch,
        "confidences": occlusion.confidences.round(5).tolist(),
        "least": format_score(float(occlusion.confidences.min()), kind),
        "most": format_score(float(occlusion.confidences.max()), kind),
    }


_KINDS = {".png": "image/png", ".webp": "image/webp"}
_CALL = "foolery.take"  # of a script that brings one champion


@dataclass
class PageFiles:
    """What a page is made of, while it is made.

    Attributes:
        single: whether everything goes into the page itself.
        files: name to content, of what lies beside the page.
        records: champion to what the page's script shows of it, for a single file.
    """

    single: bool
    files: dict[str, bytes] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, content: bytes) -> str:
        """Keep a file, and say where it is found from the page."""
        if self.single:
            kind = _KINDS[Path(name).suffix]
            return f"data:{kind};base64,{b64encode(content).decode()}"
        self.files[name] = content
        return name

    def add_record(self, champion: str, record: Mapping[str, object]) -> None:
        """Keep what the page's script shows of a champion."""
        if self.single:
            self.records[champion] = as_json(record)
        else:
            self.files[f"data/{champion}.js"] = script_call(_CALL, champion, record)


def gallery_item(panel: ChampionPanel, anchor: str, parts: PageFiles) -> GalleryItem:
    """One champion of the page; its files go into ``parts``."""
    champion = panel.champion
    name = f"{anchor}/{champion.index:04d}"
    picture = parts.add(f"champions/{anchor}/{champion_file_name(champion)}", png(champion.canvas))
    record: dict[str, object] = {**panel_json(panel), "picture": picture}
    for kind, content in sprite_files(panel.detail).items():
        record[f"{kind}_picture"] = parts.add(f"{kind}/{name}.webp", content)
    real_image, photo_address = panel.real_image, None
    if real_image is not None:
        photo_address = record["photo_picture"] = parts.add(f"photos/{name}.png", png(real_image.canvas))
    genome = genome_file(panel)
    if genome is not None:
        file = Path(champion_file_name(champion)).with_suffix(".json").name
        record["genome"], record["genome_name"] = genome.decode(errors="replace"), file
        if not parts.single:
            parts.files[f"genomes/{anchor}/{file}"] = genome
    parts.add_record(name, record)
    return GalleryItem(
        id=name,
        picture=picture,
        thumbnail=parts.add(f"thumbnails/{name}.webp", thumbnail(champion.canvas)),
        photo=photo_address,
        photo_confidence="" if real_image is None else format_score(real_image.confidence, panel.kind),
        label=champion.label,
        value=champion.confidence,
        confidence=format_score(champion.confidence, panel.kind),
        index=champion.index,
        generation=champion.generation,
        queries=champion.individual,
        method=panel.method,
        alt=panel.alt,
    )


def render_page(
    sections: Sequence[RunSection], parts: PageFiles, beside: Mapping[str, bytes], **words: object
) -> dict[str, bytes]:
    """The page, as ``index.html``, and everything that lies beside it: name to content.

    Args:
        sections: shown one after the other.
        parts: made for their tiles.
        beside: more files, for a page in a folder.
        words: for the template, over those that are plain.
    """
    styles, scripts = [asset(STYLE)], [asset(name) for name in SCRIPTS]
    single = parts.single
    defaults: dict[str, object] = {
        "views": sections,
        "several": len(sections) > 1,
        "levels": _thresholds(sections),
        "choices": _filters(sections),
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
    page = templates().get_template("report.html").render({**defaults, **words})
    files = {PAGE: page.encode(errors="replace"), **parts.files}
    if not single:
        files |= {STYLE: asset(STYLE).encode(), **{name: asset(name).encode() for name in SCRIPTS}, **beside}
    return files


def _filters(sections: Sequence[RunSection]) -> tuple[str, list[tuple[str, str]]]:
    """What a reader may choose tiles by: what it is called, and each choice with its name; often none."""
    methods = list(dict.fromkeys(item.method for section in sections for item in section.tiles))
    if len(sections) == 1:
        return "Attack", [(f"e:{name}", name) for name in methods] if len(methods) > 1 else []
    choices = [(f"e:{name}", f"encoding {name}") for name in methods] if len(methods) > 1 else []
    return "Run", choices + [(f"r:{view.anchor}", f"{view.classifier}, {view.heading}") for view in sections]


def _thresholds(sections: Sequence[RunSection]) -> list[tuple[str, str]]:
    """Stops of the threshold: a number, and how it is called."""
    if any(section.measure == "similarity" for section in sections):
        return [("-1", "any")] + [(f"{at / 20:.2f}", f"{at / 20:.2f}") for at in range(20)]
    named = ("0.5", "0.9", "0.99", "0.999", "0.9999", "0.99999")
    return [("0", "any")] + [(value, f"{float(value) * 100:.10g} %") for value in named]
