"""References of detectors: names with options, plugins, and what is said of those that are none."""

import sys

import pytest

from foolery.detectors import DETECTORS, list_detectors, make_detector
from foolery.errors import UsageError
from foolery.registry import Entry, Registry


def test_every_name_makes_a_detector_and_has_a_line():
    lines = list_detectors()
    assert set(DETECTORS) <= set(lines)
    assert all(line and not line.endswith(".") for line in lines.values())


def test_options_come_with_the_name():
    assert make_detector("gen?gamma=0.5&top=7").top == 7
    assert make_detector("gen", {"top": 3}).top == 3


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("enrgy", "'enrgy' is unknown; did you mean energy"),
        ("energy?temprature=2", "energy has no 'temprature'; known: temperature"),
        ("energy?temperature=hot", "temperature: expected a number, got 'hot'"),
        ("msp?x=1", "msp has no 'x'; it has no options"),
        ("energy?temperature", r"expected energy\?OPTION=VALUE"),
        ("energy?temperature=1&temperature=2", "each option once"),
    ],
)
def test_what_is_no_reference_is_refused(reference, message):
    with pytest.raises(UsageError, match=message):
        make_detector(reference)


def test_a_plugin_that_makes_something_else_is_named(monkeypatch):
    entries = (Entry("mine", "a plugin's", dict, package="mine 1.0"),)
    monkeypatch.setattr(
        sys.modules["foolery.detectors.registry"], "DETECTORS", Registry("detector", None, entries)
    )
    with pytest.raises(UsageError, match=r"'mine' of mine 1\.0 makes a dict, expected a subclass of foolery"):
        make_detector("mine")
