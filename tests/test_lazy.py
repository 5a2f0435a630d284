"""Rooms whose names are imported when they are used, and rooms that can be called."""

import sys
from types import ModuleType

import pytest

from foolery import lazy


@pytest.fixture
def room(monkeypatch):
    module = ModuleType("a_room", "A room.")
    monkeypatch.setitem(sys.modules, "a_room", module)
    return module


def test_a_name_is_imported_when_it_is_asked_for_and_stays(room):
    room.__getattr__, room.__dir__ = lazy.attach("a_room", {"check_seed": "foolery.rng"})
    assert "check_seed" not in vars(room)
    assert room.check_seed(7) == 7
    assert "check_seed" in vars(room)
    assert dir(room) == ["check_seed"]


def test_an_unknown_name_is_told_what_there_is(room):
    look_up, _ = lazy.attach("a_room", {"check_seed": "foolery.rng"})
    with pytest.raises(AttributeError, match="'a_room' has no attribute 'chek_seed'; it has: check_seed"):
        look_up("chek_seed")


def test_a_room_that_is_called_does_what_its_function_does(room):
    room.__getattr__, room.__dir__ = lazy.attach("a_room", {"check_seed": "foolery.rng"}, call="check_seed")
    assert room(7) == 7
    assert str(room.__signature__) == str(__import__("inspect").signature(room.check_seed))


@pytest.mark.parametrize("room", ["classifiers", "data", "encodings"])
def test_every_public_name_of_a_room_is_there(room):
    module = __import__(f"foolery.{room}", fromlist=["__all__"])
    assert module.__all__ == sorted(module.__all__) == dir(module)
    for name in module.__all__:
        assert name.isupper() or getattr(module, name).__name__ == name
