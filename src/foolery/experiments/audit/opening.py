"""Opening: the document of an audit that begins."""

from __future__ import annotations

from foolery.classifiers.contract import Description
from foolery.experiments.audit import document as doc
from foolery.experiments.audit.order import QUERIES, Order
from foolery.experiments.provenance import provenance


def new_audit(known: Description, order: Order, rate: float) -> doc.Audit:
    """The document of an audit of which nothing was done yet.

    Args:
        known: the classifier.
        order: what is asked for.
        rate: images a second, measured.
    """
    queries = order.limit.queries or QUERIES
    if order.limit.queries is None and order.limit.seconds is not None:
        queries = min(queries, max(1000, int(rate * order.limit.seconds / order.seeds)))
    made = provenance(known, order.command)
    notes = list(known.notes)
    if order.pictures is None:
        notes.append("There is no score: it compares with real pictures, and none were given (--data).")
    if order.limit.queries is None:
        notes.append(
            "The budget is a time, so how many queries it holds depends on the machine: scores of other "
            "machines do not compare."
        )
    if order.panel is None:
        notes.append("Nobody says whether champions are nonsense: no panel was given (--panel).")
    return doc.Audit(
        state="partial",
        classifier=doc.Audited(
            name=known.name,
            fingerprint=known.fingerprint,
            kind=known.kind,
            canvas=known.canvas.axes,
            classes=known.classes,
            backend=known.backend,
            device=known.device,
        ),
        yardstick=None,
        budget=doc.Budget(
            asked=order.asked,
            queries=queries,
            seconds=order.limit.seconds,
            seeds=order.seeds,
            spent=0,
            repeated=0,
            elapsed=0.0,
            rate=rate,
        ),
        attacks=tuple(
            doc.Attack(name=attack.name, seed=order.seed + number, about=attack.about, status="waiting")
            for number in range(order.seeds)
            for attack in order.attacks
        ),
        panel=() if order.panel is None else order.panel.members,
        notes=tuple(notes),
        command=order.command,
        started=made.started,
        device=made.device,
        versions=made.versions,
    )
