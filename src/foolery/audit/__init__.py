"""Audits: search for unrecognizable images that a classifier accepts, under one budget, and score it.

The room can be called: ``foolery.audit(classifier, data="mnist", out="audit")``. What it takes is in
``AuditConfig``, what it gives is an ``Audit``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.audit.attacks import Attack as Attack
    from foolery.audit.attacks import AttackBudget as AttackBudget
    from foolery.audit.attacks import AttackContext as AttackContext
    from foolery.audit.attacks import AttackResult as AttackResult
    from foolery.audit.attacks import score_images as score_images
    from foolery.audit.config import AuditConfig as AuditConfig
    from foolery.audit.gates import Gate as Gate
    from foolery.audit.runner import audit as audit
    from foolery.audit.runner import run_audit as run_audit
    from foolery.audit.schema import Audit as Audit
    from foolery.audit.storage import open_audit as open_audit

__all__ = [
    "Attack",
    "AttackBudget",
    "AttackContext",
    "AttackResult",
    "Audit",
    "AuditConfig",
    "Gate",
    "audit",
    "open_audit",
    "run_audit",
    "score_images",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Attack": "foolery.audit.attacks",
        "AttackBudget": "foolery.audit.attacks",
        "AttackContext": "foolery.audit.attacks",
        "AttackResult": "foolery.audit.attacks",
        "Audit": "foolery.audit.schema",
        "AuditConfig": "foolery.audit.config",
        "Gate": "foolery.audit.gates",
        "audit": "foolery.audit.runner",
        "open_audit": "foolery.audit.storage",
        "run_audit": "foolery.audit.runner",
        "score_images": "foolery.audit.attacks",
    },
    call="audit",
)
