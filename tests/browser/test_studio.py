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

    folder = tmp_path_factory.mktemp("folder")
    evolve("lenet", generations=30, batch=50, out=folder / "digits", command="foolery evolve -c lenet -n 30")
    nasty_run(folder / "nasty")
    audit_in(folder / "verdict")
    race_in(folder / "race")
    (folder / "broken").mkdir()
    (folder / "broken" / "run.db").write_bytes((folder / "digits" / "run.db").read_bytes()[:5000])
    model = nasty_model(tmp_path_factory.mktemp("model"))
    with serving(folder, "--classifier", "lenet", "--classifier", f"onnx:{model}") as served:
        yield served


def address(studio, path):
    return studio.url.rstrip("/") + path.format(**studio.names())


def until(page, expression, seconds=20):
    """Wait until a JavaScript expression is true; the policy of the page forbids Playwright's own way."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(30)


def open_playground(page, studio, path="/playground"):
    """The playground, once it has its first prediction."""
    page.goto(address(studio, path))
    page.locator("#predictions li").first.wait_for()
    return page


def top_prediction(page, label):
    page.wait_for_selector(f"#predictions[data-top='{label}']")
    return page.locator("#predictions li").first.inner_text().split()


def stroke(page, *points):
    """The pen from one place to the next, as shares of the canvas."""
    box = page.locator("#canvas").bounding_box()
    placed = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*placed[0])
    page.mouse.down()
    for place in placed[1:]:
        page.mouse.move(*place, steps=10)
    page.mouse.up()


def until_one(page):
    """Wait for a 1 beyond doubt: an empty canvas is one at 69 %, and answers come in mid-stroke."""
    first = "document.querySelector(\"#predictions[data-top='1'] li\")"
    until(page, f"parseFloat({first}?.innerText.replace(/^1\\s+/, '')) > 90")


def test_a_digit_that_is_drawn_is_read_at_once(page, studio):
    open_playground(page, studio)
    stroke(page, (0.52, 0.2), (0.48, 0.8))
    until_one(page)
    assert top_prediction(page, "1")[0] == "1"
    page.click("#clear")
    stroke(page, (0.28, 0.22), (0.72, 0.22), (0.45, 0.82))
    top_prediction(page, "7")


#: A pixel of the image that the classifier got; 0 before there is one.
READ = """(x, y) => {
    const input = document.getElementById("input"), copy = document.createElement("canvas");
    if (input.width !== 28) return 0;
    const drawing = copy.getContext("2d", { willReadFrequently: true });
    drawing.drawImage(input, 0, 0);
    return drawing.getImageData(x, y, 1, 1).data[0];
}"""


def test_the_page_shows_what_the_classifier_gets(page, studio):
    open_playground(page, studio)
    stroke(page, (0.52, 0.2), (0.48, 0.8))
    top_prediction(page, "1")
    until(page, f"({READ})(14, 14) > 200")  # answers come mid-stroke too
    assert [page.evaluate(f"({READ})({x}, {y})") for x, y in ((2, 14), (26, 14), (14, 1))] == [0, 0, 0]


def test_a_digit_is_drawn_with_the_keys_alone(page, studio):
    open_playground(page, studio)
    page.focus("#canvas")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Space")
    for _ in range(8):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    until_one(page)
    drawn = page.inner_text("#predictions")
    page.keyboard.press("Delete")
    until(page, f"document.getElementById('predictions').innerText !== {drawn!r}")


def test_a_digit_is_drawn_with_a_finger(open_page, studio):
    page = open_playground(open_page(size=NARROW, has_touch=True), studio)
    page.locator("#canvas").scroll_into_view_if_needed()
    box = page.locator("#canvas").bounding_box()
    touch = page.context.new_cdp_session(page)
    x = box["x"] + box["width"] / 2
    heights = [box["y"] + box["height"] * (0.2 + 0.05 * step) for step in range(13)]
    for number, y in enumerate(heights):
        kind = "touchMove" if number else "touchStart"
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    until_one(page)


def test_a_picture_is_chosen_or_dropped(page, studio, tmp_path):
    picture = Image.new("L", (90, 60))
    ImageDraw.Draw(picture).line((45, 10, 45, 50), 255, 6)
    picture.save(tmp_path / "one.png")
    (tmp_path / "text.png").write_text("no picture")
    open_playground(page, studio)
    page.check("input[value=file]")
    page.set_input_files("#file", tmp_path / "one.png")
    top_prediction(page, "1")
    page.reload()
    page.locator("#predictions li").first.wait_for()
    page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(60, 60), at = canvas.getContext('2d');
            at.fillRect(0, 0, 60, 60);
            at.fillStyle = 'white';
            at.fillRect(27, 10, 6, 40);
            const dataTransfer = new DataTransfer(), workspace = document.querySelector('.workspace');
            dataTransfer.items.add(new File([await canvas.convertToBlob()], 'a.png', {type: 'image/png'}));
            workspace.dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true}));
        }"""
    )
    top_prediction(page, "1")
    assert page.is_checked("input[value=file]")


def test_what_is_no_picture_is_said(open_page, studio, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    page = open_playground(open_page(), studio)
    page.check("input[value=file]")
    page.set_input_files("#file", tmp_path / "text.png")
    page.wait_for_selector("#error:not([hidden])")
    assert "expected PNG" in page.inner_text("#error")
    assert [error for error in open_page.errors if "422" not in error] == []
    open_page.errors.clear()


def test_the_camera_is_asked_about_again_and_again(open_page, studio):
    """Chromium's own pretended camera: a clock that turns."""
    page, asked = open_page(permissions=["camera"]), []
    page.on("request", lambda request: asked.append(request.url) if "/predict/" in request.url else None)
    open_playground(page, studio)
    page.check("input[value=camera]")
    asked.clear()
    page.click("#start")
    until(page, "document.getElementById('canvas').width === 640")
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
    page = open_playground(open_page(permissions=[]), studio)
    page.check("input[value=camera]")
    page.click("#start")
    page.wait_for_selector("#error:not([hidden])")
    assert "camera cannot be used" in page.inner_text("#error")


def target_confidence(page):
    """The confidence in the champion's class, as it is shown now."""
    return float(page.get_attribute("#target-confidence", "data-confidence"))


def test_a_cover_over_a_champion_changes_the_confidence(page, studio):
    open_playground(page, studio, "/playground?run={digits}&cell=3")
    page.wait_for_selector("#target-confidence[data-confidence]")
    assert page.inner_text("#target-label") == "for 3"
    before = page.inner_text("#target-original")
    assert before.endswith("%")
    box = page.locator("#canvas").bounding_box()
    seen = set()
    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        with page.expect_response("**/predict/**"):
            page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        page.wait_for_timeout(50)
        seen.add(target_confidence(page))
    assert len(seen) >= 3
    page.locator("#size").fill("0")
    until(page, f"document.getElementById('target-confidence').textContent === {before!r}")


def test_a_champion_is_covered_with_the_keys_alone(page, studio):
    open_playground(page, studio, "/playground?run={digits}&cell=3")
    page.wait_for_selector("#target-confidence[data-confidence]")
    page.focus("#canvas")
    seen = set()
    for key in ("Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowUp", "Shift+ArrowRight", "Shift+ArrowDown"):
        with page.expect_response("**/predict/**"):
            page.keyboard.press(key)
        page.wait_for_timeout(50)
        seen.add(target_confidence(page))
    assert len(seen) >= 3


def test_the_confidence_without_a_patch_is_that_of_the_run_however_quickly_champions_change(page, studio):
    page.goto(address(studio, "/playground?run={digits}"))
    page.wait_for_selector("#cell option:nth-child(10)", state="attached")
    for cell in ("3", "5", "8"):
        page.select_option("#cell", cell)
        page.mouse.move(300, 400 + int(cell))
    until(page, "document.getElementById('target-label').textContent === 'for 8'")
    shown = page.locator("#cell option:checked").text_content()
    until(page, f"{shown!r} === '8 (' + document.getElementById('target-original').textContent + ')'")


def test_other_champions_and_other_classifiers_can_be_asked(page, studio):
    open_playground(page, studio, "/playground?run={digits}")
    page.wait_for_selector("#target-confidence[data-confidence]")
    page.select_option("#cell", "7")
    until(page, "document.getElementById('target-label').textContent === 'for 7'")
    page.select_option("#classifier", label="perceptron (10 classes, gray 28 × 28)")
    page.wait_for_timeout(300)
    assert page.inner_text("#target-label") == "for 7"


@pytest.fixture
def live(tmp_path):
    """A folder on which a real search writes, and a studio over it."""
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
    assert page.inner_text("#remaining").startswith("about ")
    assert "replaced since the page was opened" in page.inner_text("#changes")
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
        if page.evaluate("document.activeElement.textContent") == "Playground":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/playground")
    page.locator("#predictions li").first.wait_for()


def test_the_report_opens_inside_the_studio(page, studio):
    page.goto(address(studio, "/run/{digits}/report/"))
    page.locator("#champions a").first.click()
    page.wait_for_selector("dialog[open]")


PAGES = [
    "/",
    "/playground",
    "/run/{digits}/",
    "/run/{digits}/report/",
    "/playground?run={digits}&cell=3",
    "/run/{nasty}/",
    "/audit/{verdict}/report/",
    "/arms-race/{race}/report/",
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
    page.get_by_role("heading", name="Result", exact=True).wait_for()
    page.wait_for_load_state()  # until its scripts are there a champion is a link to its picture
    page.locator("#champions a").nth(7).click()
    page.get_by_role("dialog").get_by_text("cppn, seed 0").wait_for()
    page.goto(studio.url)
    page.get_by_role("link", name="race", exact=True).click()
    page.get_by_text("2 of 3 rounds finished").wait_for()


def test_no_name_from_a_stranger_runs(open_page, studio):
    page, dialogs = open_page(), []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for path in ("/", "/run/{nasty}/", "/run/{nasty}/report/", "/playground?run={nasty}&cell=0"):
        page.goto(address(studio, path))
        page.wait_for_timeout(300)
    assert "<script>alert(1)</script>" in page.inner_text("#cell")
    page.goto(address(studio, "/playground"))
    page.select_option("#classifier", "1")
    until(page, "document.getElementById('predictions').dataset.top?.includes('<script>')")
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
        assert "No runs yet" in page.inner_text("main")
        open_playground(page, empty)
        page.check("input[value=occlude]")
        page.wait_for_selector("#error:not([hidden])")
        assert "No runs" in page.inner_text("#error")
        assert page.locator("#predictions li").count() == 0


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
        assert page.locator("#remaining").text_content() == "–"
    writer.close("interrupted")
