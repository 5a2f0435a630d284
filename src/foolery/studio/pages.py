"""The studio's own pages as HTML; the report's style sheet is theirs too."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from foolery.report.html import as_json
from foolery.report.images import SMALL
from foolery.runs import RunSettings

if TYPE_CHECKING:
    from jinja2 import Environment

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
"""Content types; anything else is bytes."""

FRAME = 132  # pixels, about the width of a champion on the live page
REPORT_ASSETS = ("report.css", "theme.js")
QUIZ_ASSETS = ("quiz.css", "quiz.js")
STUDIO_ASSETS = (
    "studio.css",
    "runs.js",
    "curve.js",
    "compare.js",
    "audit_live.js",
    "live.js",
    "predict.js",
    "draw.js",
    "camera.js",
    "occlude.js",
    "playground.js",
    "breed.js",
)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("foolery.studio"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["as_json"] = _json_of
    return environment


def _json_of(value: object) -> object:
    from markupsafe import Markup

    return Markup(as_json(value))


def page(template: str, **context: object) -> str:
    """A page; everything that it is given is escaped."""
    return _templates().get_template(template).render(**context)


def base_of(path: str) -> str:
    """From a page of the studio to its first page: links are relative, so that any prefix of a proxy will do.

    Example:
        >>> base_of("/"), base_of("/playground"), base_of("/run/0123456789abcdef/")
        ('./', './', '../../')
    """
    return "../" * (path.count("/") - 1) or "./"


def with_way_back(report: bytes, base: str) -> bytes:
    """The page of a report, with a way back to the studio in its head."""
    mark = b'<header class="bar">\n'
    link = f'<p class="maker"><a href="{base}">All runs</a></p>\n'.encode()
    return report.replace(mark, mark + link, 1)


@cache
def static(name: str) -> bytes | None:
    """A style sheet or script by its name; None for any other name."""
    rooms = {"report": REPORT_ASSETS, "quiz": QUIZ_ASSETS, "studio": STUDIO_ASSETS}
    package = next((f"foolery.{room}" for room, assets in rooms.items() if name in assets), None)
    return None if package is None else files(package).joinpath("assets", name).read_bytes()


def champion_frame(settings: RunSettings) -> tuple[int, int, bool]:
    """Shown width and height of a champion, a whole multiple of its pixels where it is small; then True."""
    _, height, width = settings.canvas
    shown_width = width * (FRAME // width) if width <= FRAME else FRAME
    return shown_width, max(1, round(height * shown_width / width)), max(height, width) <= SMALL
