"""Transfer: images evolved against one network, shown to others (paper 3.5 and supplement)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from foolery.analysis.transferability import CERTAIN, Passage, Transfer, transfer
from foolery.analysis.transferability import Row as Matrix
from foolery.classifiers.scores import confidence
from foolery.data.class_matching import match_known
from foolery.data.fit import fit_all
from foolery.engine.run import Exhibit, exhibit_of
from foolery.paper.experiment import (
    NOT_FULL,
    Budget,
    Claim,
    ClassifierSlot,
    Context,
    Finding,
    Needs,
    Outcome,
    Part,
    Reproduction,
    Table,
    claim_of,
    scaled,
)
from foolery.paper.fig5 import BATCH, GENERATIONS, RUNS
from foolery.paper.figures import Row, Tile, wall
from foolery.paper.runs import runs_of, seconds_of
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

ENCODINGS = ("cppn", "direct")
ROLES = ("digits", "digits-b", "digits-c")
SHOWN = 10

CLAIMS = (
    Claim("both", "some images are given at least 99.99 % by both networks", "3.5, supplement", "some"),
    Claim("one", "others only by the network that they were evolved against", "3.5, supplement", "others"),
    Claim(
        "more than chance", "the other network's first answer agrees, more often than by chance", "3.5", "–"
    ),
)


def run(context: Context) -> Outcome:
    """Runs of 200 generations against the first two networks; scale multiplies their number."""
    seeds = range(scaled(context.seeds, context.scale))
    exhibits, seconds = [], 0.0
    for role in ROLES[:2]:
        for encoding in ENCODINGS:
            runs = runs_of(context, role, encoding, generations=GENERATIONS, batch=BATCH, seeds=seeds)
            exhibits += [exhibit_of(each) for each in runs]
            seconds += seconds_of(runs)
    asked = {role: context.classifiers[role] for role in ROLES if role in context.classifiers}
    found = transfer(exhibits, list(asked.values()))
    foreign = [
        (row, column, passage)
        for row in found.pooled
        for column, passage in zip(found.columns, row.passages, strict=True)
        if not passage.own
    ]
    return Outcome(
        (_both(context, foreign), _one(context, foreign), _chance(context, foreign, exhibits)),
        {"matrix": _figures(found), "runs": len(exhibits)},
        tables=(_table(found),),
        picture=_picture(context, exhibits),
        caption=f"Champions of {ROLES[0]} (CPPN) that {ROLES[1]} is most and least certain of, with its "
        "confidence in the class that they were evolved for.",
        notes=(
            "The networks have the same architecture and training and other random starts (the paper's first "
            "case); a network of another architecture, given with --classifier digits-c=REF, is asked too. "
            "Classes are matched by name; every canvas is drawn again from its genome, in 8 bits, and its "
            "hash compared. The numbers of the paper's transfer table are not known to us.",
        ),
        seconds=seconds,
    )


def _both(context: Context, foreign: Sequence[tuple[Matrix, str, Passage]]) -> Finding:
    claim = claim_of(CLAIMS, "both")
    if not foreign:
        return Finding(claim, "–", NOT_FULL, "all references name one network")
    counts = [round(each.both_9999 * each.pictures) for _, _, each in foreign]
    return context.judged(
        claim,
        _said(foreign, "both_9999"),
        "holds" if min(counts) > 0 else "holds in part" if sum(counts) else "does not hold",
        f"{sum(counts)} of {sum(each.pictures for _, _, each in foreign)} images; it holds where there are "
        "some for every pair of networks and encoding, in part for any",
    )


def _one(context: Context, foreign: Sequence[tuple[Matrix, str, Passage]]) -> Finding:
    claim = claim_of(CLAIMS, "one")
    if not foreign:
        return Finding(claim, "–", NOT_FULL, "all references name one network")
    counts = [round((each.source_9999 - each.both_9999) * each.pictures) for _, _, each in foreign]
    said = ", ".join(
        f"{format_confidence(count / each.pictures)} ({_pair(row, column)})"
        for count, (row, column, each) in zip(counts, foreign, strict=True)
    )
    return context.judged(
        claim,
        said,
        "holds" if min(counts) > 0 else "holds in part" if sum(counts) else "does not hold",
        "images at 99.99 % or more from their own network, and below that from the other; it holds where "
        "there are some for every pair and encoding",
    )


def _chance(
    context: Context, foreign: Sequence[tuple[Matrix, str, Passage]], exhibits: Sequence[Exhibit]
) -> Finding:
    claim = claim_of(CLAIMS, "more than chance")
    if not foreign:
        return Finding(claim, "–", NOT_FULL, "all references name one network")
    chance = 1 / len(exhibits[0].settings.classes)
    rates = [each.match_rate for _, _, each in foreign]
    clear = [
        rate > chance + 3 * np.sqrt(chance * (1 - chance) / each.pictures)
        for rate, (_, _, each) in zip(rates, foreign, strict=True)
    ]
    return context.judged(
        claim,
        _said(foreign, "match_rate"),
        "holds" if all(clear) else "holds in part" if any(clear) else "does not hold",
        f"chance is {format_confidence(chance)}; it holds where every rate is above it by three standard "
        "errors, in part for some",
    )


def _said(foreign: Sequence[tuple[Matrix, str, Passage]], name: str) -> str:
    return ", ".join(f"{_rate(getattr(each, name))} ({_pair(row, column)})" for row, column, each in foreign)


def _pair(row: Matrix, column: str) -> str:
    return f"{row.encoding}, {row.classifier} to {column}"


def _rate(value: float) -> str:
    return f"{100 * value:.1f} %" if np.isfinite(value) else "–"


def _figures(found: Transfer) -> dict[str, object]:
    said = found.as_object()
    return {name: said[name] for name in ("columns", "pooled", "unmatched")}


def _table(found: Transfer) -> Table:
    heads = (
        "evolved against", "asked", "images", "agrees", "in its class", "if it agrees", "if not",
        "both ≥ 99 %", "both ≥ 99.99 %",
    )  # fmt: skip
    rows = [
        (
            row.name,
            column,
            str(each.pictures),
            _rate(each.match_rate),
            *(
                f"{value:.3f}" if np.isfinite(value) else "–"
                for value in (each.confidence, each.confidence_matched, each.confidence_mismatched)
            ),
            _rate(each.both_99),
            _rate(each.both_9999),
        )
        for row in found.pooled
        for column, each in zip(found.columns, row.passages, strict=True)
    ]
    return Table(
        "All networks (agrees: first answer; the next three are mean confidences)", heads, tuple(rows)
    )


def _picture(context: Context, exhibits: Sequence[Exhibit]) -> Image:
    own, other = (context.classifiers[role] for role in ROLES[:2])
    champions = [
        champion
        for each in exhibits
        if each.settings.encoding == "cppn" and each.settings.fingerprint == own.description.fingerprint
        for champion in each.champions.values()
        if champion.confidence >= CERTAIN
    ] or [champion for each in exhibits[:1] for champion in each.champions.values()]
    index = np.array([champion.index for champion in champions])
    canvases = np.stack([champion.canvas for champion in champions])
    known = other.description
    scores = confidence(other.scores(fit_all(canvases, known.canvas)), known.kind)
    places = match_known(own.description.classes, known.classes)[index]
    values = np.where(places >= 0, scores[np.arange(len(index)), places], 0.0)
    order = np.argsort(-values, kind="stable")
    count = min(SHOWN, len(order))
    return wall(
        [
            Row(
                title,
                tuple(
                    Tile(champions[at].canvas, (champions[at].label, format_confidence(float(values[at]))))
                    for at in part.tolist()
                ),
            )
            for title, part in (("most", order[:count]), ("least", order[::-1][:count]))
        ]
    )


def _budget(scale: float, seeds: int) -> Budget:
    queries = len(ENCODINGS) * scaled(seeds, scale) * (GENERATIONS + 1) * BATCH
    return Budget((Part("digits", queries), Part("digits-b", queries)))


REPRODUCTION = Reproduction(
    name="transfer",
    title="Transfer between networks",
    place="3.5 and supplement",
    scales="the number of runs (50 for each network and encoding)",
    seeds=RUNS,
    needs=Needs(
        (
            ClassifierSlot("digits", "lenet", "a classifier of digits"),
            ClassifierSlot("digits-b", "lenet-b", "a second one, of another random start"),
            ClassifierSlot("digits-c", None, "one of another architecture", required=False),
        )
    ),
    claims=CLAIMS,
    budget=_budget,
    run=run,
)
