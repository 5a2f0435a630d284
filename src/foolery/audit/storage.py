"""Opening: the folder and the document of an audit that begins, and whether one can be gone on with."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.analysis.champion_files import safe_name
from foolery.audit import schema as doc
from foolery.audit.config import QUERIES, Order, Pictures
from foolery.audit.reference import left_out_of, real_medians
from foolery.audit.schema import Champion, Yardstick
from foolery.audit.scoring import Standing
from foolery.canvas import Canvases, canvas_hash, png_bytes
from foolery.classifiers.base import Description
from foolery.data import match_classes
from foolery.engine.provenance import provenance
from foolery.errors import UsageError

FOLDER = "champions"


@dataclass
class Showcase:
    """Champions of one audit.

    Attributes:
        out: folder of the audit.
        classes: of the classifier.
        seed: the first.
    """

    out: Path
    classes: tuple[str, ...]
    seed: int
    _written: dict[str, str] = field(default_factory=dict)  # image to the hash of what it shows

    def champions(
        self,
        standing: Standing,
        yardstick: Yardstick | None,
        recognised: NDArray[np.float64] | None,
    ) -> tuple[Champion, ...]:
        """A row for each class that has a picture; pictures that changed are written.

        Args:
            standing: of all attacks.
            yardstick: None without real pictures.
            recognised: ``(A, K) float64`` as in ``Standing.verdict``.
        """
        medians = None if yardstick is None else real_medians(yardstick)
        best = standing.values.max(axis=0)
        told = None if recognised is None else standing.of_winners(recognised)
        made = []
        for index, canvas in sorted(standing.canvases().items()):
            winner, mark = standing.entries[int(standing.winners[index])], canvas_hash(canvas)
            value, agreed = float(best[index]), None if told is None else float(told[index])
            made.append(
                Champion(
                    index=index,
                    label=self.classes[index],
                    confidence=float(standing.confidences[index]),
                    score=float(standing.scores[index]),
                    value=value,
                    attack=winner.attack,
                    seed=self.seed + winner.seed,
                    passed_at=tuple(int(at) if isfinite(at) else None for at in standing.passed[:, index]),
                    fooled=None if yardstick is None else value >= yardstick.threshold,
                    beats_real=None if medians is None else bool(value > medians[index]),
                    recognised_by=agreed if agreed is not None and isfinite(agreed) else None,
                    image=self._picture(index, canvas, mark),
                    canvas_hash=mark,
                )
            )
        return tuple(made)

    def _picture(self, index: int, canvas: Canvases, mark: str) -> str:
        name = f"{FOLDER}/{safe_name(index, self.classes[index])}"
        if self._written.get(name) != mark:
            (self.out / FOLDER).mkdir(parents=True, exist_ok=True)
            (self.out / name).write_bytes(png_bytes(canvas))
            self._written[name] = mark
        return name


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
    left_out = left_out_of(known, order.left_out)
    if left_out:
        notes.append(f"Not to be fooled, and in no figure: {', '.join(left_out)}.")
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
        left_out=left_out,
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


def check_same(earlier: doc.Audit, new: doc.Audit, order: Order) -> None:
    """Raise UsageError unless ``new`` asks for what the audit in the folder of ``order`` was begun with."""
    if new.classifier.fingerprint != earlier.classifier.fingerprint:
        raise UsageError(
            f"--resume: {order.out} was begun with another classifier: {earlier.classifier.name}, "
            f"fingerprint {earlier.classifier.fingerprint[:12]} (here {new.classifier.fingerprint[:12]})"
        )
    for name, here, there in (
        ("--budget", new.budget.asked, earlier.budget.asked),
        ("--seeds", new.budget.seeds, earlier.budget.seeds),
        ("--attacks", _plan(new), _plan(earlier)),
        ("--leave-out", _listed(new.left_out), _listed(earlier.left_out)),
        ("--data", _source(order.pictures), _source_of(earlier.yardstick)),
    ):
        if here != there and not (name == "--data" and earlier.yardstick is None):
            raise UsageError(
                f"--resume: {order.out} was begun with {name} {there}; give that, or another --out"
            )


def check_classes(known: Description, pictures: Pictures) -> None:
    """Raise UsageError unless the classes of ``pictures`` are classes of the classifier."""
    match_classes(pictures.data.classes, known.classes, known.name)


def told_of_photos(known: doc.Yardstick) -> str:
    """The second line of an audit."""
    by_position = "" if known.matched_by == "name" else " (classes matched by their position: no name agrees)"
    return (
        f"{known.images} photos: accuracy {known.accuracy:.1%}{by_position}; 95 % of the right answers "
        f"have a {known.measure} of {known.threshold:.4g} or more"
    )


def announcement(budget: doc.Budget) -> str:
    """The first line of an audit: how fast, how much, how long."""
    time = (budget.queries * budget.seeds - budget.spent) / budget.rate
    if budget.seconds is not None:
        time = min(time, budget.seconds - budget.elapsed)
    shown = f"{time:.0f} s" if time < 120 else f"{time / 60:.0f} min"
    seeds = "" if budget.seeds == 1 else f" for each of {budget.seeds} seeds"
    return (
        f"measured {budget.rate:,.0f} images/s; budget {budget.queries:,} queries{seeds}: about {shown} "
        f"or more"
    )


def make_room(order: Order, *, overwrite: bool) -> None:
    """Make the folder of an audit; what an earlier audit wrote there goes where ``overwrite`` is given.

    Raises:
        UsageError: where the folder is in use otherwise.
    """
    out = order.out
    if (out / doc.FILE).exists() and overwrite:
        for name in ("runs", FOLDER, "helps"):
            shutil.rmtree(out / name, ignore_errors=True)
        for name in (doc.FILE, "summary.md"):
            (out / name).unlink(missing_ok=True)
    elif out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"--out: {out} is not empty; name another folder, or give --resume or --overwrite")
    out.mkdir(parents=True, exist_ok=True)


def give_up(order: Order) -> None:
    """Remove an audit whose pictures cannot be used, so that the same command can be given again, mended."""
    (order.out / doc.FILE).unlink(missing_ok=True)
    with suppress(OSError):
        order.out.rmdir()


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"


def _plan(found: doc.Audit) -> str:
    return ", ".join(f"{attack.name} (seed {attack.seed})" for attack in found.attacks)


def _source(pictures: Pictures | None) -> str:
    return "none" if pictures is None else f"{pictures.reference} ({pictures.split})"


def _source_of(yardstick: doc.Yardstick | None) -> str:
    return "none" if yardstick is None else f"{yardstick.data} ({yardstick.split})"
