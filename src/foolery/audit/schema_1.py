"""Audits of schema 1: read as audits of schema 2, and their folders made fit to go on with.

Schema 1 had private words for what the field has names for. Every field and every name within a field has one
place here, so that a later schema needs no more than another file like this one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

#: Old names of fields to new ones, by the field of the document that has them; ``""`` is the document itself.
FIELDS: Mapping[str, Mapping[str, str]] = {
    "": {"yardstick": "reference", "left_out": "excluded", "compared": "comparison", "helps": "mitigations"},
    "reference": {"right": "correct", "enough": "min_class_images"},
    "budget": {"asked": "requested"},
    "attacks": {"fooled_at_keep95": "fooled_at_tpr95", "beats_real": "above_real_median"},
    "champions": {
        "passed_at": "queries_to_fool",
        "beats_real": "above_real_median",
        "recognised_by": "recognized_by",
    },
    "verdict": {
        "score_of_search": "score_without_transfer",
        "score_of_nonsense": "score_unrecognizable",
        "fooled_at_keep95": "fooled_at_tpr95",
        "fooled_by_nonsense": "fooled_unrecognizable",
        "beats_real": "above_real_median",
        "recognised": "recognized",
    },
    "mitigations": {"measure": "mitigation", "what": "figure"},
}
#: Old names of figures in gates to new ones.
FIGURES: Mapping[str, str] = {
    "fooled@keep95": "fooled@tpr95",
    "beats-real": "above-real-median",
    "score-of-search": "score-without-transfer",
    "score-of-nonsense": "score-unrecognizable",
    "fooled-by-nonsense": "fooled-unrecognizable",
    "recognised": "recognized",
}
#: Old names of attacks, and of several at once, to new ones.
ATTACKS: Mapping[str, str] = {"starter": "transfer", "baselines": "synthetic"}
#: Patterns of what lies in the folder of an audit, with the part of its name that is renamed.
FILES = (
    ("helps", "helps", "mitigations"),
    ("runs/starter-seed-*", "starter", "transfer"),
    ("runs/*/drawn.json", "drawn", "single_shot"),
)


def upgrade(document: Json) -> Json:
    """The document of schema 1 as one of schema 2; what is no document of schema 1 stays as it is."""
    upgraded = _rename(document, FIELDS[""]) | {"schema": 2}
    for field, names in FIELDS.items():
        _change(upgraded, field, partial(_rename, names=names))
    _change(upgraded, "attacks", partial(_translate, name="name", translate=_attack))
    _change(upgraded, "champions", partial(_translate, name="attack", translate=_attack))
    _change(upgraded, "gates", partial(_translate, name="expression", translate=_expression))
    for field in ("mitigation", "figure"):
        _change(upgraded, "mitigations", partial(_translate, name=field, translate=_words))
    return upgraded


def upgrade_folder(folder: Path) -> None:
    """Rename what an attack or a mitigation finds by its name; a second time there is nothing to do."""
    for pattern, old, new in FILES:
        for path in sorted(folder.glob(pattern)):
            path.rename(path.with_name(path.name.replace(old, new, 1)))


def _change(document: Json, field: str, change: Callable[[Json], Json]) -> None:
    """Change the object, or each of the objects, in a field of ``document``."""
    value = document.get(field)
    if isinstance(value, dict):
        document[field] = change(value)
    elif isinstance(value, list):
        document[field] = [change(one) if isinstance(one, dict) else one for one in value]


def _rename(fields: Json, names: Mapping[str, str]) -> Json:
    return {names.get(name, name): value for name, value in fields.items()}


def _translate(fields: Json, name: str, translate: Callable[[str], str]) -> Json:
    value = fields.get(name)
    return fields | {name: translate(value)} if isinstance(value, str) else fields


def _attack(name: str) -> str:
    return ATTACKS.get(name, name)


def _expression(text: str) -> str:
    return re.sub(r"[A-Za-z][\w@.-]*", lambda match: FIGURES.get(match[0], match[0]), text, count=1)


def _words(text: str) -> str:
    return re.sub(r"\bkeep(\d\d)\b", r"TPR\1", text.replace("fooled@keep95", "fooled@tpr95"))
