"""The studio in a real browser: watched live, drawn on, covered, filmed, and by keyboard alone."""

import os
import subprocess
import sys
import time

import pytest
from PIL import Image, ImageDraw

from browser.conftest import NARROW, WIDE
from support.audits import audit_in
from support.races import race_in
from support.studio import nasty_model, nasty_run, serving
from support.toysearch import PROVENANCE, RunWriter, settings

pytest.importorskip("starlette", reason="the extra studio is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    from foolery.engine.evolution import evolve

    shelf = tmp_path_factory.mktemp("shelf")
    evolve("lenet", generations=30, batch=50, out=shelf / "digits", command="foolery evolve -c lenet -n 30")
    nasty_run(shelf / "nasty")
    audit_in(shelf / "verdict")
    race_in(shelf / "race")
    (shelf / "broken").mkdir()
    (shelf / "broken" / "run.db").write_bytes((shelf / "digits" / "run.db").read_bytes()[:5000])
    model = nasty_model(tmp_path_factory.mktemp("model"))
    with serving(shelf, "--classifier", "lenet", "--classifier", f"onnx:{model}") as served:
        yield served


def address(studio, path):
    return studio.url.rstrip("/") + path.format(**studio.names())


def until(page, expression, seconds=20):
    """Wait until a JavaScript expression is true; the policy of the page forbids Playwright's own way."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(30)


def looking(page, studio, path="/look"):
    """The Look page, once it has its first answer."""
    page.goto(address(studio, path))
    page.locator("#answers li").first.wait_for()
    return page


def first_answer(page, label):
    page.wait_for_selector(f"#answers[data-first='{label}']")
    return page.locator("#answers li").first.inner_text().split()


def stroke(page, *points):
    """The pen from one place to the next, as shares of the easel."""
    box = page.locator("#easel").bounding_box()
    placed = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*placed[0])
    page.mouse.down()
    for place in placed[1:]:
        page.mouse.move(*place, steps=10)
    page.mouse.up()


def test_a_digit_that_is_drawn_is_read_at_once(page, studio):
    looking(page, studio)
    stroke(page, (0.52, 0.2), (0.48, 0.8))
    first = "document.querySelector(\"#answers[data-first='1'] li\")"
    until(page, f"parseFloat({first}?.innerText.replace(/^1\\s+/, '')) > 90")  # answers come mid-stroke too
    assert first_answer(page, "1")[0] == "1"
    page.click("#clear")
    stroke(page, (0.28, 0.22), (0.72, 0.22), (0.45, 0.82))
    first_answer(page, "7")


#: A pixel of the picture that the classifier got; 0 before there is one.
READ = """(x, y) => {
    const seen = document.getElementById("seen"), copy = document.createElement("canvas");
    if (seen.width !== 28) return 0;
    const drawing = copy.getContext("2d", { willReadFrequently: true });
    drawing.drawImage(seen, 0, 0);
    return drawing.getImageData(x, y, 1, 1).data[0];
}"""


def test_the_page_shows_what_the_classifier_gets(page, studio):
    looking(page, studio)
    stroke(page, (0.52, 0.2), (0.48, 0.8))
    first_answer(page, "1")
    until(page, f"({READ})(14, 14) > 200")  # answers come mid-stroke too
    assert [page.evaluate(f"({READ})({x}, {y})") for x, y in ((2, 14), (26, 14), (14, 1))] == [0, 0, 0]


def test_a_digit_is_drawn_with_the_keys_alone(page, studio):
    looking(page, studio)
    page.focus("#easel")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Space")
    for _ in range(8):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    first_answer(page, "1")
    drawn = page.inner_text("#answers")
    page.keyboard.press("Delete")
    until(page, f"document.getElementById('answers').innerText !== {drawn!r}")


def test_a_digit_is_drawn_with_a_finger(open_page, studio):
    page = looking(open_page(size=NARROW, has_touch=True), studio)
    page.locator("#easel").scroll_into_view_if_needed()
    box = page.locator("#easel").bounding_box()
    touch = page.context.new_cdp_session(page)
    x = box["x"] + box["width"] / 2
    heights = [box["y"] + box["height"] * (0.2 + 0.05 * step) for step in range(13)]
    for number, y in enumerate(heights):
        kind = "touchMove" if number else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    first_answer(page, "1")


def test_a_picture_is_chosen_or_dropped(page, studio, tmp_path):
    picture = Image.new("L", (90, 60))
    ImageDraw.Draw(picture).line((45, 10, 45, 50), 255, 6)
    picture.save(tmp_path / "one.png")
    (tmp_path / "text.png").write_text("no picture")
    looking(page, studio)
    page.check("input[value=picture]")
    page.set_input_files("#file", tmp_path / "one.png")
    first_answer(page, "1")
    page.reload()
    page.locator("#answers li").first.wait_for()
    page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(60, 60), at = canvas.getContext('2d');
            at.fillRect(0, 0, 60, 60);
            at.fillStyle = 'white';
            at.fillRect(27, 10, 6, 40);
            const dataTransfer = new DataTransfer(), bench = document.querySelector('.bench');
            dataTransfer.items.add(new File([await canvas.convertToBlob()], 'a.png', {type: 'image/png'}));
            bench.dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true}));
        }"""
    )
    first_answer(page, "1")
    assert page.is_checked("input[value=picture]")


def test_what_is_no_picture_is_said(open_page, studio, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    page = looking(open_page(), studio)
    page.check("input[value=picture]")
    page.set_input_files("#file", tmp_path / "text.png")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "expected PNG" in page.inner_text("#trouble")
    assert [error for error in open_page.errors if "422" not in error] == []
    open_page.errors.clear()


def test_the_camera_is_asked_about_again_and_again(open_page, studio):
    """Chromium's own pretended camera: a clock that turns."""
    page, asked = open_page(permissions=["camera"]), []
    page.on("request", lambda request: asked.append(request.url) if "/ask/" in request.url else None)
    looking(page, studio)
    page.check("input[value=camera]")
    asked.clear()
    page.click("#start")
    until(page, "document.getElementById('easel').width === 640")
    deadline = time.monotonic() + 10
    while len(asked) < 3 and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert len(asked) >= 3
    page.click("#stop")
    page.wait_for_timeout(500)
    asked.clear()
    page.wait_for_timeout(500)
    assert asked == []


def test_a_camera_that_is_not_allowed_is_said(open_page, studio):
    page = looking(open_page(permissions=[]), studio)
    page.check("input[value=camera]")
    page.click("#start")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "camera cannot be used" in page.inner_text("#trouble")


def own(page):
    """The confidence in the champion's class, as it is shown now."""
    return float(page.get_attribute("#own-shown", "data-confidence"))


def test_a_cover_over_a_champion_changes_the_confidence(page, studio):
    looking(page, studio, "/look?run={digits}&cell=3")
    page.wait_for_selector("#own-shown[data-confidence]")
    assert page.inner_text("#own-label") == "for 3"
    before = page.inner_text("#own-before")
    assert before.endswith("%")
    box = page.locator("#easel").bounding_box()
    seen = set()
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        with page.expect_response("**/ask/**"):
            page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        page.wait_for_timeout(50)
        seen.add(own(page))
    assert len(seen) >= 3
    page.locator("#size").fill("0")
    until(page, f"document.getElementById('own-shown').textContent === {before!r}")


def test_a_champion_is_covered_with_the_keys_alone(page, studio):
    looking(page, studio, "/look?run={digits}&cell=3")
    page.wait_for_selector("#own-shown[data-confidence]")
    page.focus("#easel")
    seen = set()
    for key in ("Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"):
        with page.expect_response("**/ask/**"):
            page.keyboard.press(key)
        page.wait_for_timeout(50)
        seen.add(own(page))
    assert len(seen) >= 3


def test_other_champions_and_other_classifiers_can_be_asked(page, studio):
    looking(page, studio, "/look?run={digits}")
    page.wait_for_selector("#own-shown[data-confidence]")
    page.select_option("#cell", "7")
    until(page, "document.getElementById('own-label').textContent === 'for 7'")
    page.select_option("#eye", label="perceptron (10 classes, gray 28 × 28)")
    page.wait_for_timeout(300)
    assert page.inner_text("#own-label") == "for 7"


@pytest.fixture
def live(tmp_path):
    """A shelf on which a real search writes, and a studio over it."""
    words = ["evolve", "-c", "lenet", "-n", "100000", "--batch", "40", "--checkpoint-every", "10"]
    search = subprocess.Popen(
        [sys.executable, "-m", "foolery", *words, "-o", str(tmp_path / "live")],
        env=os.environ | {"FOOLERY_THREADS": "1", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with serving(tmp_path) as studio:
            while "live" not in studio.names():
                assert search.poll() is None
                time.sleep(0.1)
            yield studio, search
    finally:
        search.terminate()
        search.wait(30)


def test_a_run_is_watched_while_it_happens(page, live, accessible):
    studio, search = live
    page.goto(studio.url)
    page.click("text=live")
    page.wait_for_selector("#status.open:has-text('running')")
    page.wait_for_selector(".live li:not(.empty)")
    until(page, "document.querySelectorAll('.live li:not(.empty)').length === 10")
    pictures = "[...document.querySelectorAll('.live img')].map((image) => image.getAttribute('src'))"
    before = page.evaluate(pictures)
    points = int(page.get_attribute("#curve", "data-points"))
    page.evaluate(f"window.before = {before!r}")
    until(page, f"{pictures}.some((src, at) => src !== window.before[at])")
    until(page, f"Number(document.getElementById('curve').dataset.points) > {points}")
    assert page.inner_text("#rate") != "–"
    assert page.inner_text("#left").startswith("about ")
    assert "changed while you watched" in page.inner_text("#changed")
    accessible(page)
    search.send_signal(2)
    page.wait_for_selector("#status:has-text('interrupted')", timeout=20_000)
    loaded = "[...document.querySelectorAll('.live img')].filter((image) => image.naturalWidth === 28)"
    page.evaluate("document.querySelector('.live').scrollIntoView()")
    until(page, f"{loaded}.length === 10")


def test_the_list_leads_everywhere_by_keyboard_alone(page, studio):
    page.goto(studio.url)
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "digits":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/report/")
    page.go_back()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Look":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/look")
    page.locator("#answers li").first.wait_for()


def test_the_report_opens_inside_the_studio(page, studio):
    page.goto(address(studio, "/run/{digits}/report/"))
    page.locator("#champions a").first.click()
    page.wait_for_selector("dialog[open]")


PAGES = [
    "/",
    "/look",
    "/run/{digits}/",
    "/run/{digits}/report/",
    "/look?run={digits}&cell=3",
    "/run/{nasty}/",
    "/audit/{verdict}/report/",
    "/contest/{race}/report/",
]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")], ids=["wide", "narrow"])
def test_pages_fit_and_can_be_used_by_everyone(open_page, studio, accessible, path, size, scheme):
    page = open_page(size=size, scheme=scheme)
    page.goto(address(studio, path))
    page.wait_for_timeout(400)
    accessible(page)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= size[0]


def test_an_audit_and_an_arms_race_open_from_the_list(page, studio):
    page.goto(studio.url)
    page.get_by_role("link", name="verdict", exact=True).click()
    page.get_by_role("heading", name="The verdict").wait_for()
    page.wait_for_load_state()  # until its scripts are there a champion is a link to its picture
    page.locator("#champions a").nth(7).click()
    page.get_by_role("dialog").get_by_text("cppn, seed 0").wait_for()
    page.goto(studio.url)
    page.get_by_role("link", name="race", exact=True).click()
    page.get_by_text("2 of 3 rounds done").wait_for()


def test_no_name_from_a_stranger_runs(open_page, studio):
    page, dialogs = open_page(), []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in ("/", "/run/{nasty}/", "/run/{nasty}/report/", "/look?run={nasty}&cell=0"):
        page.goto(address(studio, path))
        page.wait_for_timeout(300)
    assert "<script>alert(1)</script>" in page.inner_text("#cell")
    page.goto(address(studio, "/look"))
    page.select_option("#eye", "1")
    until(page, "document.getElementById('answers').dataset.first?.includes('<script>')")
    assert dialogs == []
    open_page.errors[:] = [error for error in open_page.errors if "422" not in error]  # it has not that class


def test_an_unreadable_run_says_so(open_page, studio):
    page = open_page()
    page.goto(address(studio, "/"))
    assert "cut short" in page.inner_text(".cards")
    page.click("text=broken")
    assert "cut short" in page.inner_text("main")
    open_page.errors[:] = [error for error in open_page.errors if "422" not in error]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_run_without_champions_can_be_read_by_everyone(open_page, accessible, tmp_path, scheme):
    RunWriter.create(tmp_path / "young", settings(), PROVENANCE, keep_genomes=True).close("interrupted")
    with serving(tmp_path) as studio:
        page = open_page(scheme=scheme)
        page.goto(address(studio, "/run/{young}/"))
        assert page.locator(".live li.empty").count() == 10
        accessible(page)


def test_what_cannot_be_shown_yet_is_said(page, tmp_path):
    with serving(tmp_path) as empty:
        page.goto(empty.url)
        assert "No runs here yet" in page.inner_text("main")
        looking(page, empty)
        page.check("input[value=champion]")
        page.wait_for_selector("#trouble:not([hidden])")
        assert "no run" in page.inner_text("#trouble")
        assert page.locator("#answers li").count() == 0


def test_a_run_that_was_killed_promises_nothing(page, tmp_path):
    writer = RunWriter.create(
        tmp_path / "one", settings(encoding_options={"coordinates": "raw"}), PROVENANCE, keep_genomes=True
    )
    with serving(tmp_path) as studio:
        page.goto(address(studio, "/run/{one}/"))
        past = time.time() - 600
        for file in (tmp_path / "one").glob("run.db*"):
            os.utime(file, (past, past))
        page.reload()
        page.wait_for_selector("#status.open:has-text('nothing written for 10 min')")
        assert page.locator("#left").text_content() == "–"
    writer.close("interrupted")
