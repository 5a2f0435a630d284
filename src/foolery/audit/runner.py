"""Audit: every attack under one budget, kept in ``audit.json`` as it goes, and a verdict at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from foolery.audit import schema as doc
from foolery.audit.attacks.base import Allowance, Attack, Scene, Trail
from foolery.audit.budget import Spending, hopeless, queries_for, seconds_for
from foolery.audit.config import Order, Pictures
from foolery.audit.markdown import remarks, write_summary
from foolery.audit.reference import Real, ask_real, targets_of, yardstick_of
from foolery.audit.scoring import Entry, Standing, figures_alone
from foolery.audit.storage import (
    Showcase,
    announcement,
    check_classes,
    check_same,
    give_up,
    make_room,
    new_audit,
    told_of_photos,
)
from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier
from foolery.classifiers.wrappers.metered import images_per_second
from foolery.data.labelled import sample
from foolery.errors import UsageError

BETWEEN = 15.0  # seconds from one partial report to the next, and never less than
COSTS = 20.0  # times what the last one took


class Record:
    """The document of one audit, from its first line on.

    Args:
        out: folder of the audit.
        found: the document to begin with.
        begun: when the audit, or its continuation, began, on the clock ``monotonic``.
        before: seconds that earlier parts of it took.

    Attributes:
        found: the document as it is now, written or not.
    """

    def __init__(self, out: Path, found: doc.Audit, begun: float, before: float = 0.0) -> None:
        self.found = found
        self._out, self._begun, self._before = out, begun, before
        self._saved, self._cost = begun, 0.0

    @property
    def elapsed(self) -> float:
        """Seconds of the audit so far, its earlier parts included."""
        return self._before + monotonic() - self._begun

    @property
    def budget(self) -> doc.Budget:
        """The budget with what is spent of it now."""
        budget = self.found.budget
        spent = budget.repeated + sum(attack.queries for attack in self.found.attacks)
        return budget.model_copy(update={"spent": spent, "elapsed": self.elapsed})

    def replace(self, **parts: object) -> None:
        """Put parts in the place of those that are there."""
        self.found = self.found.model_copy(update=parts)

    def change(self, position: int, **parts: object) -> None:
        """The same for one attack; the budget follows."""
        attacks = list(self.found.attacks)
        attacks[position] = attacks[position].model_copy(update=parts)
        self.replace(attacks=tuple(attacks))
        self.replace(budget=self.budget)

    def write(self) -> None:
        """Write ``audit.json``."""
        doc.write_audit(self.found, self._out)

    def put(self, **parts: object) -> None:
        """Replace parts, and write the document and its summary."""
        self.replace(**parts)
        self.write()
        write_summary(self.found, self._out)

    def report(self, parts: Callable[[], Mapping[str, object]]) -> None:
        """The same for parts that take time to make: the longer, the later the next report is due."""
        begun = monotonic()
        self.put(**parts())
        self._saved = monotonic()
        self._cost = self._saved - begun

    @property
    def due(self) -> bool:
        """Whether the last report is so old that another one may be made."""
        return monotonic() - self._saved > max(BETWEEN, COSTS * self._cost)


PHOTOS = 64  # that shuffled ones are made of
RATE_BATCH = 64

Say = Callable[[str], None]


class Auditor:
    """One audit: ``begin`` or ``resume``, then ``run``, then ``finish``.

    Attributes:
        record: the document and its clock, from ``begin`` or ``resume`` on.
        targets: ``(T,) int64``, places of the classes to fool.
        real: answers to real pictures; None where there are none, or they were asked before a resume.
    """

    def __init__(self, classifier: Classifier, order: Order, say: Say = lambda line: None) -> None:
        order.check()
        self.classifier, self.order, self.say = classifier, order, say
        self.targets = targets_of(classifier.description, order.left_out)
        self.real: Real | None = None
        self._trails: dict[int, Trail] = {}  # of attacks that are done, by position
        self._showcase = Showcase(order.out, classifier.description.classes, order.seed)
        self._photos: Canvases | None = None
        self._begun = monotonic()

    @property
    def found(self) -> doc.Audit:
        """The document as it is now."""
        return self.record.found

    def plan(self) -> doc.Audit:
        """What it will be, before anything was measured or asked."""
        return new_audit(self.classifier.description, self.order, 1.0)

    def begin(self, *, overwrite: bool = False) -> None:
        """Start a new audit in the folder.

        Raises:
            UsageError: where the folder is not empty and ``overwrite`` is not given, or the data cannot be
                used.
        """
        if self.order.pictures is not None:
            check_classes(self.classifier.description, self.order.pictures)
        make_room(self.order, overwrite=overwrite)
        rate = images_per_second(self.classifier, RATE_BATCH)
        found = new_audit(self.classifier.description, self.order, rate)
        self.record = Record(self.order.out, found, self._begun)
        self._announce()
        self.record.write()
        if self.order.pictures is not None:
            try:
                known = self._yardstick(self.order.pictures)
            except UsageError:
                give_up(self.order)
                raise
            self.record.replace(yardstick=known)
            self.say(told_of_photos(known))
        self.record.write()

    def resume(self) -> None:
        """Go on with the audit in the folder.

        Raises:
            UsageError: where there is none, or it is of something else.
        """
        earlier = doc.read_audit(self.order.out)
        new = new_audit(self.classifier.description, self.order, earlier.budget.rate)
        check_same(earlier, new, self.order)
        keep = {"budget": earlier.budget, "attacks": earlier.attacks, "yardstick": earlier.yardstick}
        found = new.model_copy(update=keep)
        self.record = Record(self.order.out, found, self._begun, before=earlier.budget.elapsed)
        self._count_what_was_lost()
        self._announce()
        if self.order.pictures is not None and earlier.yardstick is None:
            self.record.replace(yardstick=self._yardstick(self.order.pictures))

    def run(self) -> None:
        """Try every attack that is not done yet.

        Raises:
            KeyboardInterrupt: passed on after everything was saved.
        """
        with self._saving():
            self._skip_hopeless()
            for position in range(len(self.found.attacks)):
                attack, scene = self._attack(position), self._scene(position)
                if self.found.attacks[position].status in ("waiting", "running"):
                    self._try(position, attack, scene)
                elif self.found.attacks[position].status == "finished":
                    self._settle(position, attack, scene)

    def finish(self) -> doc.Audit:
        """Judge: the panel, the verdict and the gates; the audit is finished."""
        standing, panel, pictures = self.standing(), self.order.panel, self.order.pictures
        recognised = None
        if standing is not None and panel is not None:
            recognised = standing.asked_of(panel if pictures is None else panel.calibrated(pictures.data))
        parts = self._parts("finished", standing, recognised)
        verdict = parts.get("verdict")
        if isinstance(verdict, doc.Verdict):
            parts["gates"] = tuple(gate.judge(verdict) for gate in self.order.gates)
            known = set(self.found.notes)
            ended = self.found.model_copy(update={"budget": self.record.budget})
            parts["notes"] = (*self.found.notes, *(one for one in remarks(ended) if one not in known))
        self.put(**parts)
        return self.found

    def put(self, **parts: object) -> None:
        """Replace parts of the document, and write it."""
        self.record.put(**parts)

    def save(self, state: doc.State) -> None:
        """Write champions, document and summary as they are now."""
        self.record.report(lambda: self._parts(state, self.standing(), None))

    def standing(self) -> Standing | None:
        """All attacks so far beside each other; None before the first picture."""
        entries: list[Entry] = []
        for position, attack in enumerate(self.found.attacks):
            trail = self._trails.get(position)
            if attack.status == "running":
                trail = self._attack(position).trail(self._scene(position))
                if trail is not None:
                    self._note(position, trail)
            if trail is not None:
                entries.append(Entry(attack.name, position // len(self.order.attacks), trail))
        if not entries:
            return None
        known = self.classifier.description
        return Standing(
            entries,
            self.order.seeds,
            known.kind,
            self.found.yardstick,
            self.found.budget.queries,
            self.targets,
        )

    def _parts(
        self, state: doc.State, standing: Standing | None, recognised: NDArray[np.float64] | None
    ) -> dict[str, object]:
        parts: dict[str, object] = {"state": state, "budget": self.record.budget}
        if standing is not None:
            champions = self._showcase.champions(standing, self.found.yardstick, recognised)
            parts |= {
                "champions": champions,
                "curves": standing.curves(self.order.seed) if standing.yardstick is not None else (),
                "verdict": standing.verdict(recognised),
            }
        return parts

    def _skip_hopeless(self) -> None:
        """Skip what cannot be tried before the first attack of a seed, so that others get its share."""
        size = len(self.order.attacks)
        for first in range(0, len(self.found.attacks), size):
            if any(mine.status != "waiting" for mine in self.found.attacks[first : first + size]):
                continue
            reasons = hopeless(self.order, self._scene(first), self.found.budget.queries)
            for place, reason in sorted(reasons.items()):
                self._skip(first + place, reason)

    def _skip(self, position: int, reason: str) -> None:
        self.record.change(position, status="skipped", reason=reason)
        self.say(f"{self._attack(position).name}: skipped, {reason}")

    def _try(self, position: int, attack: Attack, scene: Scene) -> None:
        share = self.found.attacks[position].share or queries_for(self.order, self.found, position)
        reason = attack.obstacle(scene, share)
        if reason is not None:
            self._skip(position, reason)
            return
        self.record.change(position, status="running", share=share)
        self.record.write()
        spending = Spending(scene.folder(attack.name))

        def pulse(queries: int) -> None:
            spending.write(queries)
            self._pulse()

        seconds = seconds_for(self.order, self.found, position, self.record.elapsed)
        attack.run(scene, Allowance(share, seconds, pulse))
        self._settle(position, attack, scene)
        self.record.change(position, status="finished")
        self._report(position)

    def _count_what_was_lost(self) -> None:
        """Queries of the attack that was interrupted which its files do not know, and its last batch."""
        for position, mine in enumerate(self.found.attacks):
            if mine.status != "running":
                continue
            attack, scene = self._attack(position), self._scene(position)
            trail = attack.trail(scene)
            kept = 0 if trail is None else trail.queries
            lost = max(0, Spending(scene.folder(attack.name)).read() - kept) + attack.in_flight(scene)
            budget = self.found.budget
            budget = budget.model_copy(update={"repeated": budget.repeated + min(lost, mine.share)})
            self.record.replace(budget=budget)
            # It is not running any more, so that a second interruption before it runs loses nothing again.
            self.record.change(position, status="waiting", queries=kept)
            self.record.write()

    def _settle(self, position: int, attack: Attack, scene: Scene) -> None:
        trail = attack.trail(scene)
        if trail is not None:
            self._trails[position] = trail
            self._note(position, trail)

    def _report(self, position: int) -> None:
        mine = self.found.attacks[position]
        fooled = "" if mine.fooled_at_keep95 is None else f", {mine.fooled_at_keep95:.0%} fooled@keep95"
        sure = "" if mine.median_confidence is None else f", median confidence {mine.median_confidence:.4f}"
        self.say(f"{mine.name}: {mine.queries:,} queries, {mine.seconds:.1f} s{fooled}{sure}")
        self.record.write()
        self._pulse()

    def _pulse(self) -> None:
        if self.record.due:
            self.save("partial")

    @contextmanager
    def _saving(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            # What went wrong first is what has to be told.
            with suppress(Exception):
                self.save("interrupted" if isinstance(error, KeyboardInterrupt) else "partial")
            raise

    def _attack(self, position: int) -> Attack:
        return self.order.attacks[position % len(self.order.attacks)]

    def _scene(self, position: int) -> Scene:
        yardstick = self.found.yardstick
        return Scene(
            self.classifier,
            self.order.seed + position // len(self.order.attacks),
            self.order.out / "runs",
            None if yardstick is None else yardstick.threshold,
            self._photos_once(),
            self.order.starters,
            self.order.command,
            self.targets,
        )

    def _photos_once(self) -> Canvases | None:
        if self._photos is None and self.order.pictures is not None:
            parts = sample(self.order.pictures.data, PHOTOS).batches(
                PHOTOS, self.classifier.description.canvas
            )
            self._photos = next(iter(parts)).canvases
        return self._photos

    def _yardstick(self, pictures: Pictures) -> doc.Yardstick:
        self.real = ask_real(self.classifier, pictures.data, pictures.most)
        return yardstick_of(self.classifier, self.real, pictures.reference, pictures.split)

    def _note(self, position: int, trail: Trail) -> None:
        """Put the figures of an attack by itself into the document."""
        parts = figures_alone(trail, self.classifier.description.kind, self.found.yardstick, self.targets)
        folder = self._scene(position).folder(self._attack(position).name)
        if (folder / "run.db").is_file():
            parts["run"] = folder.relative_to(self.order.out).as_posix()
        self.record.change(position, **parts)

    def _announce(self) -> None:
        self.say(announcement(self.found.budget))


def audit(
    classifier: Classifier,
    order: Order,
    say: Say = lambda line: None,
    *,
    resume: bool = False,
    overwrite: bool = False,
) -> doc.Audit:
    """The audit that ``order`` asks for, begun or gone on with, to its end.

    Raises:
        UsageError: for what cannot be used; before anything is asked where that can be known.
        KeyboardInterrupt: passed on after everything was saved.
    """
    auditor = Auditor(classifier, order, say)
    if resume:
        auditor.resume()
    else:
        auditor.begin(overwrite=overwrite)
    auditor.run()
    return auditor.finish()
