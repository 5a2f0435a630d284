"""Gallery: one or several runs as a page that opens from a folder, without a network."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from foolery.canvas import png_bytes
from foolery.errors import UsageError
from foolery.report.folder import Folder
from foolery.report.view import View, picture_file, spaced, view_of
from foolery.report.words import finding

if TYPE_CHECKING:
    from jinja2 import Environment

    from foolery.experiments.exhibit import Exhibit

PAGE = "index.html"
SUMMARY = "summary.json"


def write_report(exhibits: Sequence[Exhibit], out: Path, *, overwrite: bool = False) -> Path:
    """Write a gallery of ``exhibits`` into the folder ``out``; returns the path of its ``index.html``.

    Beside the page lie the champions as PNG files in their own size, and ``summary.json``. A gallery
    that is there already is replaced; what is not part of it is never touched.

    Args:
        exhibits: shown one under the other; at least one.
        out: the folder; it is made.
        overwrite: write also into a folder that holds other files, over those of the same names.

    Raises:
        UsageError: for no exhibits, a folder with other files in it, or one that cannot be written.
    """
    if not exhibits:
        raise UsageError("exhibits: expected at least one run, got none")
    views = [view_of(exhibit, position) for position, exhibit in enumerate(exhibits, start=1)]
    pictures = [tile.file for view in views for tile in view.tiles]
    folder = Folder.claim(out, [PAGE, SUMMARY, *pictures], overwrite=overwrite)
    for view, exhibit in zip(views, exhibits, strict=True):
        for champion in exhibit.champions.values():
            folder.write(picture_file(champion, view.anchor), png_bytes(champion.canvas))
    folder.write(SUMMARY, _summary(exhibits, views))
    folder.write(PAGE, _page(exhibits, views).encode(errors="replace"))
    folder.finish()
    return out / PAGE


def _summary(exhibits: Sequence[Exhibit], views: Sequence[View]) -> bytes:
    runs = [
        {**exhibit.summary, "pictures": {tile.label: tile.file for tile in view.tiles}}
        for exhibit, view in zip(exhibits, views, strict=True)
    ]
    text = json.dumps({"runs": runs}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode(errors="replace")  # the name of a run's folder need not be Unicode


def _page(exhibits: Sequence[Exhibit], views: Sequence[View]) -> str:
    templates = _templates()
    style = templates.get_template("style.css").render(views=views)
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return templates.get_template("page.html").render(
        title=finding(exhibits), views=views, style=style, style_hash=f"sha256-{digest}", summary=SUMMARY
    )


@lru_cache(maxsize=1)
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("foolery.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    templates.filters["spaced"] = spaced
    return templates
