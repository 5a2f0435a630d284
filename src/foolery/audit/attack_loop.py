"""The attacks of an audit, one after the other; each can be interrupted, and is gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from time import monotonic

from foolery.audit.attacks.base import AttackBudget, AttackResult
from foolery.audit.budget import QueryCounter, queries_for, seconds_for, unavailable_at_start
from foolery.audit.forecast import plan_attacks
from foolery.audit.notes import attack_line, progress_line
from foolery.audit.schema import AttackEnd
from foolery.audit.session import AuditSession
from foolery.stages import drop_stage, is_watched, stage

PROGRESS_INTERVAL = 10.0  # seconds between two lines of progress of one attack


def run_attacks(session: AuditSession) -> None:
    """Run every attack that is not finished yet.

    Raises:
        KeyboardInterrupt: passed on after everything was saved.
    """
    with _saved_on_exit(session):
        _skip_unavailable(session)
        for position in range(len(session.audit.attacks)):
            status = session.audit.attacks[position].status
            if status in ("waiting", "running"):
                _run_attack(session, position)
            elif status == "finished":
                session.add_result(position, session.kept_result(position))


@contextmanager
def _saved_on_exit(session: AuditSession) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        # What went wrong first is what has to be told.
        with suppress(Exception):
            session.save("interrupted" if isinstance(error, KeyboardInterrupt) else "partial")
        raise


def _skip_unavailable(session: AuditSession) -> None:
    """Skip what cannot be tried before the first attack of a seed, so that others get its share."""
    attacks = session.plan.attacks
    for first in range(0, len(session.audit.attacks), len(attacks)):
        records = session.audit.attacks[first : first + len(attacks)]
        if any(record.status != "waiting" for record in records):
            continue
        reasons = unavailable_at_start(attacks, session.context(first), session.audit.budget.queries)
        for place, reason in sorted(reasons.items()):
            _skip(session, first + place, reason)
    plan_attacks(
        session, [place for place, record in enumerate(session.audit.attacks) if record.status == "skipped"]
    )


def _skip(session: AuditSession, position: int, reason: str, ended: AttackEnd | None = None) -> None:
    session.document.replace_attack(position, status="skipped", reason=reason, ended=ended)
    drop_stage(session.stage_name(session.planned(position).name))
    session.on_progress(f"{session.planned(position).name}: skipped, {reason}")


def _run_attack(session: AuditSession, position: int) -> None:
    attacks, document = session.plan.attacks, session.document
    share = session.audit.attacks[position].share or queries_for(attacks, session.audit, position)
    context, attack = session.context(position, share), session.planned(position).attack
    reason = attack.unavailable(context)
    if reason is not None:
        _skip(session, position, reason)
        return
    seconds = seconds_for(attacks, session.audit, position, document.elapsed + session.plan.reserved)
    reason = _too_short(session, position, share, seconds)
    if reason is not None:
        _skip(session, position, reason, "time")
        return
    document.replace_attack(position, status="running", share=share)
    document.write()
    with stage(session.stage_name(attack.name), share, unit="queries", limit=seconds) as advance:
        reporter = _Reporter(session, QueryCounter(context.folder(attack.name)), attack.name, share, advance)
        budget = AttackBudget(share, seconds, reporter)
        result = attack.run(context, budget)
    session.add_result(position, result)
    document.replace_attack(position, status="finished", ended=_ended(budget, result, reporter.batch))
    session.on_progress(attack_line(session.audit.attacks[position]))
    document.write()
    session.save_if_due()


def _too_short(session: AuditSession, position: int, share: int, seconds: float) -> str | None:
    """Why the attack cannot be begun in ``seconds``; None where by the measured speed it can."""
    if seconds <= 0:
        return "the time was up"
    if seconds == inf:
        return None
    context = session.context(position, min(share, int(seconds * session.audit.budget.rate)))
    reason = session.planned(position).attack.unavailable(context)
    return None if reason is None else f"the time is too short: in its {seconds:.1f} s it {reason}"


def _ended(budget: AttackBudget, result: AttackResult, batch: int) -> AttackEnd:
    """What ended an attack whose next batch would have been of ``batch`` queries."""
    if result.queries + batch > budget.queries:
        return "budget"
    return "exhausted" if result.exhausted or budget.seconds == inf else "time"


@dataclass
class _Reporter:
    """What an attack calls with its queries so far: they are counted, and the audit is saved now and then."""

    session: AuditSession
    counter: QueryCounter
    name: str
    share: int
    advance: Callable[[int], None]
    begun: bool = False
    batch: int = 1
    watched: bool = field(default_factory=is_watched)
    last_report: float = field(default_factory=monotonic)

    def __call__(self, queries: int, batch: int) -> None:
        """Count ``queries``; the first call comes before the first batch."""
        self.counter.write(queries, batch)
        self.advance(queries)
        self.batch = batch
        if self.begun:
            self.session.save_if_due()
        if not self.watched and monotonic() - self.last_report > PROGRESS_INTERVAL:
            audit = self.session.audit.model_copy(update={"budget": self.session.document.budget})
            self.session.on_progress(progress_line(audit, self.name, queries, self.share))
            self.last_report = monotonic()
        self.begun = True
