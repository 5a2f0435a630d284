"""Breeding by hand in a real browser: chosen, crossed, stepped back, entered into a run; by keyboard."""

import pytest

from browser.conftest import NARROW, WIDE
from browser.test_studio import until
from foolery.runs import open_run_file
from support.studio import serving

pytest.importorskip("starlette", reason="the extra studio is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from foolery.engine.evolution import evolve

    folder = tmp_path_factory.mktemp("library")
    evolve("lenet", generations=20, batch=50, out=folder / "digits")
    evolve("lenet", generations=0, batch=10, seed=3, out=folder / "weak")
    return folder


@pytest.fixture(scope="module")
def studio(folder):
    with serving(folder) as served:
        yield served


def started(page, studio, source=None):
    """The page with its first images, and the name of the run."""
    page.goto(studio.url + "breed")
    if source is not None:
        page.select_option("#source", label=source)
        page.locator("#cell option").first.wait_for(state="attached")
    page.click("#start-form button")
    page.locator("#pictures li").first.wait_for()
    return page.locator("#where").inner_text().split(",")[0]


def generation(page, number):
    until(page, f"document.getElementById('where').innerText.includes('generation {number} of')")


def test_images_are_chosen_bred_and_stepped_back_to_and_every_step_is_stored(page, studio, folder):
    name = started(page, studio)
    page.locator("#pictures button").nth(4).click()
    page.click("#next")
    generation(page, 1)
    for place in (0, 7):
        page.locator("#pictures button").nth(place).click()
    page.click("#next")
    generation(page, 2)
    page.click("#back")
    generation(page, 1)
    page.click("#back")
    generation(page, 0)
    page.locator("#pictures button").nth(8).click()
    page.click("#next")
    generation(page, 3)
    stored = open_run_file(folder / name)  # while the studio still has it open
    parents = [
        {(one.parent, one.mate) for one in stored.individuals if one.generation == at} for at in (1, 3)
    ]
    assert parents == [{(4, None)}, {(8, None)}]
    assert {one.parent for one in stored.individuals if one.generation == 2} == {9, 16}
    assert page.locator("#tree button").count() == 36
    assert page.locator("#best li").count() == 10


def test_a_champion_is_bred_on_and_answers_of_another_classifier_are_shown(page, studio):
    started(page, studio, "digits")
    assert page.locator("#pictures li").count() == 1
    page.keyboard.press("1")
    page.keyboard.press("b")
    generation(page, 1)
    before = page.locator("#pictures li").all_inner_texts()
    page.select_option("#answers", label="perceptron")
    until(page, f"document.querySelector('#pictures li').innerText !== {before[0]!r}")
    assert len(before) == 9


def test_a_bred_image_competes_for_the_classes_of_a_run(page, studio, folder):
    started(page, studio, "digits")
    page.locator("#pictures button").first.click()
    page.select_option("#target", label="weak")
    page.click("#enter")
    until(page, "document.getElementById('entered').innerText.includes('It is now the champion of')")
    assert open_run_file(folder / "weak").generation == 1
    page.click("#enter")
    until(page, "document.getElementById('entered').innerText.includes('No class of weak')")


def test_the_keyboard_alone_is_enough_and_a_reload_loses_nothing(page, studio):
    page.goto(studio.url + "breed")
    page.locator("#start-form button").focus()
    page.keyboard.press("Enter")
    page.locator("#pictures li").nth(8).wait_for()
    page.keyboard.press("Space")  # the first image has the focus
    page.keyboard.press("3")
    assert page.locator("#chosen li").count() == 2
    page.keyboard.press("b")
    generation(page, 1)
    page.keyboard.press("ArrowLeft")
    generation(page, 0)
    page.reload()
    generation(page, 1)
    assert page.locator("#tree button").count() == 18


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_window_and_anyone_can_use_it(open_page, studio, accessible, size, scheme):
    page = open_page(size=size, scheme=scheme)
    page.goto(studio.url + "breed")
    accessible(page)
    started(page, studio)
    page.locator("#pictures button").nth(1).click()
    page.click("#next")
    generation(page, 1)
    page.locator("#pictures button").nth(2).click()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_quiz_about_a_run_is_answered_in_the_studio_too(page, studio):
    page.goto(studio.url)
    page.locator("li[data-key]", has_text="digits").first.get_by_text("Live").click()
    page.click("text=Ask people (quiz)")
    page.fill("#person", "one")
    page.keyboard.press("Enter")
    for number in range(14):
        until(page, f"document.getElementById('place').innerText.startsWith('Image {number + 1} of')")
        page.wait_for_timeout(160)
        page.keyboard.press("ArrowLeft")
        if page.locator("#closing").is_visible():
            break
    assert page.locator("#save").is_visible()


def test_what_cannot_be_bred_is_answered_with_one_sentence(studio):
    for path, body, status in (
        ("breed/start", b"[]", 422),
        ("breed/start", b'{"classifier": 99}', 422),
        ("breed/start", b'{"classifier": 0, "run": "0123456789abcdef", "cell": 0}', 404),
        ("breed/0123456789abcdef/next", b'{"chosen": [0]}', 404),
    ):
        answer = studio.post("/" + path, body)
        assert (answer.status, set(answer.json())) == (status, {"error"})
