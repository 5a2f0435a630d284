"""The rules between the records of a run, each broken once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foolery.runs.errors import RecordError
from foolery.runs.validation import GenerationRecord, RunValidator
from support.toysearch import ToySearch, settings


@pytest.fixture
def validator_and_next():
    """A validator that holds generations 0 to 2, and the record of generation 3."""
    search, validator = ToySearch(settings()), RunValidator(settings())
    while True:
        record = GenerationRecord(*search.step()[:3])
        if record.stats.generation == 3:
            return validator, record
        validator.check(record)
        validator.apply(record)


def with_individual(record, **changes):
    return replace(record, individuals=[replace(record.individuals[0], **changes), *record.individuals[1:]])


def with_replacement(record, **changes):
    return replace(
        record, replacements=[replace(record.replacements[0], **changes), *record.replacements[1:]]
    )


def with_stats(record, **changes):
    return replace(record, stats=replace(record.stats, **changes))


def test_the_next_generation_of_a_true_search_is_accepted(validator_and_next):
    validator, record = validator_and_next
    validator.check(record)
    validator.apply(record)
    assert validator.generation == 3


BROKEN = {
    "a generation left out": (lambda r: with_stats(r, generation=4), "expected generation 3"),
    "queries that shrink": (lambda r: with_stats(r, queries=1), "queries went from 60 to 1"),
    "jumps that shrink": (lambda r: with_stats(r, improvements=0), "improvements went"),
    "negative seconds": (lambda r: with_stats(r, seconds=-1.0), "seconds is -1.0"),
    "endless seconds": (lambda r: with_stats(r, seconds=np.inf), "seconds is inf"),
    "a median that is no number": (lambda r: with_stats(r, median=np.nan), "median confidence"),
    "a mean above 1": (lambda r: with_stats(r, mean=1.1), "mean confidence"),
    "a newcomer of another generation": (lambda r: with_individual(r, generation=2), "of generation 2"),
    "a number of an earlier generation": (lambda r: with_individual(r, number=3), "60 to 79"),
    "a number of a later generation": (lambda r: with_individual(r, number=80), "60 to 79"),
    "a parent that is not stored": (lambda r: with_individual(r, parent=10**9), "parent 1000000000"),
    "a parent of the same age": (lambda r: with_individual(r, parent=r.individuals[-1].number), "not older"),
    "a mate that is not stored": (lambda r: with_individual(r, mate=-1), "mate -1"),
    "a mate without a parent": (
        lambda r: with_individual(r, parent=None, mate=r.replacements[0].previous),
        "mate",
    ),
    "a newcomer twice": (lambda r: replace(r, individuals=[*r.individuals, r.individuals[0]]), "twice"),
    "a newcomer that took nothing": (lambda r: replace(r, replacements=[]), "took no cell"),
    "a cell taken twice": (
        lambda r: replace(r, replacements=[*r.replacements, r.replacements[0]]),
        "a cell is taken twice",
    ),
    "a cell that is not there": (lambda r: with_replacement(r, cell=10), "cells 0 to 9"),
    "a negative cell": (lambda r: with_replacement(r, cell=-1), "cells 0 to 9"),
    "a reign of another generation": (lambda r: with_replacement(r, generation=2), "not born in it"),
    "a stranger who reigns": (
        lambda r: replace(
            r, replacements=[*r.replacements, replace(r.replacements[0], cell=_free(r), individual=1)]
        ),
        "not born in it",
    ),
    "a wrong predecessor": (lambda r: with_replacement(r, previous=10**6), "not held by individual 1000000"),
    "no predecessor": (lambda r: with_replacement(r, previous=None), "not held by individual None"),
    "an endless objective": (lambda r: with_replacement(r, objective=-np.inf), "finite objective"),
    "a score that is no number": (lambda r: with_replacement(r, score=np.nan), "finite objective and score"),
    "a confidence above 1": (
        lambda r: with_replacement(r, confidence=1.5),
        r"0 to 1 \(softmax scores\), got 1.5",
    ),
    "a confidence that is no number": (lambda r: with_replacement(r, confidence=np.nan), "got nan"),
}


def _free(record):
    return min(set(range(10)) - {reign.cell for reign in record.replacements})


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_named(validator_and_next, rule):
    validator, record = validator_and_next
    change, message = BROKEN[rule]
    with pytest.raises(RecordError, match=message):
        validator.check(change(record))


def test_generation_0_has_no_parents():
    record = GenerationRecord(*ToySearch(settings()).step()[:3])
    with pytest.raises(RecordError, match="parent 0 is not stored"):
        RunValidator(settings()).check(with_individual(record, parent=0))


def test_cosines_may_be_negative(validator_and_next):
    _, record = validator_and_next
    search, validator = ToySearch(settings()), RunValidator(settings(kind="similarity"))
    record = GenerationRecord(*search.step()[:3])
    validator.check(with_replacement(record, confidence=-0.5))
    with pytest.raises(RecordError, match="-1 to 1"):
        validator.check(with_replacement(record, confidence=-1.5))


def test_entering_a_record_again_changes_nothing(validator_and_next):
    validator, record = validator_and_next
    gone = validator.apply(record)
    reigning = dict(validator.champions)
    assert validator.apply(record) == gone
    assert validator.champions == reigning
    assert gone.isdisjoint(reign.individual for reign in reigning.values())
