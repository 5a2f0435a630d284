"""Forecast: the stages of an audit, with what their queries will take, measured on its classifier.

A query of an evolution also draws its image, and one of an ascent follows a gradient: both are measured by
themselves, in a second or so, and only where somebody watches.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from time import perf_counter
from typing import TYPE_CHECKING, Any

from foolery.audit.attacks.searches import ASCENT_RULE, AscentAttack, EvolutionAttack
from foolery.audit.budget import planned_shares
from foolery.classifiers.wrappers.metered import images_per_second
from foolery.encodings.registry import make_encoding
from foolery.engine.ascent import ascend
from foolery.errors import FooleryError
from foolery.rng import Stream
from foolery.stages import Stage, drop_stage, is_watched, plan_stages

if TYPE_CHECKING:
    from foolery.audit.attacks import PlannedAttack
    from foolery.audit.session import AuditSession
    from foolery.classifiers.base import Classifier

REAL_IMAGES, MITIGATION = "real images", "mitigation"
_BATCH = 64
_CLASSES, _STEPS = 10, 4  # of an ascent that is timed
_SECONDS = 0.2  # of each measurement


def plan_audit(session: AuditSession) -> None:
    """Say which stages an audit that begins will have; some of its attacks may yet be skipped."""
    if not is_watched():
        return
    plan, step = session.plan, 1 / session.audit.budget.rate
    if plan.reference is not None:
        images = min(len(plan.reference.data), plan.reference.max_images)
        plan_stages([Stage(session.stage_name(REAL_IMAGES), images, step_seconds=step)])
    plan_attacks(session, ())
    for kind, other in plan.others.items() if plan.networks else ():
        rate = images_per_second(other, _BATCH, _SECONDS)
        queries = session.audit.budget.queries * plan.seeds
        plan_stages([Stage(f"{MITIGATION} {kind}", queries, step_seconds=step + 1 / rate)])


def plan_attacks(session: AuditSession, skipped: Collection[int]) -> None:
    """Say how long every attack will take that is not finished, without those that are ``skipped``."""
    if not is_watched():
        return
    waiting = [
        (position, record)
        for position, record in enumerate(session.audit.attacks)
        if record.status in ("waiting", "running")
    ]
    for _, record in waiting:
        drop_stage(session.stage_name(record.name))
    attacks, stages = session.plan.attacks, []
    excluded = {position % len(attacks) for position in skipped}
    shares = dict(planned_shares(attacks, session.audit.budget.queries, excluded))
    step_seconds = {place: _query_seconds(session, attacks[place]) for place in shares}
    for position, record in waiting:
        place = position % len(attacks)
        if place in shares:
            name = session.stage_name(record.name)
            stages.append(Stage(name, shares[place], "queries", step_seconds=step_seconds[place]))
    plan_stages(stages)


def _query_seconds(session: AuditSession, planned: PlannedAttack) -> float:
    """Seconds of a query of an attack, measured."""
    attack, classifier = planned.attack, session.plan.classifier
    forward = 1 / session.audit.budget.rate
    key = f"{type(attack).__name__} {getattr(attack, 'encoding', '')} {getattr(attack, 'start', '')}"
    if key not in session.query_seconds:
        extra = 0.0
        if isinstance(attack, EvolutionAttack):
            extra = _drawing_seconds(classifier, attack.encoding)
        elif isinstance(attack, AscentAttack):
            extra = (_ascent_seconds(session, attack) or forward) - forward
        session.query_seconds[key] = forward + extra
    return session.query_seconds[key]


def _drawing_seconds(classifier: Classifier, name: str) -> float:
    """Seconds for an image of an encoding, from its parent to its canvas."""
    try:
        encoding: Any = make_encoding(name, classifier.description.canvas)
        genomes = encoding.initial(Stream.of(0, 0, _BATCH))
        return _timed(lambda: encoding.render(genomes)) / _BATCH
    except (FooleryError, TypeError):
        return 0.0


def _ascent_seconds(session: AuditSession, attack: AscentAttack) -> float | None:
    """Seconds of a query of an ascent, by a few steps of it for a few classes; None where it has none."""
    context, moments = session.context(0), []
    names = [session.plan.classifier.description.classes[at] for at in context.targets[:_CLASSES]]
    try:
        ascend(
            context.classifier,
            classes=names,
            rule=ASCENT_RULE,
            steps=_STEPS,
            through=None if attack.start is None else "cppn",
            seed=context.seed,
            objective=context.objective,
            on_progress=lambda progress: moments.append((perf_counter(), progress.stats.queries)),
        )
    except (FooleryError, ImportError):
        return None
    if len(moments) <= _STEPS:
        return None
    (begun, before), (ended, after) = moments[1], moments[-1]  # the first step compiles
    return (ended - begun) / (after - before) if after > before else None


def _timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes once, the first time left out: it may compile."""
    work()
    begun, times = perf_counter(), 0
    while not times or perf_counter() - begun < _SECONDS:
        work()
        times += 1
    return (perf_counter() - begun) / times
