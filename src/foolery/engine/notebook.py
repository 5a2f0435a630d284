"""Notebook: results as small pieces of HTML that need no file beside them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from foolery.canvas import png_bytes
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.engine.run import Champion, RunResult

MAX_SHOWN = 100
TARGET, WIDEST = 112, 224  # pixels

_GRID = "display:flex;flex-wrap:wrap;gap:14px;margin:8px 0"
_NAME = "overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
_QUIET = "opacity:.7;font-size:90%"


def notebook_html(run: RunResult) -> str:
    """Champions with class and confidence, at most 100 of them; colours are those of the notebook."""
    settings = run.settings
    champions = list(run.champions.values())
    title = escape(f"{settings.classifier}, {settings.encoding}, seed {settings.seed}")
    state = escape(
        f"{run.status} · generation {run.summary['generations']} · {run.summary['queries']} queries"
    )
    tiles = "".join(_tile(champion, run) for champion in champions[:MAX_SHOWN])
    more = len(champions) - MAX_SHOWN
    rest = f'<div style="{_QUIET}">and {more} more: foolery report shows all</div>' if more > 0 else ""
    return (
        f'<div><strong>{title}</strong> <span style="{_QUIET}">{state}</span>'
        f'<div style="{_GRID}">{tiles or "no champions yet"}</div>{rest}</div>'
    )


def _tile(champion: Champion, run: RunResult) -> str:
    height, width = champion.canvas.shape[1:]
    shown_width = width * (TARGET // width) if width <= TARGET else min(width, WIDEST)
    shown_height = max(1, height * shown_width // width)
    source = b64encode(png_bytes(champion.canvas)).decode()
    label = escape(champion.label)
    score = escape(format_score(champion.confidence, run.settings.kind))
    rendering = "auto" if shown_width < width else "pixelated"
    return (
        f'<div style="width:{shown_width}px"><img src="data:image/png;base64,{source}" alt="{label}" '
        f'width="{shown_width}" height="{shown_height}" style="image-rendering:{rendering};display:block">'
        f'<div style="{_NAME}" title="{label}">{label}</div><div style="{_QUIET}">{score}</div></div>'
    )


_COLUMNS = ("run", "classifier", "encoding", "generations", "queries", "median_confidence")


def runs_html(summaries: Sequence[Mapping[str, object]]) -> str:
    """A table with a row for each run, at most 100 of them."""
    rows = [_COLUMNS, *([summary[name] for name in _COLUMNS] for summary in summaries[:MAX_SHOWN])]
    cells = "".join(f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in rows)
    more = len(summaries) - MAX_SHOWN
    rest = f'<div style="{_QUIET}">and {more} more: foolery show prints all</div>' if more > 0 else ""
    return f"<div><table>{cells}</table>{rest}</div>"


def _cell(value: object) -> str:
    text = f"{value:.4f}" if isinstance(value, float) else str(value).replace("_", " ")
    return escape(text)
