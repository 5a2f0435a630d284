"""Cells are classes, all of them or those that are named."""

import numpy as np
import pytest

from foolery.errors import UsageError
from foolery.search.objectives import ClassScore, cells_of

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
    assert cells_of(None, CLASSES) == (0, 1, 2, 3, 4)
    assert cells_of(["owl", "7", "1"], CLASSES) == (3, 2, 1)
    assert cells_of(["cat", "4"], CLASSES) == (0, 4)


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
        cells_of(names, CLASSES)
