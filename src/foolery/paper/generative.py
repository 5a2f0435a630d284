"""Generative against discriminative: is a model of p(x, y) fooled where one of p(y | x) is? (paper 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.analysis.statistics import NEEDS_SCIPY, mann_whitney
from foolery.paper.contenders import (
    ATTACKS,
    BATCH,
    ENCODINGS,
    PICTURES,
    STARTS,
    Attacked,
    Contender,
    OnReal,
    RealMargins,
    attacked,
    contenders,
    on_real,
    real_margins,
)
from foolery.paper.experiment import (
    Budget,
    Claim,
    ClassifierSlot,
    Context,
    DataSlot,
    Finding,
    Needs,
    Outcome,
    Part,
    Reproduction,
    Table,
    Verdict,
    claim_of,
    scaled,
)
from foolery.paper.figures import Row, Tile, wall
from foolery.paper.runs import as_json, in_queries, middle, queries_of_all, seconds_of
from foolery.text import format_confidence

if TYPE_CHECKING:
    from PIL.Image import Image

SEEDS, GENERATIONS, STEPS = 5, 400, 500
SURE = 0.99
PASSES, COST = 3, 2.0
"""Of a step of ascent for each picture; what a query with a gradient costs, as there are few at a time."""
SLOWER = 1.3
"""A query that asks the generative network, in queries of LeNet."""
RARE, MOST = 0.05, 0.95

CLAIMS = (
    Claim("low p(x)", "fooling images can be told by their low p(x)", "4", "–"),
    Claim("harder", "a model of p(x, y), which discounts by p(x), is harder to fool", "4", "–"),
)


def run(context: Context) -> Outcome:
    """All attacks on all contenders; scale multiplies generations, steps and test pictures."""
    rivals = contenders(context)
    real, margins = {each.name: on_real(context, each) for each in rivals}, real_margins(context)
    generations, steps = scaled(GENERATIONS, context.scale), scaled(STEPS, context.scale)
    found = [
        attacked(context, each, attack, generations=generations, steps=steps)
        for attack in ATTACKS
        for each in rivals
    ]
    return Outcome(
        (_low(context, found, rivals[0]), _harder(context, found, rivals, margins)),
        {
            "generations": generations,
            "steps": steps,
            "seeds": context.seeds,
            "real": {name: vars(each) for name, each in real.items()},
            "real_margins": vars(margins),
            "attacks": [_figures(each, margins) for each in found],
            "queries": int(sum(run.history.queries[-1] for each in found for run in each.runs)),
        },
        tables=(_real(real), *(_table(found, attack, margins) for attack in ATTACKS)),
        picture=_picture(found),
        caption="Champions of seed 0 against each contender, one column for each digit, without the "
        "ascents from noise; below each its confidence, and log p(x) less the level of rejection, in nats.",
        notes=_notes(margins),
        seconds=sum(seconds_of(each.runs) for each in found),
    )


def certain(each: Attacked) -> float:
    """Share of classes and seeds that came to 99 %."""
    return float((each.confidences >= SURE).mean())


def _low(context: Context, found: Sequence[Attacked], plain: Contender) -> Finding:
    shares, words = [], []
    for each in found:
        sure = each.confidences >= SURE
        if each.contender is plain and sure.any():
            shares.append(float((each.margins[sure] <= 0).mean()))
            words.append(f"{shares[-1]:.0%} ({each.attack})")
    verdict: Verdict = "does not hold"
    if shares and min(shares) >= MOST:
        verdict = "holds"
    elif shares and max(shares) >= 0.5:
        verdict = "holds in part"
    return context.judged(
        claim_of(CLAIMS, "low p(x)"),
        f"rejected by p(x): {', '.join(words) or 'none'}",
        verdict,
        "images that the discriminative network is at least 99 % certain of, made without a thought of p(x); "
        "the level of rejection lets 95 % of unseen digits pass. It holds where p(x) rejects 95 % of the "
        "images of every attack, in part where half of those of one",
    )


def _harder(
    context: Context, found: Sequence[Attacked], rivals: Sequence[Contender], margins: RealMargins
) -> Finding:
    plain, both = rivals[0], rivals[-1]
    of = {(each.contender.name, each.attack): each for each in found}
    shares, tests, lower = [], [], []
    for attack in ATTACKS:
        ours, theirs = of[both.name, attack], of[plain.name, attack]
        test = mann_whitney(ours.confidences, theirs.confidences)
        shares.append(certain(ours))
        lower.append(test.share < 0.5 and test.p < 0.05)
        tests.append(f"{attack}: {certain(theirs):.0%} and {certain(ours):.0%} of the classes, {test}")
    mixed = max(certain(of[rivals[1].name, attack]) for attack in ATTACKS)
    passed = [of[both.name, attack].margins[of[both.name, attack].confidences >= SURE] for attack in ATTACKS]
    typical = margins.typical(np.concatenate(passed)) if any(map(len, passed)) else 0.0
    verdict: Verdict = "does not hold"
    if max(shares) <= RARE:
        verdict = "holds"
    elif any(lower):
        verdict = "holds in part"
    return context.judged(
        claim_of(CLAIMS, "harder"),
        "at 99 %: " + ", ".join(f"{share:.0%} ({a})" for share, a in zip(shares, ATTACKS, strict=True)),
        verdict,
        f"discriminative against generative, rejecting, whose rule the attack knows: {'; '.join(tests)}. Of "
        f"the images that came to 99 %, {typical:.0%} have a log p(x) as 95 % of the test digits have. The "
        f"discriminative network with the same rejection: up to {mixed:.0%} of the classes. It holds where "
        f"no attack brings more than {RARE:.0%} of the classes to 99 %, in part where the champions of one "
        "are less certain than those against the discriminative network (p < 0.05)",
    )


def _real(real: Mapping[str, OnReal]) -> Table:
    rows = tuple(
        (
            name,
            f"{each.error:.2%}",
            format_confidence(each.confidence),
            f"{each.certain:.1%}",
        )
        for name, each in real.items()
    )
    heads = ("contender", "error, rejected is wrong", "median confidence", "right at 99 %")
    return Table("On real test digits", heads, rows)


def _table(found: Sequence[Attacked], attack: str, margins: RealMargins) -> Table:
    rows = []
    for each in found:
        if each.attack != attack:
            continue
        most = float(each.runs[0].history.queries[-1])
        sure = each.confidences >= SURE
        rows.append(
            (
                each.contender.name,
                format_confidence(float(np.median(each.confidences))),
                f"{certain(each):.0%}",
                in_queries(middle(queries_of_all(each.runs, SURE)), most),
                f"{(each.margins > 0).mean():.0%}",
                f"{margins.typical(each.margins):.0%}",
                f"{np.median(each.margins):,.0f}".replace(",", " "),
                f"{each.seconded.mean():.0%}",
                f"{(sure & ~each.seconded).mean():.0%}",
            )
        )
    heads = (
        "contender",
        "median confidence",
        "classes at 99 %",
        "queries to 99 %",
        "p(x) accepts",
        "p(x) typical",
        "median log p(x) - level",
        "two others agree",
        "at 99 %, others do not agree",
    )
    return Table(f"Attack: {attack}", heads, tuple(rows))


def _figures(each: Attacked, margins: RealMargins) -> dict[str, Any]:
    return {
        "contender": each.contender.name,
        "attack": each.attack,
        "queries_per_run": int(each.runs[0].history.queries[-1]),
        "median_confidence": float(np.median(each.confidences)),
        "share_0.99": certain(each),
        "share_0.9999": float((each.confidences >= 0.9999).mean()),
        "median_queries_to_0.99": as_json(middle(queries_of_all(each.runs, SURE))),
        "accepted": float((each.margins > 0).mean()),
        "typical": margins.typical(each.margins),
        "seconded": float(each.seconded.mean()),
        "certain_not_seconded": float(((each.confidences >= SURE) & ~each.seconded).mean()),
        "confidences": [round(float(value), 6) for value in each.confidences],
        "margins": [round(float(value), 1) for value in each.margins],
    }


def _picture(found: Sequence[Attacked]) -> Image:
    rows = []
    for each in found:
        if each.attack == ATTACKS[-1]:
            continue
        count = len(each.canvases) // len(each.runs)
        tiles = [
            Tile(each.canvases[at], (format_confidence(each.confidences[at]), f"{each.margins[at]:+.0f}"))
            for at in range(count)
        ]
        words = each.contender.name.replace("discriminative", "discr.").replace("generative", "gen.")
        attack = each.attack.replace("ascent from ", "ascent: ")
        rows.append(Row(f"{words}\n{attack}".replace(", ", ",\n"), tuple(tiles)))
    return wall(rows, side=56)


def _notes(margins: RealMargins) -> tuple[str, ...]:
    return (
        "The generative network is ten small variational autoencoders (after ABS, Schott et al. 2018): "
        "log p(x | y) is the evidence lower bound at the mean of the encoder's posterior, so it needs no "
        "sampling and has gradients, and p(y | x) follows from it by Bayes' rule.",
        "Without rejection p(y | x) says little about nonsense: log-likelihoods of two classes differ by "
        "hundreds of nats there, so the softmax is nearly always certain of something. With rejection, one "
        "class more, a confidence is p(y | x) times the probability that log p(x) is above its level "
        "(a step a few nats wide). Below the level its logarithm falls with log p(x), so every attack "
        "follows both at once: it knows the rule.",
        f"Of the test digits p(x) accepts {margins.accepted:.1%}; their log p(x) less the level is "
        f"{margins.median:.0f} nats in the median, 95 % of them lie from {margins.low:.0f} to "
        f"{margins.high:.0f}. Between these an image is called typical: a test that rejects what is too "
        "likely, too, would let it pass.",
        "A picture that is certain, accepted, and that two other networks take for the same digit may be a "
        "digit, not a fooling image: so the last column counts those on which the others do not agree. "
        "Whether these look like digits is for the reader to see.",
        f"Evolution: {GENERATIONS} generations of {BATCH}. Ascent: {STEPS} steps on log p(y | x) (the "
        "paper's step follows p, which is 0 to the last digit here), from black with a little noise (mean) "
        "and from noise; the best picture of an ascent counts, rounded to 8 bits.",
    )


def _budget(scale: float, seeds: int) -> Budget:
    evolved = len(ENCODINGS) * seeds * (scaled(GENERATIONS, scale) + 1) * BATCH
    climbed = len(STARTS) * seeds * scaled(STEPS, scale) * 10 * PASSES
    real = 4 * scaled(PICTURES, scale, 100)
    return Budget(
        (
            Part("digits", evolved),
            Part("digits", climbed, COST),
            Part("digits", 3 * evolved + real, SLOWER),
            Part("digits", 3 * climbed, SLOWER * COST),
        )
    )


REPRODUCTION = Reproduction(
    name="generative",
    title="Generative against discriminative",
    place="4",
    scales="the generations (400) and steps (500) of a search, and the test digits",
    seeds=SEEDS,
    needs=Needs(
        classifiers=(
            ClassifierSlot("digits", "lenet", "a discriminative classifier of digits, with gradients"),
            ClassifierSlot("model", "digits-vae", "a generative network, with gradients"),
            ClassifierSlot("digits-b", "lenet-b", "a judge of what looks like a digit"),
            ClassifierSlot("digits-c", "perceptron", "another judge"),
        ),
        data=(DataSlot("digits", "mnist", "labelled digits"),),
        packages=(("torch", "torch"), *NEEDS_SCIPY),
    ),
    claims=CLAIMS,
    budget=_budget,
    run=run,
)
