"""The lineages of a run's champions as a tree (SVG), time from left to right."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from math import sqrt
from typing import TYPE_CHECKING

from foolery.canvas import Canvases, png_bytes, to_image
from foolery.text import format_count

if TYPE_CHECKING:
    from foolery.analysis.lineage import LineageNode

WIDTH, LEFT, TOP, LINE, LABEL = 720, 20, 34, 16, 260
IMAGE, MAX_WITH_IMAGES = 34, 120  # pixels; more champions than that are shown without images
INK, SECONDARY, ACCENT = "#1b1a18", "#8a867f", "#a3361c"


def tree_svg(root: LineageNode, champions: Mapping[str, Canvases], last: int) -> str:
    """The tree as an SVG file's text: a leaf for each class, branches at the generations of birth.

    Args:
        root: as ``foolery.analysis.lineage.tree_of`` gives it.
        champions: class name to canvas ``(C, H, W) uint8``, drawn beside the leaves where there are few.
        last: generation of the run.
    """
    from foolery.analysis.lineage import postorder

    leaves = sum(max(1, len(node.labels)) for node in postorder(root) if not node.children or node.labels)
    step = IMAGE + 6 if leaves <= MAX_WITH_IMAGES else LINE
    places, parts = _places(root, step), []
    for node in reversed(postorder(root)):
        x, y = _across(node.generation, last), places[id(node)]
        heights = [y, *(places[id(child)] for child in node.children)]
        if node.number is not None and len(heights) > 1:
            parts.append(f'<path d="M{x:.1f} {min(heights):.1f}V{max(heights):.1f}"/>')
        for child in node.children:
            start = _across(max(node.generation, 0), last)  # all lines begin in generation 0
            parts.append(
                f'<path d="M{start:.1f} {places[id(child)]:.1f}H{_across(child.generation, last):.1f}"/>'
            )
        if node.labels:
            parts.append(_leaves(node, x, y, step, champions))
    height = TOP + leaves * step + 20
    ticks = "".join(
        f'<text x="{_across(tick, last):.0f}" y="20" text-anchor="middle" fill="{SECONDARY}">'
        f"{format_count(tick)}</text>"
        for tick in _ticks(last)
    )
    wide = LEFT + WIDTH + LABEL
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{wide}" height="{height}" '
        f'viewBox="0 0 {wide} {height}" font-family="system-ui, sans-serif" font-size="12">'
        f"<title>Lineages of {leaves} champions over {format_count(last)} generations</title>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>{ticks}'
        f'<g fill="none" stroke="{INK}" stroke-width="1.2">{"".join(parts)}</g></svg>'
    )


def _places(root: LineageNode, step: int) -> dict[int, float]:
    """Height of every node; leaves in the order of the tree, a class that branches is a leaf of its own."""
    places: dict[int, float] = {}
    row = 0.0
    stack: list[tuple[LineageNode, bool]] = [(root, False)]
    while stack:
        node, visited = stack.pop()
        if not visited:
            stack.append((node, True))
            stack += [(child, False) for child in reversed(node.children)]
            continue
        heights = [places[id(child)] for child in node.children]
        if node.labels:
            first = TOP + (row + 0.5) * step
            row += len(node.labels)
            heights.append(first)
        places[id(node)] = heights[-1] if node.labels else sum(heights) / len(heights)
    return places


def _leaves(node: LineageNode, x: float, y: float, step: int, champions: Mapping[str, Canvases]) -> str:
    end, parts = LEFT + WIDTH + 8, []
    for row, label in enumerate(node.labels):
        height = y + row * step
        parts.append(
            f'<path d="M{x:.1f} {y:.1f}V{height:.1f}H{end - 4}" stroke="{SECONDARY}" stroke-dasharray="1 3"/>'
            f'<text x="{end + (IMAGE + 6 if step > LINE else 0)}" y="{height + 4:.1f}" fill="{INK}" '
            f'stroke="none">{escape(label)}</text>'
        )
        if step > LINE and label in champions:
            source = b64encode(png_bytes(_small(champions[label]))).decode()
            parts.append(
                f'<image x="{end}" y="{height - IMAGE / 2:.1f}" width="{IMAGE}" height="{IMAGE}" '
                f'href="data:image/png;base64,{source}"/>'
            )
    parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{ACCENT}" stroke="none"/>')
    return "".join(parts)


def _small(canvas: Canvases) -> Canvases:
    """At most 68 pixels wide."""
    from foolery.canvas import from_image

    image = to_image(canvas)
    width = 2 * IMAGE
    if image.width <= width:
        return canvas
    return from_image(image.resize((width, max(1, round(image.height * width / image.width)))))


def _across(generation: int, last: int) -> float:
    """Square root of time: most of what happens happens early."""
    return LEFT + WIDTH * sqrt(max(generation, 0) / max(last, 1))


def _ticks(last: int) -> list[int]:
    return sorted({round(last * share) for share in (0, 0.01, 0.05, 0.2, 0.5, 1.0)})
