"""Audits of schema 2, read as audits of schema 3.

Schema 2 knew two outcomes of a gate: what was not known failed. It did not say what ended an attack, and had
another score, of the quickest attack per class.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

NOT_KNOWN = "its value is not known"


def upgrade(document: Json) -> Json:
    """The document of schema 2 as one of schema 3; what is no document of schema 2 stays as it is."""
    upgraded = document | {"schema": 3}
    gates = document.get("gates")
    if isinstance(gates, list):
        upgraded["gates"] = [_gate(gate) if isinstance(gate, dict) else gate for gate in gates]
    verdict = document.get("verdict")
    if isinstance(verdict, dict):
        upgraded["verdict"] = _verdict(verdict)
    comparison = document.get("comparison")
    if isinstance(comparison, dict) and "regression" in comparison:
        upgraded["comparison"] = _without(comparison, "regression") | {
            "outcome": "failed" if comparison["regression"] else "passed"
        }
    return upgraded


def _verdict(verdict: Json) -> Json:
    """What all attacks together do keeps its figures, under its new names; the score is the previous one."""
    names = ("score", "score_without_transfer", "score_unrecognizable", "seed_scores", "fooled_at_tpr95")
    kept = {name: value for name, value in verdict.items() if name not in names}
    if verdict.get("fooled_at_tpr95") is not None:
        kept["fooled_by_any"] = verdict["fooled_at_tpr95"]
    if verdict.get("score") is not None:
        kept["previous"] = {name: verdict[name] for name in names[:4] if name in verdict}
    return kept


def _gate(gate: Json) -> Json:
    if "failed" not in gate:
        return gate
    kept = _without(gate, "failed")
    if gate.get("value") is None and gate["failed"]:
        return kept | {"outcome": "undecided", "reason": NOT_KNOWN}
    return kept | {"outcome": "failed" if gate["failed"] else "passed"}


def _without(fields: Json, name: str) -> Json:
    return {key: value for key, value in fields.items() if key != name}
