"""What a report of a thousand classes costs: to write, to load and to scroll.

The classifier is one matrix, so that the search takes seconds; the canvas has the size of ImageNet's. Scoring
is not timed: the report asks nobody. Processor time is what counts, as the machine may be busy; frames a
second say something only on a machine that is idle.

usage: python benchmarks/report.py [FOLDER]   FOLDER keeps the run and the report; about 2 minutes
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.classifiers.contract import Description
from foolery.experiments.display import display_of
from foolery.experiments.evolve import evolve
from foolery.report import write_report
from foolery.runs import open_run_file

CLASSES, SIDE, GRID = 1000, 128, 8
GENERATIONS, BATCH = 40, 200
SECONDS, HTML, FRAMES = 20, 5, 60  # what is aimed at: CPU seconds, MB, frames a second
SIZES = ((1440, 900), (390, 844))
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
SCROLL = """async () => {
  const gaps = [], end = document.documentElement.scrollHeight - innerHeight;
  let last = performance.now(), y = 0;
  while (y < end) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    gaps.push(now - last); last = now; y += 120; scrollTo(0, y);
  }
  return gaps;
}"""


class Matrix:
    """Logits that are linear in the mean colors of 8 x 8 parts of the picture."""

    def __init__(self) -> None:
        self.weights = np.random.default_rng(0).normal(size=(3 * GRID * GRID, CLASSES))
        self.description = Description(
            name="matrix",
            fingerprint="0" * 64,
            canvas=CanvasShape(3, SIDE, SIDE),
            classes=tuple(f"class {number:04d}, of some length" for number in range(CLASSES)),
            kind="softmax",
            backend="python",
        )

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, 1000) float64``: log-probabilities."""
        part = SIDE // GRID
        means = canvases.reshape(-1, 3, GRID, part, GRID, part).mean(axis=(3, 5))
        logits = means.reshape(len(canvases), -1) / 255 @ self.weights
        top = logits.max(axis=1, keepdims=True)
        found: NDArray[np.float64] = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
        return found


def main(folder: Path) -> int:
    evolve(
        Matrix(),
        generations=GENERATIONS,
        batch=BATCH,
        out=folder / "run",
        overwrite=True,
        keep="champions",
        command="python benchmarks/report.py",
    )
    run = open_run_file(folder / "run")
    begun, wall = time.process_time(), time.perf_counter()
    index = write_report([display_of(run)], folder / "report", overwrite=True)
    spent, wall = time.process_time() - begun, time.perf_counter() - wall
    size = sum(file.stat().st_size for file in (folder / "report").glob("*.html")) / 1e6
    whole = sum(file.stat().st_size for file in (folder / "report").rglob("*") if file.is_file()) / 1e6
    print(f"written: {spent:.1f} CPU s ({wall:.1f} s by the clock); aim: below {SECONDS} s")
    print(f"HTML: {size:.2f} MB; aim: below {HTML} MB; the whole folder: {whole:.0f} MB")
    scroll(index)
    return 0 if spent < SECONDS and size < HTML else 1


def scroll(index: Path) -> None:
    """Scroll from top to bottom, 120 pixels a frame, and say how long the frames took."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        program = None
    if program is None:
        print("scrolling: not measured, no Chromium or no Playwright")
        return
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        for width, height in SIZES:
            page = browser.new_context(viewport={"width": width, "height": height}, offline=True).new_page()
            page.goto(index.as_uri())
            loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
            page.wait_for_timeout(1000)
            meter = page.context.new_cdp_session(page)
            meter.send("Performance.enable", {"timeDomain": "threadTicks"})
            before = busy(meter)
            gaps = np.array(page.evaluate(SCROLL))
            each = 1000 * (busy(meter) - before) / len(gaps)
            middle, late, worst = np.percentile(gaps, [50, 95, 100])
            print(
                f"{width} px wide: loaded in {loaded:.0f} ms; {len(gaps)} frames, "
                f"{1000 / gaps.mean():.0f} a second (aim: {FRAMES}); median {middle:.1f} ms, "
                f"95 % within {late:.1f}, longest {worst:.1f}; {each:.1f} CPU ms of the page's thread "
                f"for each (aim: below {1000 / FRAMES:.1f})"
            )
        browser.close()


def busy(meter: Any) -> float:
    """CPU seconds that the thread of the page has spent."""
    metrics = meter.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(Path(sys.argv[1])))
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(main(Path(temporary)))
