"""Cells are classes, all of them or those that are named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.classifiers.scores import log_softmax
from foolery.errors import UsageError
from foolery.search.objectives import ClassScore, Margin, audit_objective, class_indices, margins

CLASSES = ["cat", "dog", "7", "owl", "cat"]


def test_all_classes_are_the_scores_themselves():
    scores = np.arange(6.0).reshape(2, 3)
    assert ClassScore(range(3))(scores) is scores


def test_some_classes_are_their_columns_in_the_order_given():
    scores = np.arange(6.0).reshape(2, 3)
    assert ClassScore([2, 0])(scores).tolist() == [[2, 0], [5, 3]]


@pytest.mark.parametrize("cells", [[], [1, 1], [-1]])
def test_cells_that_make_no_sense_are_refused(cells):
    with pytest.raises(UsageError, match="cells: expected one or more different class indices"):
        ClassScore(cells)


def test_names_are_looked_up_first_then_numbers():
    assert class_indices(None, CLASSES) == (0, 1, 2, 3, 4)
    assert class_indices(["owl", "7", "1"], CLASSES) == (3, 2, 1)
    assert class_indices(["cat", "4"], CLASSES) == (0, 4)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["dg"], "classes: 'dg' is unknown; did you mean dog"),
        (["99"], "classes: '99' is unknown"),
        (["dog", "dog"], "the same class is named twice"),
        (["dog", "1"], "the same class is named twice"),
        ([], "expected at least one class name"),
    ],
)
def test_names_that_make_no_sense_are_refused(names, message):
    with pytest.raises(UsageError, match=message):
        class_indices(names, CLASSES)


logits = st.integers(2, 6).flatmap(
    lambda classes: st.lists(
        st.lists(st.floats(-30, 30), min_size=classes, max_size=classes), min_size=1, max_size=5
    )
)


@given(logits)
def test_a_margin_is_a_score_less_the_largest_other(rows):
    scores = np.array(rows)
    expected = [[row[c] - max(row[:c] + row[c + 1 :]) for c in range(len(row))] for row in scores.tolist()]
    assert np.allclose(margins(scores), expected, rtol=0, atol=1e-12)


@given(logits, st.floats(0.05, 20))
def test_dividing_logits_divides_margins(rows, factor):
    scores = np.array(rows)
    whole, divided = margins(log_softmax(scores)), margins(log_softmax(scores / factor))
    assert np.allclose(divided * factor, whole, rtol=1e-9, atol=1e-9)


def test_only_one_class_of_a_row_can_lead():
    found = margins(np.random.default_rng(0).normal(size=(50, 7)))
    assert ((found > 0).sum(axis=1) == 1).all()


def test_cells_take_their_own_class_and_all_rivals():
    scores = np.array([[0.0, 5.0, 3.0]])
    assert Margin((2,))(scores).tolist() == [[-2.0]]


def test_what_pictures_are_compared_by():
    assert audit_objective("softmax", range(3), 3).name == "margin"
    assert audit_objective("sigmoid", range(3), 3).name == "class-score"
    assert audit_objective("similarity", range(3), 3).name == "class-score"
    assert audit_objective("softmax", range(1), 1).name == "class-score"
