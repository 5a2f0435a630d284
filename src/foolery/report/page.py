"""A page with a gallery of champions, and the files beside it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.analysis.champion_files import champion_file_name
from foolery.report.champion_json import champion_json, genome_json
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
from foolery.report.model.champion import ChampionDetail, ImageLinks

if TYPE_CHECKING:
    from foolery.report.run_section import RunSection

_CONTENT_TYPES = {".png": "image/png", ".webp": "image/webp"}
PICTURES = "images of the page"  # the stage in which they are written
_CALL = "foolery.addRecord"  # of a script that brings one champion


@dataclass
class PageFiles:
    """What a page consists of, while it is made.

    Attributes:
        single: whether everything goes into the page itself.
        files: name to content, of what lies beside the page.
        records: id of a champion to what the page's script shows of it, for a single file.
    """

    single: bool
    files: dict[str, bytes] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, content: bytes) -> str:
        """Keep a file; returns its address on the page."""
        if self.single:
            kind = _CONTENT_TYPES[Path(name).suffix]
            return f"data:{kind};base64,{b64encode(content).decode()}"
        self.files[name] = content
        return name

    def add_champion(self, detail: ChampionDetail, anchor: str) -> ChampionDetail:
        """Keep the files of one champion; returns it with its id and addresses."""
        champion = detail.champion
        name = f"{anchor}/{champion.index:04d}"
        record = champion_json(detail)
        image = self.add(f"champions/{anchor}/{champion_file_name(champion)}", png(champion.canvas))
        record["image"] = image
        real = None
        if detail.real is not None:
            real = self.add(f"real/{name}.png", png(detail.real.canvas))
            record["real"] = {"confidence": detail.real_confidence, "image": real}
        for key, content in _sprites(detail).items():
            part = record[key]
            if isinstance(part, dict):
                part["image"] = self.add(f"{key}/{name}.webp", content)
        genome = genome_json(detail)
        if genome is not None:
            file = Path(champion_file_name(champion)).with_suffix(".json").name
            record["genome"] = {"text": genome, "name": file}
            if not self.single:
                self.files[f"genomes/{anchor}/{file}"] = genome.encode(errors="replace")
        if self.single:
            self.records[name] = as_json(record)
        else:
            self.files[f"data/{name}.js"] = script_call(_CALL, name, record)
        small = self.add(f"thumbnails/{name}.webp", thumbnail(champion.canvas))
        return replace(detail, id=name, files=ImageLinks(image, small, real))


def _sprites(detail: ChampionDetail) -> dict[str, bytes]:
    """``graph`` and ``ancestry`` as WebP files, where there are any."""
    files = {}
    if detail.graph is not None:
        files["graph"] = sprite(detail.graph.images)
    if detail.ancestry is not None and detail.ancestry.steps:
        files["ancestry"] = strip([each.canvas for each in detail.ancestry.steps])
    return files


def render_page(
    sections: Sequence[RunSection], page: PageFiles, beside: Mapping[str, bytes], **context: object
) -> dict[str, bytes]:
    """The page, as ``index.html``, and everything that lies beside it: name to content.

    Args:
        sections: shown one after the other.
        page: holds the files of their champions.
        beside: more files, for a page in a folder.
        context: for the template, over the defaults.
    """
    styles, scripts = [asset(STYLE)], [asset(name) for name in SCRIPTS]
    single = page.single
    defaults: dict[str, object] = {
        "sections": sections,
        "several": len(sections) > 1,
        "thresholds": _thresholds(sections),
        "filters": _filters(sections),
        "single": single,
        "styles": styles if single else [],
        "scripts": scripts if single else [],
        "script_files": () if single else SCRIPTS,
        "style_file": None if single else STYLE,
        "records": page.records,
        "policy": policy_of(styles, scripts) if single else POLICY,
        "figures": [],
        "matrix": None,
        "replicates": (),
        "audit": None,
        "champions_name": "All champions",
    }
    html = templates().get_template("report.html").render({**defaults, **context})
    files = {PAGE: html.encode(errors="replace"), **page.files}
    if not single:
        files |= {STYLE: asset(STYLE).encode(), **{name: asset(name).encode() for name in SCRIPTS}, **beside}
    return files


def _filters(sections: Sequence[RunSection]) -> tuple[str, list[tuple[str, str]]]:
    """What the gallery may be filtered by: its name, and the value and name of each choice; often none."""
    methods = list(dict.fromkeys(detail.method for section in sections for detail in section.details))
    if len(sections) == 1:
        return "Attack", [(f"e:{name}", name) for name in methods] if len(methods) > 1 else []
    choices = [(f"e:{name}", f"encoding {name}") for name in methods] if len(methods) > 1 else []
    return "Run", choices + [(f"r:{each.anchor}", f"{each.classifier}, {each.heading}") for each in sections]


def _thresholds(sections: Sequence[RunSection]) -> list[tuple[str, str]]:
    """Stops of the slider: a number, and its name."""
    if any(section.measure == "similarity" for section in sections):
        return [("-1", "any")] + [(f"{at / 20:.2f}", f"{at / 20:.2f}") for at in range(20)]
    named = ("0.5", "0.9", "0.99", "0.999", "0.9999", "0.99999")
    return [("0", "any")] + [(value, f"{float(value) * 100:.10g} %") for value in named]
