"""What a report of a thousand classes costs: to write, to load and to scroll.

The classifier is one matrix, so that the search takes seconds; the canvas has the size of ImageNet's. Scoring
is not timed: the report asks nobody. Processor time is what counts, as the machine may be busy; frames a
second say something only on a machine that is idle. Of a frame, the time of the page's own thread (style,
layout, paint) is what the page decides; rastering and compositing run beside it, here without a GPU.

usage: python benchmarks/report.py [FOLDER]   FOLDER keeps the run and the report; about 2 minutes
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape
from foolery.classifiers.base import Description
from foolery.engine.evolution import evolve
from foolery.report import write_report
from foolery.report.model import make_run_report
from foolery.runs import open_run_file

CLASSES, SIDE, GRID = 1000, 128, 8
GENERATIONS, BATCH = 40, 200
SECONDS, HTML, FRAMES = 20, 5, 60  # what is aimed at: CPU seconds, MB, frames a second
SIZES = ((1440, 900), (390, 844))
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
THREADS = {  # Chromium's, by the start of their names
    "page": "CrRendererMain",
    "raster and decoding": "ThreadPoolForegroundWorker",
    "compositor": "Compositor",
    "drawing to the screen": "VizCompositor",
}
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
        keep_genomes="champions",
        command="python benchmarks/report.py",
    )
    run = open_run_file(folder / "run")
    begun, wall = time.process_time(), time.perf_counter()
    index = write_report([make_run_report(run)], folder / "report", overwrite=True)
    spent, wall = time.process_time() - begun, time.perf_counter() - wall
    size = sum(file.stat().st_size for file in (folder / "report").glob("*.html")) / 1e6
    whole = sum(file.stat().st_size for file in (folder / "report").rglob("*") if file.is_file()) / 1e6
    print(f"written: {spent:.1f} CPU s ({wall:.1f} s by the clock); aim: below {SECONDS} s")
    print(f"HTML: {size:.2f} MB; aim: below {HTML} MB; the whole folder: {whole:.0f} MB")
    slow = [width for width, frame in scroll(index).items() if frame > 1000 / FRAMES]
    return 0 if spent < SECONDS and size < HTML and not slow else 1


def scroll(index: Path) -> dict[int, float]:
    """Scroll from top to bottom, 120 pixels a frame; width to CPU ms of the page's thread for each frame."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        program = None
    if program is None:
        print("scrolling: not measured, no Chromium or no Playwright")
        return {}
    found = {}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        for width, height in SIZES:
            page = browser.new_context(viewport={"width": width, "height": height}, offline=True).new_page()
            page.goto(index.as_uri())
            loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
            page.wait_for_timeout(1000)
            gaps, events = traced(page)
            middle, late, worst = np.percentile(gaps, [50, 95, 100])
            print(
                f"{width} px wide: loaded in {loaded:.0f} ms; {len(gaps)} frames, "
                f"{1000 / gaps.mean():.0f} a second (aim: {FRAMES}); median {middle:.1f} ms, "
                f"95 % within {late:.1f}, longest {worst:.1f}"
            )
            parts = {name: busy(events, thread) / len(gaps) for name, thread in THREADS.items()}
            shown = ", ".join(f"{name} {spent:.1f}" for name, spent in parts.items())
            print(f"  CPU ms a frame: {shown}; aim for the page: below {1000 / FRAMES:.1f}")
            found[width] = parts["page"]
        browser.close()
    return found


def traced(page: Any) -> tuple[NDArray[np.float64], list[dict[str, Any]]]:
    """Milliseconds between frames while the page scrolls, and what the browser noted of its threads."""
    meter, events, ended = page.context.new_cdp_session(page), [], []
    meter.on("Tracing.dataCollected", lambda told: events.extend(told["value"]))
    meter.on("Tracing.tracingComplete", lambda told: ended.extend([told]))
    meter.send("Tracing.start", {"traceConfig": {"includedCategories": ["toplevel", "devtools.timeline"]}})
    gaps = np.array(page.evaluate(SCROLL))
    meter.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(50)
    return gaps, events


def busy(events: Sequence[Mapping[str, Any]], thread: str) -> float:
    """CPU milliseconds of all threads of a name: of their outermost events, which hold the others."""
    named = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"].startswith(thread)
    }
    spent, ends = 0.0, dict.fromkeys(named, 0.0)
    mine = [each for each in events if "tdur" in each and (each["pid"], each["tid"]) in named]
    for each in sorted(mine, key=lambda each: (each["tts"], -each["tdur"])):
        place = each["pid"], each["tid"]
        if each["tts"] >= ends[place]:
            spent += each["tdur"] / 1000
            ends[place] = each["tts"] + each["tdur"]
    return spent


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(main(Path(sys.argv[1])))
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(main(Path(temporary)))
