import pytest

from foolery.data import list_data, load_data
from foolery.errors import UsageError


def test_everything_known_is_described():
    assert "mnist" in list_data()
    assert all(list_data().values())


def test_an_unknown_name_gets_the_nearest_ones():
    with pytest.raises(UsageError, match="data: 'mnits' is unknown; did you mean mnist"):
        load_data("mnits")


def test_an_unknown_split_gets_the_known_ones():
    with pytest.raises(UsageError, match="split: unknown 'val'; known: train, test"):
        load_data("mnist", "val")


def test_a_path_alone_is_told_what_to_write(tmp_path):
    with pytest.raises(UsageError, match=f"it is a folder: write folder:{tmp_path}"):
        load_data(str(tmp_path))
    (tmp_path / "some.parquet").touch()
    with pytest.raises(UsageError, match=r"it is a file: write parquet:.*some\.parquet"):
        load_data(str(tmp_path / "some.parquet"))
