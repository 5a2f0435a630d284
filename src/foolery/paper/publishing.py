"""Publishing: results as the documentation has them, and pages made again from stored figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foolery.errors import UsageError
from foolery.files import write_atomic
from foolery.paper.pages import overview_page, result_page
from foolery.paper.registry import ALL, REPRODUCTIONS, load_reproduction, select_reproductions
from foolery.paper.results import PAGE_FILE, PICTURE_FILE, RESULT_FILE, json_text, judge_content
from foolery.untrusted import UnreadableError, read_json

COUNTS_FILE = "verdict-counts.json"
"""Beside the pages: earlier counts of verdicts and what changed them, for the overview."""


def publish_pages(out: Path, pages: Path) -> list[Path]:
    """Copy every result in ``out`` to the folder ``pages``, and write its README; returns what was written.

    The README shows the results that are in ``pages`` already too.
    """
    pages.mkdir(parents=True, exist_ok=True)
    written = []
    for name in REPRODUCTIONS:
        folder = out / name
        if not (folder / RESULT_FILE).is_file():
            continue
        text = (folder / PAGE_FILE).read_text(encoding="utf-8")
        write_atomic(pages / f"{name}.md", text.replace(f"]({PICTURE_FILE})", f"]({name}.png)"))
        write_atomic(pages / f"{name}.json", (folder / RESULT_FILE).read_bytes())
        written += [pages / f"{name}.md", pages / f"{name}.json"]
        if (folder / PICTURE_FILE).is_file():
            write_atomic(pages / f"{name}.png", (folder / PICTURE_FILE).read_bytes())
            written.append(pages / f"{name}.png")
    return [*written, _write_overview(pages)]


def judge_again(pages: Path, names: Sequence[str] = (ALL,)) -> dict[str, dict[str, Any]]:
    """Judge the stored results in the folder ``pages`` by today's rules; nothing is run.

    ``NAME.json`` is read and written again with new findings, ``NAME.md`` and the README are made from it.

    Args:
        pages: as ``publish_pages`` wrote it.
        names: of the experiments; those without a result there are left out where ``all`` is asked for.

    Returns:
        Name to the new content of its result.

    Raises:
        UsageError: for a name without a result in ``pages``, and for figures that are not its own.
    """
    judged = {}
    for each in select_reproductions(names):
        path = pages / f"{each.name}.json"
        if not path.is_file():
            if ALL in names:
                continue
            raise UsageError(f"page-from: no {path}; run foolery reproduce {each.name} --pages {pages} first")
        content = judge_content(_read_result(path), each)
        picture = f"{each.name}.png" if (pages / f"{each.name}.png").is_file() else None
        write_atomic(path, json_text(content))
        write_atomic(pages / f"{each.name}.md", result_page(content, each, picture))
        judged[each.name] = content
    if not judged:
        raise UsageError(f"page-from: {pages} holds no result of an experiment")
    _write_overview(pages)
    return judged


def _write_overview(pages: Path) -> Path:
    readme, counts = pages / "README.md", pages / COUNTS_FILE
    earlier = _read_result(counts) if counts.is_file() else {}
    results = {
        name: _read_result(pages / f"{name}.json")
        for name in REPRODUCTIONS
        if (pages / f"{name}.json").is_file()
    }
    write_atomic(
        readme, overview_page([load_reproduction(each) for each in REPRODUCTIONS], results, ".md", earlier)
    )
    return readme


def _read_result(path: Path) -> dict[str, Any]:
    try:
        content = read_json(path)
    except UnreadableError as error:
        raise UsageError(f"page-from: {error}") from None
    if not isinstance(content, dict):
        raise UsageError(f"page-from: {path} holds no JSON object")
    return content
