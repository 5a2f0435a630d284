"""The rules between the records of a run, each broken once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foolery.runs.errors import RecordError
from foolery.runs.validation import Generation, Ledger
from support.toysearch import ToySearch, settings


@pytest.fixture
def ledger_and_next():
    """A ledger that holds generations 0 to 2, and the record of generation 3."""
    search, ledger = ToySearch(settings()), Ledger(settings())
    while True:
        record = Generation(*search.step()[:3])
        if record.moment.generation == 3:
            return ledger, record
        ledger.check(record)
        ledger.enter(record)


def with_newcomer(record, **changes):
    return replace(record, newcomers=[replace(record.newcomers[0], **changes), *record.newcomers[1:]])


def with_reign(record, **changes):
    return replace(record, reigns=[replace(record.reigns[0], **changes), *record.reigns[1:]])


def with_moment(record, **changes):
    return replace(record, moment=replace(record.moment, **changes))


def test_the_next_generation_of_a_true_search_is_accepted(ledger_and_next):
    ledger, record = ledger_and_next
    ledger.check(record)
    ledger.enter(record)
    assert ledger.generation == 3


BROKEN = {
    "a generation left out": (lambda r: with_moment(r, generation=4), "expected generation 3"),
    "queries that shrink": (lambda r: with_moment(r, queries=1), "queries went from 60 to 1"),
    "jumps that shrink": (lambda r: with_moment(r, jumps=0), "jumps went"),
    "negative seconds": (lambda r: with_moment(r, seconds=-1.0), "seconds is -1.0"),
    "endless seconds": (lambda r: with_moment(r, seconds=np.inf), "seconds is inf"),
    "a median that is no number": (lambda r: with_moment(r, median=np.nan), "median confidence"),
    "a mean above 1": (lambda r: with_moment(r, mean=1.1), "mean confidence"),
    "a newcomer of another generation": (lambda r: with_newcomer(r, generation=2), "of generation 2"),
    "a number of an earlier generation": (lambda r: with_newcomer(r, number=3), "60 to 79"),
    "a number of a later generation": (lambda r: with_newcomer(r, number=80), "60 to 79"),
    "a parent that is not stored": (lambda r: with_newcomer(r, parent=10**9), "parent 1000000000"),
    "a parent of the same age": (lambda r: with_newcomer(r, parent=r.newcomers[-1].number), "not older"),
    "a mate that is not stored": (lambda r: with_newcomer(r, mate=-1), "mate -1"),
    "a mate without a parent": (lambda r: with_newcomer(r, parent=None, mate=r.reigns[0].previous), "mate"),
    "a newcomer twice": (lambda r: replace(r, newcomers=[*r.newcomers, r.newcomers[0]]), "twice"),
    "a newcomer that took nothing": (lambda r: replace(r, reigns=[]), "took no cell"),
    "a cell taken twice": (lambda r: replace(r, reigns=[*r.reigns, r.reigns[0]]), "a cell is taken twice"),
    "a cell that is not there": (lambda r: with_reign(r, cell=10), "cells 0 to 9"),
    "a negative cell": (lambda r: with_reign(r, cell=-1), "cells 0 to 9"),
    "a reign of another generation": (lambda r: with_reign(r, generation=2), "not born in it"),
    "a stranger who reigns": (
        lambda r: replace(r, reigns=[*r.reigns, replace(r.reigns[0], cell=_free(r), individual=1)]),
        "not born in it",
    ),
    "a wrong predecessor": (lambda r: with_reign(r, previous=10**6), "not held by individual 1000000"),
    "no predecessor": (lambda r: with_reign(r, previous=None), "not held by individual None"),
    "an endless objective": (lambda r: with_reign(r, objective=-np.inf), "finite objective"),
    "a score that is no number": (lambda r: with_reign(r, score=np.nan), "finite objective and score"),
    "a confidence above 1": (lambda r: with_reign(r, confidence=1.5), r"0 to 1 \(softmax scores\), got 1.5"),
    "a confidence that is no number": (lambda r: with_reign(r, confidence=np.nan), "got nan"),
}


def _free(record):
    return min(set(range(10)) - {reign.cell for reign in record.reigns})


@pytest.mark.parametrize("rule", BROKEN)
def test_a_broken_rule_is_named(ledger_and_next, rule):
    ledger, record = ledger_and_next
    change, message = BROKEN[rule]
    with pytest.raises(RecordError, match=message):
        ledger.check(change(record))


def test_generation_0_has_no_parents():
    record = Generation(*ToySearch(settings()).step()[:3])
    with pytest.raises(RecordError, match="parent 0 is not stored"):
        Ledger(settings()).check(with_newcomer(record, parent=0))


def test_cosines_may_be_negative(ledger_and_next):
    _, record = ledger_and_next
    search, ledger = ToySearch(settings()), Ledger(settings(kind="similarity"))
    record = Generation(*search.step()[:3])
    ledger.check(with_reign(record, confidence=-0.5))
    with pytest.raises(RecordError, match="-1 to 1"):
        ledger.check(with_reign(record, confidence=-1.5))


def test_entering_a_record_again_changes_nothing(ledger_and_next):
    ledger, record = ledger_and_next
    gone = ledger.enter(record)
    reigning = dict(ledger.reigning)
    assert ledger.enter(record) == gone
    assert ledger.reigning == reigning
    assert gone.isdisjoint(reign.individual for reign in reigning.values())
