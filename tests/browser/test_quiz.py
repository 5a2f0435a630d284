"""The quiz in a real browser, without a network: answered by keyboard, saved, gone on with, and scored."""

import json

import pytest

import foolery
from browser.conftest import NARROW, WIDE
from foolery.quiz import make_quiz, quiz_page, read_answers, score_answers

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    run = foolery.evolve("lenet", generations=10, batch=50, seed=1)
    file = tmp_path_factory.mktemp("quiz") / "quiz.html"
    file.write_text(quiz_page(make_quiz([run], images=6, catches=2)), encoding="utf-8")
    return file


def begun(page, file, person):
    page.goto(file.as_uri())
    page.fill("#person", person)
    page.keyboard.press("Enter")
    page.locator("#asking").wait_for()


def answer(page, right):
    """Choose the network's label, or the other, by a key."""
    place = page.locator("#place").inner_text()
    data = json.loads(page.locator("#data").text_content())
    image = page.locator("#image").get_attribute("src")
    trial = next(each for each in data["trials"] if each["image"] == image)
    wanted = trial["target"] if right or trial["kind"] == "catch" else trial["foil"]
    key = "ArrowLeft" if page.locator("#left").inner_text() == wanted else "ArrowRight"
    page.wait_for_timeout(160)
    page.keyboard.press(key)
    return place


def saved(page, file, tmp_path):
    with page.expect_download() as download:
        page.click("#save")
    target = tmp_path / download.value.suggested_filename
    download.value.save_as(target)
    return target


def test_a_person_answers_by_keyboard_offline_and_the_file_is_scored(open_page, file, tmp_path):
    page = open_page(offline=True)
    begun(page, file, "one")
    for _ in range(8):
        answer(page, True)
    page.locator("#closing").wait_for()
    first = read_answers(saved(page, file, tmp_path))
    page.click("#again")
    page.fill("#person", "two")
    page.keyboard.press("Enter")
    for number in range(8):
        answer(page, number % 2 == 0)
    page.locator("#closing").wait_for()
    second = read_answers(saved(page, file, tmp_path))
    score = score_answers([first, second])
    assert score.by_person["one"][0] == 1
    assert score.by_person["two"][0] < 1
    assert [one.trial for one in first.answers] != [one.trial for one in second.answers]


def test_a_closed_tab_goes_on_where_it_was(open_page, file):
    page = open_page(offline=True)
    begun(page, file, "late")
    for _ in range(3):
        answer(page, True)
    assert page.locator("#place").inner_text() == "Image 4 of 8"
    page.reload()
    begun(page, file, "late")
    assert page.locator("#place").inner_text() == "Image 4 of 8"


def test_targets_stand_on_either_side_equally_often(open_page, file):
    page = open_page(offline=True)
    begun(page, file, "sides")
    sides = []
    for _ in range(8):
        before = page.locator("#left").inner_text()
        data = json.loads(page.locator("#data").text_content())
        image = page.locator("#image").get_attribute("src")
        sides.append(before == next(each["target"] for each in data["trials"] if each["image"] == image))
        answer(page, True)
    assert sum(sides) == 4


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_window_and_anyone_can_use_it(open_page, file, accessible, size, scheme):
    page = open_page(size=size, scheme=scheme)
    page.goto(file.as_uri())
    accessible(page)
    begun(page, file, "look")
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
