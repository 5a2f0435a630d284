"""Margins: differences of log-probabilities to the best rival, with Hypothesis."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from foolery.classifiers.scores import log_softmax
from foolery.search.margin import Margin, comparable, margins

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
    assert comparable("softmax", range(3), 3).name == "margin"
    assert comparable("sigmoid", range(3), 3).name == "class-score"
    assert comparable("similarity", range(3), 3).name == "class-score"
    assert comparable("softmax", range(1), 1).name == "class-score"
