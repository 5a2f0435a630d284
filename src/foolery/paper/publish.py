"""Publish: results as the docs have them: NAME.md, NAME.json, NAME.png, and a README of all of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from foolery.files import write_whole
from foolery.paper.pages import overview
from foolery.paper.registry import ALL, REPRODUCTIONS, chosen
from foolery.paper.runner import PAGE, PICTURE, RESULT


def publish(out: Path, pages: Path) -> list[Path]:
    """Copy every result in ``out`` to the folder ``pages``, and write its README; returns what was written.

    The README shows the results that are in ``pages`` already too.
    """
    pages.mkdir(parents=True, exist_ok=True)
    written = []
    for name in REPRODUCTIONS:
        folder = out / name
        if not (folder / RESULT).is_file():
            continue
        text = (folder / PAGE).read_text(encoding="utf-8")
        write_whole(pages / f"{name}.md", text.replace(f"]({PICTURE})", f"]({name}.png)"))
        shutil.copyfile(folder / RESULT, pages / f"{name}.json")
        written += [pages / f"{name}.md", pages / f"{name}.json"]
        if (folder / PICTURE).is_file():
            shutil.copyfile(folder / PICTURE, pages / f"{name}.png")
            written.append(pages / f"{name}.png")
    readme = pages / "README.md"
    write_whole(readme, overview(chosen([ALL]), _known(pages), ".md"))
    return [*written, readme]


def _known(pages: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for name in REPRODUCTIONS:
        path = pages / f"{name}.json"
        if path.is_file():
            found[name] = json.loads(path.read_text(encoding="utf-8"))
    return found
