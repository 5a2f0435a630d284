"""The studio in a real browser: an audit while it runs, all runs in one plot, pictures that are turned."""

import os
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from browser.conftest import NARROW, WIDE
from support.studio import serving

pytest.importorskip("starlette", reason="the extra studio is not installed")
pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    from foolery.engine.evolution import evolve

    folder = tmp_path_factory.mktemp("folder")
    for seed in (0, 1):
        evolve("lenet", generations=10, batch=20, seed=seed, out=folder / f"digits-{seed}")
    evolve("lenet-b", encoding="direct", generations=5, batch=20, out=folder / "other")
    with serving(folder, "--classifier", "lenet", "--classifier", "cifar") as served:
        served.said["folder"] = str(folder)
        yield served


def address(studio, path):
    return studio.url.rstrip("/") + path.format(**studio.names())


def until(page, expression, seconds=60):
    """Wait until a JavaScript expression is true."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


ROWS = "[...document.querySelectorAll('#rows tr')].map(row => row.querySelector('a').textContent).join()"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_all_curves_are_in_one_plot_and_the_table_sorts_and_filters(open_page, studio, accessible, size):
    page = open_page(size=size)
    page.goto(address(studio, "/compare"))
    until(page, "document.querySelectorAll('#curves polyline').length === 3")
    assert page.evaluate(ROWS) == "digits-0,digits-1,other"
    queries = page.get_by_role("button", name="queries")
    queries.focus()
    page.keyboard.press("Enter")  # by keyboard alone
    assert page.evaluate(ROWS) == "other,digits-0,digits-1"
    page.keyboard.press("Enter")
    assert page.evaluate(ROWS).endswith("other")
    page.get_by_label("Filter").fill("lenet-b direct")
    assert page.evaluate(ROWS) == "other"
    assert page.evaluate("document.querySelectorAll('#curves polyline').length") == 1
    assert page.locator("#count").inner_text() == "1 of 3 runs"
    page.get_by_role("link", name="other").focus()
    assert page.evaluate("document.querySelectorAll('#curves polyline.bold').length") == 1
    accessible(page)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_an_audit_moves_while_it_runs_and_has_a_way_back(open_page, studio, accessible, size):
    name = f"audit-{size[0]}"
    out = f"{studio.said['folder']}/{name}"
    words = ["audit", "lenet", "--budget", "3000000", "--attacks", "tiles,cppn", "-o", out]
    process = subprocess.Popen(
        [sys.executable, "-m", "foolery", *words], env=os.environ | {"FOOLERY_THREADS": "1"},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        page = open_page(size=size)
        deadline = time.monotonic() + 120
        while name not in studio.names():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        page.goto(address(studio, "/"))
        page.get_by_role("link", name=name).click()
        until(
            page,
            "document.querySelector('#attacks tr[data-status=running]')?.textContent.startsWith('cppn')",
            120,
        )
        assert page.locator("#status").inner_text() == "running"
        accessible(page)
        process.send_signal(signal.SIGINT)
        process.wait(120)
        until(page, "document.getElementById('status').textContent === 'interrupted'")
        page.get_by_role("link", name="Report so far").click()
        page.get_by_role("link", name="All runs").click()
        assert page.get_by_role("link", name=name).count() == 1
    finally:
        process.kill()
        process.wait()


def test_ink_on_paper_is_read_once_it_is_inverted(page, studio, mnist, tmp_path):
    Image.fromarray(255 - mnist.canvases[0, 0]).resize((280, 280)).save(tmp_path / "seven.png")
    page.goto(address(studio, "/playground"))
    page.get_by_label("File", exact=True).check()
    page.get_by_label("Image file").set_input_files(tmp_path / "seven.png")
    page.locator("#predictions li").first.wait_for()
    page.get_by_label("Invert").check()
    until(page, "document.getElementById('predictions').dataset.top === '7'")
    page.get_by_label("Contrast").fill("0.5")
    until(page, "document.getElementById('contrast-shown').textContent === '× 0.5'")


def test_on_a_phone_the_answer_is_in_sight_while_one_draws(open_page, studio):
    page = open_page(size=NARROW)
    page.goto(address(studio, "/playground"))
    page.locator("#predictions li").first.wait_for()
    page.locator("#canvas").scroll_into_view_if_needed()
    box, answer = page.locator("#canvas").bounding_box(), page.locator("#answer").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.8 * box["height"], steps=10)
    page.mouse.up()
    until(page, "document.getElementById('answer').textContent.startsWith('1 ')")
    assert 0 <= answer["y"] < NARROW[1] - answer["height"]
    assert box["y"] + box["height"] <= NARROW[1]


def test_a_champion_is_tried_on_another_classifier_in_two_steps(page, studio):
    page.goto(address(studio, "/run/{digits-0}/"))
    page.locator("#cell-3 a").click()
    page.locator("#predictions li").first.wait_for()
    assert page.locator("#fit").inner_text() == "As it is: nothing is resized."
    page.locator("#classifier").select_option("1")
    until(page, "/cat|frog|bird|ship|dog|deer/.test(document.getElementById('predictions').textContent)")
    assert "nothing is resized" not in page.locator("#fit").inner_text()
