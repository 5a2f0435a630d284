"""What to make of an audit: where known networks stand under the same protocol, and what to do next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from foolery.audit.schema import Audit
from foolery.text import format_percent

KNOWN = Path(__file__).parent / "known_audits.json"
PRICE = 0.05  # of the real images, that an owner may be ready to pay


@dataclass(frozen=True)
class KnownAudit:
    """An audit of a network that foolery knows: its score with its interval, and how it was trained."""

    protocol: str
    network: str
    training: str
    score: float
    low: float
    high: float


@cache
def known_audits() -> tuple[KnownAudit, ...]:
    """Audits that ``benchmarks/audits.py`` made of the shipped networks and others, under named protocols."""
    return tuple(KnownAudit(**row) for row in json.loads(KNOWN.read_text(encoding="utf-8")))


def standing_lines(audit: Audit) -> tuple[str, ...]:
    """Where the classifier stands among known networks; nothing without a protocol, or a finished search."""
    if audit.verdict is None or audit.verdict.score is None or audit.unfinished:
        return ()
    others = sorted(
        (one for one in known_audits() if one.protocol == audit.protocol), key=lambda one: -one.score
    )
    if not others:
        return ()
    mine = audit.verdict.score
    listed = ", ".join(f"{one.network} ({one.training}) {one.score:.1f}" for one in others)
    lower = sum(one.high < mine.low for one in others)
    higher = sum(one.low > mine.high for one in others)
    return (
        f"of {len(others)} known networks under {audit.protocol}, {lower} have a lower score beyond both "
        f"intervals, {higher} a higher one: {listed}",
    )


def next_steps(audit: Audit) -> tuple[str, ...]:
    """What to do next."""
    verdict, reference = audit.verdict, audit.reference
    if audit.unfinished:
        return ("next: give the audit more time; what it says now can only become worse",)
    if verdict is None or reference is None or verdict.fooled_at_tpr95 is None:
        return ("next: give labelled real images (--data); without them nothing can be compared",)
    if not verdict.fooled_by_any or not verdict.fooled_by_any.value:
        return (
            f"next: no class is fooled at a price of {format_percent(PRICE, 0)} of the real images; a larger "
            "budget may still find some",
        )
    fooled = format_percent(verdict.fooled_at_tpr95.value, 0)
    steps = [
        f"next: rejecting at a price of {format_percent(PRICE, 0)} of the real images leaves {fooled} of the "
        "classes fooled; --mitigations says what other prices buy, with the code"
    ]
    if "/" in audit.classifier.name or audit.classifier.name.startswith("onnx:"):
        steps.append(
            "then: an ONNX file cannot be trained further; foolery export FOLDER --format folder -o set "
            "makes the champions a data set, to be a class of its own in the training that made the file"
        )
    else:
        steps.append(
            f"then: foolery harden {audit.classifier.name} trains against such images, if foolery can train "
            "it; audit the result by --hardened"
        )
    return tuple(steps)
