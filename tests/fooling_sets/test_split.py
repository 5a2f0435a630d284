"""The split: by search, whatever the order, and never one search on both sides."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.errors import UsageError
from foolery.fooling_sets.collect import Source
from foolery.fooling_sets.split import split_of, together


def source(*searches: str) -> Source:
    return Source(Path("run"), ("a",), "", "", (), frozenset(searches))


def test_a_fifth_of_ten_searches_is_two():
    assert split_of([source(str(number)) for number in range(10)], 0.2).count("test") == 2


def test_one_search_alone_is_for_training():
    assert split_of([source("a"), source("a", "b")], 0.9) == ["train", "train"]


@pytest.mark.parametrize(("share", "tested"), [(0.0, 0), (0.001, 1), (0.99, 2)])
def test_both_sides_have_a_search_unless_none_is_to_be_tested(share, tested):
    assert split_of([source("a"), source("b"), source("c")], share).count("test") == tested


@given(
    st.lists(st.sets(st.sampled_from("abcdefgh"), min_size=1, max_size=3), min_size=1, max_size=9),
    st.floats(0, 0.99),
)
def test_no_search_is_on_both_sides(searches, share):
    found = split_of([source(*each) for each in searches], share)
    sides = {
        side: {mark for each, at in zip(searches, found, strict=True) if at == side for mark in each}
        for side in ("train", "test")
    }
    assert not sides["train"] & sides["test"]
    assert "train" in found


@given(st.permutations("abcdefg"))
def test_the_order_of_the_runs_does_not_matter(order):
    found = dict(zip(order, split_of([source(each) for each in order], 0.4), strict=True))
    assert found == dict(zip("abcdefg", split_of([source(each) for each in "abcdefg"], 0.4), strict=True))


def test_chains_belong_together():
    assert len(set(together([source("a"), source("b"), source("c"), source("a", "b")]))) == 2


@pytest.mark.parametrize("share", [-0.1, 1.0, 3.0])
def test_a_share_is_less_than_all(share):
    with pytest.raises(UsageError, match="--test"):
        split_of([source("a")], share)
