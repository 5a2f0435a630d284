import pytest

from foolery.data import known_data, open_data
from foolery.errors import UsageError


def test_everything_known_is_described():
    assert "mnist" in known_data()
    assert all(known_data().values())


def test_an_unknown_name_gets_the_nearest_ones():
    with pytest.raises(UsageError, match="data: unknown 'mnits'; did you mean mnist"):
        open_data("mnits")


def test_an_unknown_split_gets_the_known_ones():
    with pytest.raises(UsageError, match="split: unknown 'val'; known: train, test"):
        open_data("mnist", "val")
