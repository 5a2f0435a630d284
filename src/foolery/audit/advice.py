"""What to make of an audit: where known networks stand under the same protocol, and what to do next."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from foolery.audit.schema import Audit, AuditedClassifier
from foolery.classifiers import builtin
from foolery.classifiers.architectures import list_architectures
from foolery.classifiers.wrappers import WRAPPERS
from foolery.install import shell_words
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
    where = "the mitigations say" if audit.mitigations else "--mitigations says"
    steps = [
        f"next: rejecting at a price of {format_percent(PRICE, 0)} of the real images leaves {fooled} of the "
        f"classes fooled; {where} what other prices buy, with the code"
    ]
    return (*steps, hardening_step(audit.classifier, reference.data))


def hardening_step(classifier: AuditedClassifier, data: str) -> str:
    """How what is held can be trained against unrecognizable images: it depends on whether it can be trained.

    Args:
        classifier: that was audited.
        data: reference of the real images.
    """
    name, method = classifier.name, _training_method(classifier.name)
    form = name.partition(":")[0]
    if method is not None:
        words = [
            "foolery",
            "harden",
            name,
            "--method",
            method,
            "--data",
            data if ":" in data or data.isalnum() else "DATA",
        ]
        return (
            f"then: {shell_words(words)} --out hardened trains it against such images; the same audit with "
            "--hardened onnx:hardened/round-02/network.onnx measures what that buys, and its price"
        )
    set_line = (
        "foolery export FOLDER --format folder -o set makes the champions of this audit, and of more with "
        "other seeds, a data set"
    )
    if form == "onnx":
        return (
            "then: an ONNX file has no training left in it, so it is hardened where it was made: "
            f"{set_line}; add it as a class of its own to the training, export again, and measure by "
            "--hardened onnx:NEW.onnx (one class more than before is understood)"
        )
    if form in ("hf", "torch"):
        return (
            f"then: foolery cannot train {name}, your own training code can: {set_line}, to be a class of "
            "its own there; measure the result by --hardened"
        )
    if form in WRAPPERS:
        return f"then: {name} is made of others: harden these, and audit them together again"
    return (
        f"then: {name} is a black box, whose weights nothing here can reach: reject below a threshold in "
        f"front of it; for whoever trains it, {set_line}"
    )


def _training_method(name: str) -> str | None:
    """The method of ``foolery harden`` for a classifier; None where it cannot be trained."""
    form, _, file = name.partition(":")
    if name in builtin.names():
        return "acet" if builtin.card_of(name).architecture in list_architectures() else None
    return (
        "fine-tune"
        if form in ("torchvision", "timm") or (form, file[-12:]) == ("torch", ".safetensors")
        else None
    )
