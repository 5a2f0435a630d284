"""The page of an arms race, from files as the race writes them."""

from dataclasses import replace

import pytest

from foolery.errors import UsageError
from foolery.hardening import read_arms_race
from foolery.report.arms_race_page import arms_race_files
from foolery.report.write import write_files
from report.pages import read_page
from support.races import race_in


@pytest.fixture
def folder(tmp_path):
    return race_in(tmp_path)


def test_it_says_what_came_of_it_and_how_far_it_is(folder):
    page = read_page(write_files(arms_race_files(read_arms_race(folder)), folder / "report"))
    assert page.texts["h1"] == [
        "The median confidence in fooling images goes from 99.99\u202f% to 97.0\u202f% in 2 rounds of lenet"
    ]
    assert any("2 of 3 rounds finished" in text for text in page.texts["p"])
    assert "<b>mnist</b>" in page.texts["dd"]
    assert "97.0\u202f%" in page.texts["td"]
    assert "1.20\u202f%" in page.texts["td"]


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("class", "trained from scratch"),
        ("acet", "noise that is optimized"),
        ("fine-tune", "trained further"),
    ],
)
def test_it_says_how_the_networks_were_hardened(folder, method, text):
    progress = read_arms_race(folder)
    progress = replace(progress, config=progress.config.model_copy(update={"method": method}))
    page = read_page(write_files(arms_race_files(progress), folder / "report"))
    assert any(text in line for line in page.texts["p"])


def test_before_the_first_round_it_says_so(folder):
    for number in (1, 2):
        (folder / f"round-{number:02d}/round.json").unlink()
    page = read_page(write_files(arms_race_files(read_arms_race(folder)), folder / "report"))
    assert page.texts["h1"] == ["No round of lenet is finished yet"]


def test_a_damaged_round_is_named(folder):
    (folder / "round-02/round.json").write_text("{")
    with pytest.raises(UsageError, match="round-02"):
        read_arms_race(folder)
