"""Audit: every attack under one budget, kept in ``audit.json`` as it goes, and a verdict at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf, isfinite
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, canvas_hash, png_bytes
from foolery.classifiers.contract import Classifier
from foolery.classifiers.metered import Budget as Limit
from foolery.classifiers.metered import images_per_second
from foolery.data.labelled import LabelledData, sample
from foolery.errors import UsageError
from foolery.experiments.audit import document as doc
from foolery.experiments.audit.attacks import Allowance, Attack, Scene, known_attacks
from foolery.experiments.audit.drawn import Painter
from foolery.experiments.audit.gate import Gate
from foolery.experiments.audit.panel import Panel
from foolery.experiments.audit.score import check_queries
from foolery.experiments.audit.standing import Entry, Standing
from foolery.experiments.audit.summary import write_summary
from foolery.experiments.audit.trail import Trail
from foolery.experiments.audit.yardstick import MOST, Real, ask_real, real_medians, yardstick_of
from foolery.experiments.export import safe_name
from foolery.experiments.nonsense import baselines
from foolery.experiments.provenance import provenance

QUERIES = 500_000
BETWEEN = 15.0  # seconds from one partial report to the next
PHOTOS = 64  # that shuffled ones are made of
RATE_BATCH = 64
CHAMPIONS = "champions"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Pictures:
    """Real ones: the opened data, and how it was called."""

    data: LabelledData
    reference: str
    split: str = "test"
    most: int = MOST


@dataclass(frozen=True)
class Order:
    """What is asked for.

    Attributes:
        out: folder of the audit.
        asked: the budget in words, ``limit`` what it says.
        attacks: to try, in order.
        seeds: repetitions, of seed ``seed`` and the next ones.
        pictures: real ones; without them there is no score.
        panel: of independent classifiers.
        starters: pictures of other networks' champions, and how many.
        gates: judged at the end.
        command: how it was started.
    """

    out: Path
    asked: str = str(QUERIES)
    limit: Limit = field(default_factory=lambda: Limit(QUERIES))
    attacks: tuple[Attack, ...] = field(default_factory=known_attacks)
    seeds: int = 1
    seed: int = 0
    pictures: Pictures | None = None
    panel: Panel | None = None
    starters: tuple[Painter, int] | None = None
    gates: tuple[Gate, ...] = ()
    command: str = "python"

    def check(self) -> None:
        """Raise UsageError for what cannot be done, before anything is."""
        if not 1 <= self.seeds <= 100:
            raise UsageError(f"--seeds: expected 1 to 100, got {self.seeds}")
        if not self.attacks:
            raise UsageError("--attacks: expected at least one name")
        if self.limit.queries is not None:
            check_queries(self.limit.queries)
        for gate in self.gates:
            gate.check(data=self.pictures is not None, panel=self.panel is not None)


class Auditor:
    """One audit: ``begin`` or ``resume``, then ``run``, then ``finish``.

    Attributes:
        found: the document, as it was last written.
        real: answers to real pictures; None where there are none, or they were asked before a resume.
    """

    def __init__(self, classifier: Classifier, order: Order, say: Say = lambda line: None) -> None:
        order.check()
        self.classifier, self.order, self.say = classifier, order, say
        self.real: Real | None = None
        self._trails: dict[int, Trail] = {}  # of attacks that are done, by position
        self._written: dict[str, str] = {}  # image to the hash of what it shows
        self._photos: Canvases | None = None
        self._begun, self._before, self._saved = monotonic(), 0.0, monotonic()

    def plan(self) -> doc.Audit:
        """What it will be, before anything was measured or asked."""
        return self._new(1.0)

    def begin(self, *, overwrite: bool = False) -> None:
        """Start a new audit in the folder.

        Raises:
            UsageError: where the folder is not empty and ``overwrite`` is not given, or the data cannot be
                used.
        """
        out = self.order.out
        if (out / doc.FILE).exists() and overwrite:
            _clear(out)
        elif out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UsageError(
                f"--out: {out} is not empty; name another folder, or give --resume or --overwrite"
            )
        rate = images_per_second(self.classifier, RATE_BATCH)
        self.found = self._new(rate)
        self._announce()
        out.mkdir(parents=True, exist_ok=True)
        doc.write_audit(self.found, out)
        if self.order.pictures is not None:
            known = self._yardstick(self.order.pictures)
            self.found = self.found.model_copy(update={"yardstick": known})
            self.say(
                f"{known.images} photos: accuracy {known.accuracy:.1%}; 95 % of the right answers have a "
                f"{known.measure} of {known.threshold:.4g} or more"
            )
        doc.write_audit(self.found, out)

    def resume(self) -> None:
        """Go on with the audit in the folder.

        Raises:
            UsageError: where there is none, or it is of something else.
        """
        earlier = doc.read_audit(self.order.out)
        new = self._new(earlier.budget.rate)
        for name, here, there in (
            ("classifier", new.classifier.fingerprint, earlier.classifier.fingerprint),
            ("--budget", new.budget.asked, earlier.budget.asked),
            ("--seeds", new.budget.seeds, earlier.budget.seeds),
            ("--attacks", _plan(new), _plan(earlier)),
            ("--data", _source(self.order.pictures), _source_of(earlier.yardstick)),
        ):
            if here != there and not (name == "--data" and earlier.yardstick is None):
                raise UsageError(f"--resume: {self.order.out} was begun with another {name}: {there}")
        lost = sum(
            self.order.attacks[position % len(self.order.attacks)].batch
            for position, attack in enumerate(earlier.attacks)
            if attack.status == "running"
        )
        budget = earlier.budget.model_copy(update={"repeated": earlier.budget.repeated + lost})
        keep = {"budget": budget, "attacks": earlier.attacks, "yardstick": earlier.yardstick}
        self._before = budget.elapsed
        self.found = new.model_copy(update=keep)
        self._announce()
        if self.order.pictures is not None and earlier.yardstick is None:
            self.found = self.found.model_copy(update={"yardstick": self._yardstick(self.order.pictures)})

    def run(self) -> None:
        """Try every attack that is not done yet.

        Raises:
            KeyboardInterrupt: passed on after everything was saved.
        """
        with self._saving():
            for position in range(len(self.found.attacks)):
                attack, scene = self._attack(position), self._scene(position)
                if self.found.attacks[position].status in ("waiting", "running"):
                    self._try(position, attack, scene)
                elif self.found.attacks[position].status == "finished":
                    self._settle(position, attack, scene)

    def finish(self) -> doc.Audit:
        """Judge: the panel, the verdict and the gates; the audit is finished."""
        standing = self.standing()
        recognised = None
        if standing is not None and self.order.panel is not None:
            drawn = standing.canvases()
            recognised = np.full(standing.values.shape[1], np.nan)
            if drawn:
                claimed = np.array(list(drawn), np.int64)
                recognised[claimed] = self.order.panel.recognised_by(np.stack(list(drawn.values())), claimed)
        self.save("finished", recognised)
        if self.found.verdict is not None:
            judged = tuple(gate.judge(self.found.verdict) for gate in self.order.gates)
            self.put(gates=judged, notes=(*self.found.notes, *_remarks(self.found)))
        return self.found

    def put(self, **parts: object) -> None:
        """Replace parts of the document, and write it."""
        self.found = self.found.model_copy(update=parts)
        doc.write_audit(self.found, self.order.out)
        write_summary(self.found, self.order.out)

    def save(self, state: doc.State, recognised: NDArray[np.float64] | None = None) -> None:
        """Write champions, document and summary as they are now."""
        update: dict[str, object] = {"state": state, "budget": self._budget()}
        standing = self.standing()
        if standing is not None:
            update |= {
                "champions": self._champions(standing, recognised),
                "curves": standing.curves(self.order.seed) if standing.yardstick is not None else (),
                "verdict": standing.verdict(recognised),
            }
        self.put(**update)
        self._saved = monotonic()

    def standing(self) -> Standing | None:
        """All attacks so far beside each other; None before the first picture."""
        entries: list[Entry] = []
        offset, seed = 0, -1
        for position, attack in enumerate(self.found.attacks):
            number = position // len(self.order.attacks)
            if number != seed:
                offset, seed = 0, number
            trail = self._trails.get(position)
            if attack.status == "running":
                trail = self._attack(position).trail(self._scene(position))
                if trail is not None:
                    self._note(position, trail)
            if trail is not None:
                entries.append(Entry(attack.name, number, offset, trail))
                offset += trail.queries
        if not entries:
            return None
        known = self.classifier.description
        return Standing(
            entries, self.order.seeds, known.kind, self.found.yardstick, self.found.budget.queries
        )

    def _try(self, position: int, attack: Attack, scene: Scene) -> None:
        mine = self.found.attacks[position]
        share = mine.share if mine.status == "running" else self._share(position)
        reason = attack.obstacle(scene, share)
        if reason is not None:
            self._set(position, status="skipped", reason=reason)
            self.say(f"{attack.name}: skipped, {reason}")
            return
        self._set(position, status="running", share=share)
        doc.write_audit(self.found, self.order.out)
        attack.run(scene, Allowance(share, self._seconds(position), self._pulse))
        self._settle(position, attack, scene)
        self._set(position, status="finished")
        self._report(position)

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
        if monotonic() - self._saved > BETWEEN:
            self.save("partial")
        else:
            doc.write_audit(self.found, self.order.out)

    def _pulse(self) -> None:
        if monotonic() - self._saved > BETWEEN:
            self.save("partial")

    @contextmanager
    def _saving(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.save("interrupted" if isinstance(error, KeyboardInterrupt) else "partial")
            raise

    def _share(self, position: int) -> int:
        """Queries that an attack gets: its weight's part of what its seed has left."""
        size = len(self.order.attacks)
        first = position - position % size
        spent = sum(attack.queries for attack in self.found.attacks[first:position])
        attack = self._attack(position)
        share = int((self.found.budget.queries - spent) * self._part(position))
        return share if attack.most is None else min(share, attack.most)

    def _part(self, position: int) -> float:
        place = position % len(self.order.attacks)
        weights = [attack.weight for attack in self.order.attacks[place:]]
        return weights[0] / sum(weights)

    def _seconds(self, position: int) -> float:
        """Time that an attack gets: its part of what its seed has left of the seed's part."""
        if self.found.budget.seconds is None:
            return inf
        seeds = self.order.seeds - position // len(self.order.attacks)
        return max(0.1, (self.found.budget.seconds - self._elapsed) / seeds * self._part(position))

    @property
    def _elapsed(self) -> float:
        return self._before + monotonic() - self._begun

    def _budget(self) -> doc.Budget:
        budget = self.found.budget
        spent = budget.repeated + sum(attack.queries for attack in self.found.attacks)
        return budget.model_copy(update={"spent": spent, "elapsed": self._elapsed})

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

    def _set(self, position: int, **parts: object) -> None:
        attacks = list(self.found.attacks)
        attacks[position] = attacks[position].model_copy(update=parts)
        self.found = self.found.model_copy(update={"attacks": tuple(attacks), "budget": self._budget()})

    def _note(self, position: int, trail: Trail) -> None:
        """Put the figures of an attack by itself into the document."""
        known, yardstick = self.classifier.description, self.found.yardstick
        alone = Standing([Entry("", 0, 0, trail)], 1, known.kind, None, self.found.budget.queries)
        parts: dict[str, object] = {
            "queries": trail.queries,
            "seconds": trail.seconds,
            "median_confidence": float(np.median(alone.confidences)),
        }
        if yardstick is not None:
            parts["fooled_at_keep95"] = float(np.isfinite(trail.passed).mean())
            parts["beats_real"] = float((trail.values > real_medians(yardstick)).mean())
        folder = self._scene(position).folder(self._attack(position).name)
        if (folder / "run.db").is_file():
            parts["run"] = folder.relative_to(self.order.out).as_posix()
        attacks = list(self.found.attacks)
        attacks[position] = attacks[position].model_copy(update=parts)
        self.found = self.found.model_copy(update={"attacks": tuple(attacks)})

    def _champions(
        self, standing: Standing, recognised: NDArray[np.float64] | None
    ) -> tuple[doc.Champion, ...]:
        known, yardstick = self.classifier.description, self.found.yardstick
        medians = None if yardstick is None else real_medians(yardstick)
        best = standing.values.max(axis=0)
        made = []
        for index, canvas in sorted(standing.canvases().items()):
            winner, mark = standing.entries[int(standing.winners[index])], canvas_hash(canvas)
            value, agreed = float(best[index]), None if recognised is None else float(recognised[index])
            made.append(
                doc.Champion(
                    index=index,
                    label=known.classes[index],
                    confidence=float(standing.confidences[index]),
                    score=float(standing.scores[index]),
                    value=value,
                    attack=winner.attack,
                    seed=self.order.seed + winner.seed,
                    passed_at=tuple(int(at) if isfinite(at) else None for at in standing.passed[:, index]),
                    fooled=None if yardstick is None else value >= yardstick.threshold,
                    beats_real=None if medians is None else bool(value > medians[index]),
                    recognised_by=agreed if agreed is not None and isfinite(agreed) else None,
                    image=self._picture(index, known.classes[index], canvas, mark),
                    canvas_hash=mark,
                )
            )
        return tuple(made)

    def _picture(self, index: int, label: str, canvas: Canvases, mark: str) -> str:
        name = f"{CHAMPIONS}/{safe_name(index, label)}"
        if self._written.get(name) != mark:
            (self.order.out / CHAMPIONS).mkdir(exist_ok=True)
            (self.order.out / name).write_bytes(png_bytes(canvas))
            self._written[name] = mark
        return name

    def _announce(self) -> None:
        budget = self.found.budget
        total = budget.queries * budget.seeds - budget.spent
        time = total / budget.rate
        if budget.seconds is not None:
            time = min(time, budget.seconds - budget.elapsed)
        shown = f"{time:.0f} s" if time < 120 else f"{time / 60:.0f} min"
        seeds = "" if budget.seeds == 1 else f" for each of {budget.seeds} seeds"
        self.say(
            f"measured {budget.rate:,.0f} images/s; budget {budget.queries:,} queries{seeds}: about {shown} "
            f"or more"
        )

    def _new(self, rate: float) -> doc.Audit:
        known, order = self.classifier.description, self.order
        queries = order.limit.queries or QUERIES
        if order.limit.queries is None and order.limit.seconds is not None:
            queries = min(queries, max(1000, int(rate * order.limit.seconds / order.seeds)))
        made = provenance(known, order.command)
        notes = list(known.notes)
        if order.pictures is None:
            notes.append("There is no score: it compares with real pictures, and none were given (--data).")
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


def _remarks(found: doc.Audit) -> list[str]:
    """What the attacks beside each other say."""
    drawn = {baseline.name for baseline in baselines()}
    tried = [attack for attack in found.attacks if attack.fooled_at_keep95 is not None]
    plain = [attack for attack in tried if attack.name in drawn]
    searched = [attack for attack in tried if attack.name not in drawn and attack.name != "starter"]
    if not plain or not searched:
        return []
    best = max(plain, key=lambda attack: attack.fooled_at_keep95 or 0.0)
    top = max(searched, key=lambda attack: attack.fooled_at_keep95 or 0.0)
    if not best.fooled_at_keep95 or best.fooled_at_keep95 < (top.fooled_at_keep95 or 0.0):
        return []
    return [
        f"No search is needed: {best.queries:,} pictures of {best.name} fool {best.fooled_at_keep95:.0%} of "
        f"the classes, the best search ({top.name}) {top.fooled_at_keep95:.0%}."
    ]


def _plan(found: doc.Audit) -> tuple[tuple[str, int], ...]:
    return tuple((attack.name, attack.seed) for attack in found.attacks)


def _source(pictures: Pictures | None) -> tuple[str, str] | None:
    return None if pictures is None else (pictures.reference, pictures.split)


def _source_of(yardstick: doc.Yardstick | None) -> tuple[str, str] | None:
    return None if yardstick is None else (yardstick.data, yardstick.split)


def _clear(out: Path) -> None:
    """Remove what an earlier audit wrote there, and nothing else."""
    import shutil

    for name in ("runs", CHAMPIONS, "helps"):
        shutil.rmtree(out / name, ignore_errors=True)
    for name in (doc.FILE, "summary.md"):
        (out / name).unlink(missing_ok=True)


__all__: Sequence[str] = ["Auditor", "Order", "Pictures", "audit"]
