"""Record: all that the page's script needs to show one champion, as JSON types, and its small pictures."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from foolery.report.images import sprite, strip
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.engine.run import Champion
    from foolery.report.model import Sight
    from foolery.report.model.cppn_graph import Network
    from foolery.report.model.occlusion import Occlusion
    from foolery.report.model.photos import Photo
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
