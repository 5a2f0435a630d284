"""The registry: lookups, options, and what plugin packages may do wrong."""

import sys
import warnings

import pytest

from foolery.errors import MissingExtraError, UsageError
from foolery.registry import API_VERSION, Entry, Option, PluginWarning, Registry

GROUP = "foolery.test_things"
OWN = (
    Entry("round", "a round thing", "fractions:Fraction"),
    Entry("square", "a square thing", dict, form="square:SIZE"),
)


def registry(group=None):
    return Registry("thing", group, OWN)


def test_entries_are_listed_in_order_and_loaded_by_name():
    things = registry()
    assert list(things) == things.names() == ["round", "square"]
    assert things.entry("square").usage == "square:SIZE"
    assert things.load("round").__name__ == "Fraction"
    assert things.load("square") is dict
    assert "round" in things
    assert "oval" not in things


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(UsageError, match=r"^thing: 'rond' is unknown; did you mean round\? Known: round, "):
        registry().load("rond")
    with pytest.raises(
        UsageError, match="known: round, square:SIZE; if it is a plugin's, install its package"
    ):
        registry(GROUP).entry("zzz")


def test_a_missing_package_is_named_with_its_extra():
    things = Registry("thing", None, [Entry("far", "far away", "no_such_package.module:Far", extra="vision")])
    with pytest.raises(MissingExtraError, match=r"no_such_package is needed to go far .*\[vision\]"):
        things.load("far", purpose="go far")
    with pytest.raises(ModuleNotFoundError):
        Registry("thing", None, [Entry("far", "far away", "no_such_package:Far")]).load("far")


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        (Option("side", int, ""), 3, 3),
        (Option("side", int, ""), "3", 3),
        (Option("width", float, ""), 3, 3.0),
        (Option("width", float, ""), "0.5", 0.5),
        (Option("mirror", bool, ""), "no", False),
        (Option("mirror", bool, ""), True, True),
        (Option("color", str, "", ("red", "blue")), "blue", "blue"),
    ],
)
def test_an_option_takes_values_and_texts_that_say_them(option, value, expected):
    assert option.parse(value) == expected
    assert type(option.parse(value)) is option.type


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        (Option("side", int, ""), "three", "side: expected a whole number, got 'three'"),
        (Option("side", int, ""), 3.5, "side: expected a whole number, got 3.5"),
        (Option("side", int, ""), True, "side: expected a whole number, got True"),
        (Option("width", float, ""), True, "width: expected a number, got True"),
        (Option("mirror", bool, ""), "perhaps", "mirror: expected true or false, got 'perhaps'"),
        (Option("color", str, "", ("red", "blue")), "bleu", "color: 'bleu' is unknown; did you mean blue"),
        (Option("color", str, ""), 3, "color: expected a text, got 3"),
    ],
)
def test_an_option_refuses_what_it_cannot_be(option, value, message):
    with pytest.raises(UsageError, match=message):
        option.parse(value)


def test_options_are_those_of_the_entry():
    things = Registry(
        "thing", None, [Entry("ring", "", dict, (Option("side", int, ""),)), Entry("dot", "", 0)]
    )
    assert things.parse_options("ring", {"side": "4"}) == {"side": 4}
    with pytest.raises(UsageError, match="thing option: ring has no 'size'; known: side"):
        things.parse_options("ring", {"size": 4})
    with pytest.raises(UsageError, match="thing option: dot has no 'size'; it has no options"):
        things.parse_options("dot", {"size": 4})


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a package that offers things on Python's path, as pip would."""

    def put(package, code, points, version="1.2"):
        (tmp_path / f"{package}.py").write_text(code)
        info = tmp_path / f"{package}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        (info / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *lines]) + "\n")
        monkeypatch.delitem(sys.modules, package, raising=False)

    monkeypatch.syspath_prepend(str(tmp_path))
    yield put
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(file.stem, None)


GOOD = """
from foolery.registry import Entry
foolery_api = 1
OVAL = Entry("oval", "an oval thing", "fractions:Fraction")
entries = [OVAL, Entry("flat", "a flat thing", dict)]
"""


@pytest.mark.parametrize(
    ("value", "names"),
    [("ovals:OVAL", ["oval"]), ("ovals:entries", ["oval", "flat"]), ("ovals", ["oval", "flat"])],
)
def test_what_a_plugin_offers_stands_behind_foolerys_own(install, value, names):
    install("ovals", GOOD, {"oval": value})
    things = registry(GROUP)
    assert things.names() == ["round", "square", *names]
    assert things.entry("oval").package == "ovals 1.2"
    assert things.load("oval").__name__ == "Fraction"


def test_a_registry_without_a_group_reads_no_plugins(install):
    install("ovals", "raise RuntimeError", {"oval": "ovals"})
    assert registry().names() == ["round", "square"]


@pytest.mark.parametrize(
    ("code", "value", "problem", "remedy"),
    [
        (
            "import no_such_package",
            "ovals",
            "ModuleNotFoundError: No module named",
            "mend it",
        ),
        ("1 / 0", "ovals", "ZeroDivisionError: division by zero", "mend it"),
        (
            "foolery_api = 1",
            "ovals:OVAL",
            "AttributeError: module 'ovals' has no",
            "mend it",
        ),
        ("foolery_api = 1\nOVAL = 3", "ovals:OVAL", "TypeError", "mend it"),
        ("foolery_api = 1\nOVAL = ['oval']", "ovals:OVAL", "ovals:OVAL is no Entry, and no list", "mend it"),
        (
            "foolery_api = 2",
            "ovals",
            "it is for version 2 of the plugin interface",
            "install a version",
        ),
        (
            "entries = []",
            "ovals",
            "it is for version None of the plugin",
            "install a version",
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_one_warning_and_named_to_whoever_asks(
    install, code, value, problem, remedy
):
    install("ovals", code, {"oval": value})
    things = registry(GROUP)
    with pytest.warns(PluginWarning) as caught:
        assert things.names() == ["round", "square"]
    (warning,) = caught
    text = str(warning.message)
    assert text.startswith("thing plugin 'oval' of ovals 1.2 is left out: ")
    assert problem in text
    assert remedy in text
    assert text.endswith("or pip uninstall ovals")
    assert "\n" not in text
    with pytest.raises(UsageError, match=r"thing: 'oval' of ovals 1\.2 is left out: "):
        things.load("oval")
    with warnings.catch_warnings():  # said once
        warnings.simplefilter("error")
        things.names()


def test_two_plugins_of_one_name_are_both_named_when_it_is_used(install):
    install("ovals", GOOD, {"oval": "ovals:OVAL"})
    install("eggs", GOOD, {"oval": "eggs:OVAL"}, version="0.3")
    things = registry(GROUP)
    assert things.names() == ["round", "square"]
    with pytest.raises(UsageError, match=r"'oval' is offered by eggs 0\.3 and ovals 1\.2; uninstall one"):
        things.load("oval")


def test_a_name_of_foolerys_own_stays_foolerys_own(install):
    install("ovals", GOOD.replace('"oval"', '"round"'), {"round": "ovals:OVAL"})
    things = registry(GROUP)
    with pytest.warns(
        PluginWarning, match="'round' of ovals 1.2 is left out: foolery has its own of that name"
    ):
        assert things.load("round").__name__ == "Fraction"
    assert things.entry("round").package is None


def test_a_target_that_fails_is_named_with_its_package(install):
    install("ovals", GOOD.replace("fractions:Fraction", "no_such_module:Oval"), {"oval": "ovals:OVAL"})
    with pytest.raises(
        UsageError, match=r"'oval' of ovals 1\.2 cannot be loaded \(ModuleNotFoundError.*mend"
    ):
        registry(GROUP).load("oval")


def test_the_version_of_the_interface_is_one():
    assert API_VERSION == 1
