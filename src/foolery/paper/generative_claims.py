"""The claims about generative networks, judged from stored figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from foolery.paper.experiment import (
    Judgement,
)
from foolery.paper.generative_attacks import (
    ATTACKS,
    BATCH,
)
from foolery.paper.measures import format_queries
from foolery.paper.verdicts import (
    Claim,
    Evidence,
    Finding,
    decide,
    find_claim,
    grade,
)

CONFIDENT = 0.99
MAX_FOOLED, MIN_REJECTED = 0.05, 0.95


CLAIMS = (
    Claim("low p(x)", "fooling images can be told by their low p(x)", "4", "–"),
    Claim("harder", "a model of p(x, y), which discounts by p(x), is harder to fool", "4", "–"),
)


def judge(figures: Mapping[str, Any]) -> Judgement:
    """The unit is the network: there is one of each kind, however many searches fool it."""
    rows = {(each["model"], each["attack"]): each for each in figures["attacks"]}
    names = list(figures["real"])
    evidence = Evidence("network", 1)
    return Judgement(
        (_low(rows, names[0], evidence), _harder(rows, names, evidence)),
        (),
        notes=_notes(figures),
    )


def _low(rows: Mapping[tuple[str, str], Mapping[str, Any]], plain: str, evidence: Evidence) -> Finding:
    shares, words = [], []
    for attack in ATTACKS:
        confidences, margins = (
            np.array(rows[plain, attack][name], np.float64) for name in ("confidences", "margins")
        )
        confident = confidences >= CONFIDENT
        if confident.any():
            shares.append(float((margins[confident] <= 0).mean()))
            words.append(f"{shares[-1]:.0%} ({attack})")
    return decide(
        find_claim(CLAIMS, "low p(x)"),
        f"rejected by p(x): {', '.join(words) or 'none'}",
        grade(shares and min(shares) >= MIN_REJECTED, shares and min(shares) >= 0.5),
        "images that the discriminative network is at least 99 % certain of, made without a thought of p(x); "
        "the level of rejection lets 95 % of unseen digits pass. It holds where p(x) rejects 95 % of the "
        "images of every attack, in part where half of those of each",
        evidence,
    )


def _harder(
    rows: Mapping[tuple[str, str], Mapping[str, Any]], names: Sequence[str], evidence: Evidence
) -> Finding:
    plain, rejecting_plain, generative, both = names
    texts, harder = [], []
    for attack in ATTACKS:
        queries = [
            np.inf if (value := rows[name, attack]["median_queries_to_0.99"]) is None else float(value)
            for name in (plain, generative, both)
        ]
        budget = float(rows[both, attack]["queries_per_run"])
        harder.append(queries[2] > queries[0])
        direction = "harder" if queries[2] > queries[0] else "easier" if queries[2] < queries[0] else "equal"
        queries_texts = [format_queries(value, budget) for value in queries]
        texts.append(
            f"{attack}: {direction} ({queries_texts[0]} queries against discriminative, "
            f"{queries_texts[2]} generative)"
        )
    shares = [float(rows[both, attack]["share_0.99"]) for attack in ATTACKS]
    rejecting = max(float(rows[rejecting_plain, attack]["share_0.99"]) for attack in ATTACKS)
    return decide(
        find_claim(CLAIMS, "harder"),
        "at 99 %: " + ", ".join(f"{share:.0%} ({a})" for share, a in zip(shares, ATTACKS, strict=True)),
        grade(all(harder) and max(shares) <= MAX_FOOLED, all(harder)),
        "discriminative against generative with rejection, whose rule the attack knows; queries to 99 %, "
        f"median over classes and seeds: {'; '.join(texts)}. So it is harder to fool with pixels and "
        "noise, and no harder with regular images. The discriminative network with the same rejection: up "
        f"to {rejecting:.0%} of the classes. It holds where every attack needs more queries and none "
        f"brings more than {MAX_FOOLED:.0%} of the classes to 99 %, in part where every attack needs more "
        "queries",
        evidence,
    )


def _notes(figures: Mapping[str, Any]) -> tuple[str, ...]:
    margins = figures["real_margins"]
    return (
        "The generative network is ten small variational autoencoders (after ABS, Schott et al. 2018): "
        "log p(x | y) is the evidence lower bound at the mean of the encoder's posterior, so it needs no "
        "sampling and has gradients, and p(y | x) follows from it by Bayes' rule.",
        "Without rejection p(y | x) says little about unrecognizable images: log-likelihoods of two classes "
        "differ by hundreds of nats there, so the softmax is nearly always certain of something. With "
        "rejection, one class more, a confidence is p(y | x) times the probability that log p(x) is above "
        "its level (a step a few nats wide). Below the level its logarithm falls with log p(x), so every "
        "attack follows both at once: it knows the rule.",
        f"Of the test digits p(x) accepts {margins['accepted']:.1%}; their log p(x) less the level is "
        f"{margins['median']:.0f} nats in the median, 95 % of them lie from {margins['low']:.0f} to "
        f"{margins['high']:.0f}. Between these an image is called typical: a test that rejects what is too "
        "likely, too, would let it pass.",
        "A picture that is certain, accepted, and that two other networks take for the same digit may be a "
        "digit, not a fooling image: so the last column counts those on which the others do not agree. "
        "Whether these look like digits is for the reader to see.",
        f"Evolution: {figures['generations']} generations of {BATCH}. Ascent: {figures['steps']} steps on "
        "log p(y | x) (the paper's step follows p, which is 0 to the last digit here), from black with a "
        "little noise (mean) and from noise; the best picture of an ascent counts, rounded to 8 bits.",
    )
