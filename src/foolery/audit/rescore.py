"""Again: the champions of an earlier audit, asked of another classifier, for instance a new build of it.

Nothing is searched, so it takes as long as the real pictures do. What an attacker spent is what the earlier
audit says; a champion that passes here and did not pass there counts as the whole budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foolery.audit import schema as doc
from foolery.audit.attacks.base import Trail
from foolery.audit.config import Order
from foolery.audit.markdown import write_summary
from foolery.audit.reference import ask_real, measure_of, targets_of, yardstick_of
from foolery.audit.runner import RATE_BATCH
from foolery.audit.scoring import Entry, Standing
from foolery.audit.storage import Showcase, make_room, new_audit
from foolery.canvas import Canvases, from_png
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.wrappers.metered import images_per_second
from foolery.errors import UsageError

NAME = "champions"
_AT_ONCE = 200


@dataclass(frozen=True)
class Earlier:
    """An audit that is there: its document and its folder."""

    audit: doc.Audit
    folder: Path

    @classmethod
    def read(cls, path: Path) -> Earlier:
        """The audit in a folder, or of an ``audit.json``.

        Raises:
            UsageError: where it cannot be read, or has no champions.
        """
        found = doc.read_audit(path)
        if not found.champions:
            raise UsageError(f"--champions: the audit in {path} has no champions yet")
        return cls(found, path if path.is_dir() else path.parent)

    def pictures(self) -> Canvases:
        """``(N, C, H, W) uint8``: its champions.

        Raises:
            UsageError: where one of the PNG files is missing, or is no picture.
        """
        try:
            files = [(self.folder / one.image).read_bytes() for one in self.audit.champions]
        except OSError as error:
            raise UsageError(f"--champions: {error.filename} cannot be read: {error.strerror}") from None
        return np.stack([from_png(file) for file in files])


def audit_again(
    classifier: Classifier, earlier: Earlier, order: Order, *, overwrite: bool = False
) -> doc.Audit:
    """Judge ``classifier`` by the champions of ``earlier``; the attacks of ``order`` are not tried.

    Raises:
        UsageError: for other classes or canvases, and a folder in use.
    """
    known, before = classifier.description, earlier.audit
    if known.classes != before.classifier.classes:
        raise UsageError(f"--champions: they are of other classes than those of {known.name}")
    if known.canvas.axes != before.classifier.canvas:
        raise UsageError(
            f"--champions: they are {before.classifier.canvas}, {known.name} takes {known.canvas.axes}"
        )
    order.check()
    make_room(order, overwrite=overwrite)
    found = new_audit(known, order, images_per_second(classifier, RATE_BATCH))
    yardstick = None
    if order.pictures is not None:
        real = ask_real(classifier, order.pictures.data, order.pictures.most)
        yardstick = yardstick_of(classifier, real, order.pictures.reference, order.pictures.split)
    pictures = earlier.pictures()
    threshold = None if yardstick is None else yardstick.threshold
    trails = _trails(classifier, before, pictures, threshold)
    budget = found.budget.model_copy(
        update={
            "asked": before.budget.asked,
            "queries": before.budget.queries,
            "seconds": before.budget.seconds,
            "seeds": before.budget.seeds,
            "spent": len(pictures),
        }
    )
    standing = Standing(
        [Entry(NAME, seed, trail) for seed, trail in enumerate(trails)],
        before.budget.seeds, known.kind, yardstick, budget.queries, targets_of(known, before.left_out),
    )  # fmt: skip
    recognised = None
    if order.panel is not None:
        panel = order.panel if order.pictures is None else order.panel.calibrated(order.pictures.data)
        recognised = standing.asked_of(panel)
    seed = before.attacks[0].seed if before.attacks else 0
    shown = Showcase(order.out, known.classes, seed).champions(standing, yardstick, recognised)
    made_by = {one.index: (one.attack, one.seed) for one in before.champions}
    verdict = standing.verdict(recognised)
    found = found.model_copy(
        update={
            "state": "finished",
            "yardstick": yardstick,
            "budget": budget,
            "left_out": before.left_out,
            "attacks": _attacks(known, before, standing, len(pictures)),
            "champions": tuple(
                one.model_copy(update=dict(zip(("attack", "seed"), made_by[one.index], strict=True)))
                for one in shown
            ),
            "curves": () if yardstick is None else standing.curves(seed),
            "verdict": verdict,
            "gates": tuple(gate.judge(verdict) for gate in order.gates),
            "notes": (*found.notes, _said(before)),
        }
    )
    doc.write_audit(found, order.out)
    write_summary(found, order.out)
    return found


def _trails(
    classifier: Classifier, before: doc.Audit, pictures: Canvases, threshold: float | None
) -> list[Trail]:
    """One for each seed of the earlier audit; they differ in when classes fell."""
    known = classifier.description
    scores = np.concatenate(
        [classifier.scores(pictures[at : at + _AT_ONCE]) for at in range(0, len(pictures), _AT_ONCE)]
    )
    indices = np.array([one.index for one in before.champions])
    rows = np.arange(len(indices))
    values, own = np.full((2, len(known.classes)), -np.inf)
    values[indices] = measure_of(known)(scores, pictures)[rows, indices]
    own[indices] = scores[rows, indices]
    place = dict(zip(indices.tolist(), rows.tolist(), strict=True))

    def draw(asked: NDArray[np.int64]) -> Canvases:
        chosen: Canvases = pictures[[place[int(index)] for index in asked]]
        return chosen

    made = []
    for seed in range(before.budget.seeds):
        passed = np.full(len(known.classes), np.inf)
        for one in before.champions:
            if threshold is not None and values[one.index] >= threshold:
                at = one.passed_at[seed]
                passed[one.index] = before.budget.queries if at is None else at
        made.append(Trail(values, own, passed, len(pictures), 0.0, draw))
    return made


def _attacks(known: Description, before: doc.Audit, standing: Standing, asked: int) -> tuple[doc.Attack, ...]:
    fooled = (
        None
        if standing.yardstick is None
        else float(np.isfinite(standing.passed[0, standing.targets]).mean())
    )
    return (
        doc.Attack(
            name=NAME,
            seed=before.attacks[0].seed if before.attacks else 0,
            about=f"champions of an audit of {before.classifier.name}",
            status="finished",
            share=asked,
            queries=asked,
            fooled_at_keep95=fooled,
            median_confidence=float(np.median(standing.confidences[standing.targets])),
        ),
    )


def _said(before: doc.Audit) -> str:
    return (
        f"No attack was made: these are the champions of an audit of {before.classifier.name}, and the "
        "queries of that audit. By pictures that were made for another a classifier can look safer than "
        "it is."
    )
