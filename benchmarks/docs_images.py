"""The images of the report and the studio in docs/, from real searches, in headless Chromium.

usage: python benchmarks/docs_images.py MODEL CARD [FOLDER]

MODEL and CARD are a network of 1000 classes and its card: the images in docs/ were made with
``onnx:…/mobilenet_v1_025_128_quant/model.onnx`` and ``docs/cards/mobilenet_v1_025_128_quant.card.json``.
FOLDER keeps the runs, so that the images alone are made anew. Needs the extras onnx and studio, MNIST,
Playwright and Chromium; takes some minutes.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

import foolery

DOCS = Path(__file__).parents[1] / "docs"
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
COLORS = 256  # of the palette; more makes large files


def main(model: str, card: Path, folder: Path) -> int:
    """Make every image."""
    from playwright.sync_api import sync_playwright

    run_searches(model, card, folder)
    ten = foolery.report(folder / "runs/digits", folder / "ten", data="mnist", panel=["lenet-b"])
    thousand = foolery.report(folder / "thousand", folder / "page", budget="0")
    with sync_playwright() as driver:
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        browser = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        page = browser.new_page()
        report_images(page, ten, thousand)
        with studio(folder / "live") as (address, search):
            studio_images(page, address, search)
        browser.close()
    return 0


def run_searches(model: str, card: Path, folder: Path) -> None:
    """Ten digits, and a thousand classes; those that are there already are kept."""
    if not (folder / "runs/digits/run.db").exists():
        command = "foolery evolve -c lenet --seed 3 --out runs/digits"
        foolery.evolve("lenet", seed=3, out=folder / "runs/digits", command=command)
    if not (folder / "thousand/run.db").exists():
        command = [sys.executable, "-m", "foolery", "evolve", "-c", model, "--card", str(card)]
        subprocess.run(
            [*command, "-n", "500", "--batch", "400", "--out", str(folder / "thousand")], check=True
        )


def report_images(page: Any, ten: Path, thousand: Path) -> None:
    """The top of a report, a champion in detail, and the gallery of a thousand classes."""
    page.set_viewport_size({"width": 1280, "height": 1120})
    page.goto(ten.as_uri())
    page.wait_for_timeout(500)
    save(page, "report-10")
    page.set_viewport_size({"width": 1280, "height": 1440})
    page.locator("#champions a").nth(3).click()
    page.wait_for_timeout(500)
    save(page, "report-champion")
    page.set_viewport_size({"width": 1280, "height": 880})
    page.goto(thousand.as_uri())
    page.get_by_label("Sort by").select_option("confidence")
    page.locator("#gallery-name").evaluate("heading => scrollTo(0, heading.offsetTop - 30)")
    page.wait_for_timeout(1500)
    save(page, "report-1000")


@contextmanager
def studio(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a studio over a search, and the search, which goes on."""
    shutil.rmtree(folder, ignore_errors=True)
    foolery_command = [sys.executable, "-m", "foolery"]
    search = subprocess.Popen(
        [
            *foolery_command,
            "evolve",
            "-c",
            "lenet",
            "-n",
            "5000",
            "--seed",
            "3",
            "--out",
            str(folder / "digits"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while not (folder / "digits/run.db").exists():
        time.sleep(0.1)
    server = subprocess.Popen(
        [*foolery_command, "studio", str(folder), "--port", "0", "--json"], stdout=subprocess.PIPE, text=True
    )
    try:
        text = ""
        while not text.endswith("}\n"):
            assert server.stdout is not None
            text += server.stdout.readline()
        yield json.loads(text)["url"], search
    finally:
        for process in (server, search):
            process.terminate()
            process.wait()


def studio_images(page: Any, address: str, search: subprocess.Popen[bytes]) -> None:
    """A run in progress, and a champion with a patch over it."""
    page.set_viewport_size({"width": 1280, "height": 1060})
    page.goto(address)
    page.get_by_role("link", name="digits").click()
    page.wait_for_timeout(20_000)
    save(page, "studio-watch")
    search.send_signal(signal.SIGINT)
    search.wait()
    page.get_by_role("link", name="Occlude a champion").click()
    page.locator("#cell").select_option("3")
    page.locator("#target-confidence[data-confidence]").wait_for()
    box = page.locator("#canvas").bounding_box()
    page.mouse.move(box["x"] + 0.45 * box["width"], box["y"] + 0.5 * box["height"])
    page.set_viewport_size({"width": 1280, "height": 1010})
    page.wait_for_timeout(1000)
    save(page, "studio-look")


def save(page: Any, name: str) -> None:
    """A screenshot with a palette, which keeps the repository small."""
    file = DOCS / f"{name}.png"
    page.screenshot(path=file)
    Image.open(file).convert("RGB").quantize(COLORS, kmeans=3, dither=Image.Dither.NONE).save(
        file, optimize=True
    )
    print(file, file.stat().st_size)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as temporary:
        kept = Path(sys.argv[3]) if len(sys.argv) == 4 else Path(temporary)
        sys.exit(main(sys.argv[1], Path(sys.argv[2]), kept))
