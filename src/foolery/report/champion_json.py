"""A champion as the data of a page's script, and the files that go with it."""

from __future__ import annotations

import json
from base64 import b64encode

from foolery.classifiers.base import Kind
from foolery.report.model.ancestry import Ancestry
from foolery.report.model.champion import ChampionDetail, OcclusionMap
from foolery.report.model.cppn_graph import CppnGraph
from foolery.text import format_score

MAX_GENOME_BYTES = 65_536  # a larger genome is an image anyway


def champion_json(detail: ChampionDetail) -> dict[str, object]:
    """Everything but the addresses of files."""
    champion, kind = detail.champion, detail.kind
    return {
        "label": champion.label,
        "index": champion.index,
        "confidence": champion.confidence,
        "confidence_text": detail.confidence,
        "alt": detail.alt,
        "facts": detail.facts,
        "size": [champion.canvas.shape[2], champion.canvas.shape[1]],
        "top": [[each.label, each.confidence, format_score(each.confidence, kind)] for each in detail.top],
        "ancestry": None if detail.ancestry is None else _ancestry_json(detail.ancestry, kind),
        "graph": None if detail.graph is None else _graph_json(detail.graph),
        "occlusion": None if detail.occlusion is None else _occlusion_json(detail.occlusion, kind),
        "real": None if detail.real is None else {"confidence": detail.real_confidence},
        "panel": [
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


def genome_json(detail: ChampionDetail) -> str | None:
    """A champion's genome with what is needed to render it, as JSON; None above 64 KiB, or without one.

    ``packed`` is the base64 of what the encoding's ``unpack`` takes.
    """
    champion, settings = detail.champion, detail.settings
    if settings is None or not champion.genome or len(champion.genome) > MAX_GENOME_BYTES:
        return None
    document = {
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
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _ancestry_json(ancestry: Ancestry, kind: Kind) -> dict[str, object] | None:
    if not ancestry.steps:
        return None
    height, width = ancestry.steps[0].canvas.shape[1:]
    return {
        "length": ancestry.length,
        "size": [width, height],
        "steps": [
            [each.generation, each.label, each.confidence, format_score(each.confidence, kind)]
            for each in ancestry.steps
        ],
    }


def _graph_json(graph: CppnGraph) -> dict[str, object]:
    return {
        "side": graph.images.shape[1],
        "names": graph.names,
        "depths": graph.depths,
        "outputs": graph.outputs,
        "edges": graph.edges,
        "left_out": graph.left_out,
    }


def _occlusion_json(occlusion: OcclusionMap, kind: Kind) -> dict[str, object]:
    return {
        "patch": occlusion.patch,
        "confidences": occlusion.confidences.round(5).tolist(),
        "min": format_score(float(occlusion.confidences.min()), kind),
        "max": format_score(float(occlusion.confidences.max()), kind),
    }
