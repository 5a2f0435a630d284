"""What races with controls say: networks of a race compared with each other, the race being the unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2
from typing import Any

import numpy as np

from foolery.analysis.effects import SignFlipTest, sign_flip
from foolery.analysis.statistics import format_p
from foolery.paper.experiment import ResultTable
from foolery.paper.verdicts import (
    MIN_UNITS,
    NO_VERDICT,
    SIGNIFICANT,
    Band,
    Claim,
    Evidence,
    Finding,
    Verdict,
    decide,
    grade,
)
from foolery.text import format_confidence, format_count

NetworkFigures = Mapping[str, Any]
SAME = Band(-1.0, 1.0)
"""A doubling of the queries, either way, is the smallest effect of interest; in powers of two."""


def find_network(race: Mapping[str, Any], arm: str, equal: str, number: int) -> NetworkFigures | None:
    """The figures of one network of a race."""
    for each in race["networks"]:
        if (each["arm"], each["equal"], each["number"]) == (arm, equal, number):
            network: NetworkFigures = each
            return network
    return None


def queries_of(network: NetworkFigures, attack: str) -> float:
    """Median queries to 99 %; where they were not enough, the whole budget, which is less than the truth."""
    value = network[attack]["median_queries_to_0.99"]
    return float(network[attack]["queries_per_run"] if value is None else value)


def queries_ratio(
    races: Sequence[Mapping[str, Any]], one: tuple[str, str], other: tuple[str, str], last: int, attack: str
) -> SignFlipTest | None:
    """Of two arms with their kind of equality, ``log2(queries of one / queries of other)`` over races."""
    differences = []
    for race in races:
        pair = [find_network(race, arm, equal, last) for arm, equal in (one, other)]
        if pair[0] is not None and pair[1] is not None:
            differences.append(log2(queries_of(pair[0], attack) / queries_of(pair[1], attack)))
    return sign_flip(differences[:20]) if differences else None


def harder_finding(claim: Claim, tests: Mapping[str, SignFlipTest | None], unit: str) -> Finding:
    """Whether networks of one arm need more queries than those of the other, by each kind of equality.

    It holds where they need more with p below the level by each kind, in part by one. Where all intervals lie
    within a doubling either way, the two are the same for what it is worth, and that is said.
    """
    tests_made = {name: test for name, test in tests.items() if test is not None}
    units = min((test.units for test in tests_made.values()), default=0)
    more = [test.mean > 0 and test.p < SIGNIFICANT for test in tests_made.values()]
    same = bool(tests_made) and all(test.low in SAME and test.high in SAME for test in tests_made.values())
    seen: Verdict = grade(more and all(more), any(more)) if units >= MIN_UNITS else NO_VERDICT
    return decide(
        claim,
        "; ".join(f"{2**test.mean:.2f} times the queries ({name})" for name, test in tests_made.items())
        or "–",
        seen,
        "; ".join(
            f"{name}: {'more' if test.mean > 0 else 'fewer'}, factor {2**test.mean:.2f} (95 % "
            f"{2**test.low:.2f} to {2**test.high:.2f}), exact sign-flip test {format_p(test.p)}"
            for name, test in tests_made.items()
        )
        + f"; paired within each {unit}; one that was not fooled within the budget counts with it. "
        + ("All intervals lie within a doubling: no difference that matters. " if same else "")
        + f"It holds where there are more with p < {SIGNIFICANT:g} by every comparison, in part by one",
        Evidence(unit, units),
    )


def networks_table(races: Sequence[Mapping[str, Any]], title: str) -> ResultTable:
    """A row for each kind of network: medians over the races."""
    kinds = dict.fromkeys(
        (each["number"], each["arm"], each["equal"]) for race in races for each in race["networks"]
    )
    rows = []
    for number, arm, equal in kinds:
        networks = [
            network for race in races if (network := find_network(race, arm, equal, number)) is not None
        ]
        cells = [f"DNN {number}", arm, equal, str(len(networks)), _range([n["test_error"] for n in networks])]
        for attack in ("short", "long"):
            attacked = [network for network in networks if attack in network]
            cells += [_queries_text(attacked, attack), _median_text(attacked, attack)]
        rows.append((*cells, format_count(float(np.median([each["extra_images"] for each in networks])))))
    heads = (
        "network", "extra class", "equal", "races", "test error", "queries to 99 %, short", "median, short",
        "queries to 99 %, long", "median, long", "extra images",
    )  # fmt: skip
    return ResultTable(title, heads, tuple(rows))


def _range(values: Sequence[float]) -> str:
    return f"{np.median(values):.2%} ({min(values):.2%} to {max(values):.2%})"


def _queries_text(networks: Sequence[NetworkFigures], attack: str) -> str:
    if not networks:
        return "–"
    missed = sum(each[attack]["median_queries_to_0.99"] is None for each in networks)
    text = format_count(float(np.median([queries_of(each, attack) for each in networks])))
    return f"{text} ({missed} not within {format_count(networks[0][attack]['queries_per_run'])})"


def _median_text(networks: Sequence[NetworkFigures], attack: str) -> str:
    if not networks:
        return "–"
    return format_confidence(float(np.median([np.median(each[attack]["run_medians"]) for each in networks])))
