"""A real browser: Debian's Chromium driven by Playwright. Tests are skipped where either is missing.

A page fails its test when it says anything on the console, throws, or asks for something that is not there.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a clock; a page still has to be allowed it
)
WIDE, NARROW = (1440, 900), (390, 844)


@dataclass
class Opener:
    """Opens pages, and keeps what they said.

    Attributes:
        errors: console errors and warnings, exceptions and failed requests, of every page opened.
    """

    browser: Any
    errors: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def __call__(
        self, *, size: tuple[int, int] = WIDE, scheme: str = "light", offline: bool = False, **options: Any
    ) -> Any:
        """A new page.

        Args:
            size: of the window in pixels: ``WIDE``, ``NARROW``.
            scheme: ``light`` or ``dark``.
            offline: no network at all; everything but ``file:``, ``data:`` and ``blob:`` fails.
            options: of Playwright's ``new_context``.
        """
        width, height = size
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
            offline=offline,
            **options,
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(f"exception: {error}"))
        page.on("requestfailed", self._failed)
        return page

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.type}: {message.text}")

    def _failed(self, request: Any) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):  # the page was left, or a stream was closed
            self.errors.append(f"request: {request.url[:200]}: {request.failure}")

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium without a window; FOOLERY_CHROMIUM names another one than that on the path.

    One for each file: while it is open, this thread has an event loop, which other tests must not find.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install playwright")
    program = os.environ.get("FOOLERY_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no Chromium: apt-get install chromium, or name one in FOOLERY_CHROMIUM")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Opener]:
    """``open_page(size=NARROW, scheme="dark", offline=True)``; see ``Opener``.

    A test that expects errors takes them out of ``open_page.errors``.
    """
    opener = Opener(browser)
    yield opener
    opener.close()
    assert opener.errors == []


@pytest.fixture
def page(open_page: Opener) -> Any:
    """A page of 1440 x 900 in light colors, with the network on."""
    return open_page()


@cache
def _axe() -> str:
    pytest.importorskip("axe_playwright_python", reason="no axe-core: pip install axe-playwright-python")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def accessible() -> Callable[[Any], None]:
    """``accessible(page)`` fails where axe-core finds something serious or critical."""

    def check(page: Any) -> None:
        page.evaluate(_axe())  # past a content security policy, as no script tag would get
        ask = (
            "async () => (await axe.run(document, {resultTypes: ['violations'], preload: false})).violations"
        )
        found = page.evaluate(ask)
        grave = [
            f"{each['id']}: {each['help']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"][:3]
        ]
        assert grave == []

    return check
