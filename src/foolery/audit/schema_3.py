"""Audits of schema 3, read as audits of schema 4.

The score of schema 3 was of the best single attack whatever it was, and the score without the transfer attack
stood beside it. That one is the score now.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from foolery.audit import schema_1

Json: TypeAlias = dict[str, Any]

#: What whoever goes on with such an audit has to know.
OTHER_STEPS = (
    "It was begun by an earlier version, whose gradient ascent took other steps: ascents from here on are "
    "not those that it would have made."
)
#: Old names of figures in gates, of all schemas, to new ones.
OLD_FIGURES = {
    name: "score" if new == "score-without-transfer" else new for name, new in schema_1.FIGURES.items()
} | {"score-without-transfer": "score"}
_OF_CLASSES = ("score_unrecognizable", "fooled_at_tpr95", "seed_scores", "class_scores")


def upgrade(document: Json) -> Json:
    """The document of schema 3 as one of schema 4; what is no document of schema 3 stays as it is."""
    upgraded = document | {"schema": 4}
    if document.get("state") in ("partial", "interrupted") and isinstance(document.get("notes", []), list):
        upgraded["notes"] = [*document.get("notes", []), OTHER_STEPS]
    verdict = document.get("verdict")
    if isinstance(verdict, dict):
        upgraded["verdict"] = _verdict(verdict)
    return upgraded


def _verdict(verdict: Json) -> Json:
    """The same where no champions of other networks were tried.

    Else scores of seeds and classes are not kept, since those of the new score were not stored, nor is the
    comparison of the best single attack, which may have been the transfer attack.
    """
    kept = {name: value for name, value in verdict.items() if name != "score_without_transfer"}
    searched = verdict.get("score_without_transfer")
    if searched is None:
        return kept
    kept = {name: value for name, value in kept.items() if name not in _OF_CLASSES}
    attackers = verdict.get("attackers")
    if isinstance(attackers, list):
        kept["attackers"] = [
            one for one in attackers if not (isinstance(one, dict) and one.get("name") == "best-single")
        ]
    return kept | {"score": searched, "score_with_transfer": verdict.get("score")}
