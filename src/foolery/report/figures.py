"""Champions and their confidences as figures for a manuscript, in the paper's layout."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from foolery.errors import MissingExtraError
from foolery.report.wording import measure
from foolery.text import format_score

if TYPE_CHECKING:
    from foolery.report.model import RunReport

COLUMNS, MAX_CHAMPIONS = 8, 40  # of the grid (figure 1 of the paper has 8 columns, figure 8 has 5 rows)
WIDTH = 6.9  # inches: two columns of CVPR's format
_KINDS = ("pdf", "png")
_DPI = 300


def figure_files(report: RunReport) -> dict[str, bytes]:
    """``champions`` and ``classes``, each as PDF and PNG: name to content; none for a run without champions.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    if not report.result.champions:
        return {}
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise MissingExtraError("matplotlib", "plots", "draw figures") from None
    # Letters as TrueType outlines, which publishers ask for; no date: the same run gives the same file.
    with rc_context({"pdf.fonttype": 42, "font.size": 7, "axes.linewidth": 0.6}):
        figures = {"champions": _grid(report, Figure), "classes": _classes(report, Figure)}
        return {
            f"figures/{name}.{kind}": _saved(figure, kind)
            for name, figure in figures.items()
            for kind in _KINDS
        }


def _grid(report: RunReport, new: Any) -> Any:
    """Up to 40 champions spread over the classes, with class and confidence (figures 1, 4, 5, 7, 8)."""
    champions = list(report.result.champions.values())
    places = np.unique(
        np.linspace(0, len(champions) - 1, min(len(champions), MAX_CHAMPIONS)).round().astype(int)
    )
    rows = -(-len(places) // COLUMNS)
    columns = -(-len(places) // rows)
    side = WIDTH / columns
    figure = new(figsize=(WIDTH, rows * (side + 0.3)), layout="constrained")
    cells = np.atleast_1d(figure.subplots(rows, columns)).ravel()
    for cell in cells:
        cell.set_axis_off()
    for cell, place in zip(cells, places, strict=False):
        one = champions[place]
        small = max(one.canvas.shape[1:]) <= 96
        cell.imshow(
            one.canvas.transpose(1, 2, 0).squeeze(),
            cmap="gray", vmin=0, vmax=255, interpolation="nearest" if small else "antialiased",
        )  # fmt: skip
        confidence = format_score(one.confidence, report.result.settings.kind)
        cell.set_title(f"{_plain(_short(one.label))}\n{confidence}", fontsize=6, pad=2)
    return figure


def _classes(report: RunReport, new: Any) -> Any:
    """The confidence of every class, as bars where there are few, as dots where there are many (figure 6)."""
    result = report.result
    champions = list(result.champions.values())
    values = np.array([one.confidence for one in champions])
    figure = new(figsize=(WIDTH / 2, 2.2), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(values))
    if len(values) <= 40:
        axes.bar(places, values, color="#a3361c")
        axes.set_xticks(places, [_plain(_short(one.label, 14)) for one in champions],
                        rotation=0 if len(values) <= 10 else 90)  # fmt: skip
    else:
        axes.plot(places, values, ".", color="#a3361c", markersize=1.5)
        axes.set_xlabel("class")
    axes.axhline(float(np.median(values)), color="#33658a", linewidth=1, label="median over classes")
    axes.set_ylabel(measure(result.settings.kind))
    if result.settings.kind != "similarity":
        axes.set_ylim(0, 1.02)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderpad=0.0)
    return figure


def _saved(figure: Any, kind: str) -> bytes:
    buffer = io.BytesIO()
    metadata = {"CreationDate": None} if kind == "pdf" else {"Software": None}
    figure.savefig(buffer, format=kind, dpi=_DPI, metadata=metadata)
    return buffer.getvalue()


def _plain(text: str) -> str:
    """``text`` without the dollar signs that matplotlib takes for mathematics."""
    return text.replace("$", r"\$")


def _short(text: str, most: int = 22) -> str:
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
