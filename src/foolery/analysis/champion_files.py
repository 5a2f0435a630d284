"""Export: champions as files that other programs read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from foolery.canvas import MAX_SIDE, Canvases, png_bytes
from foolery.encodings.cppn.encoding import Cppn
from foolery.engine.run import Champion, RunResult, run_encoding
from foolery.errors import UsageError
from foolery.files import filled, is_vacant, write_inside

INDEX_FILE = "champions.json"
REDRAWN = "drawn anew at this size from the same genomes: not the images that were scored"


def export_champions(
    run: RunResult, out: Path, *, overwrite: bool = False, size: int | None = None
) -> list[Path]:
    """Write one PNG per champion and ``champions.json``; returns the PNG files.

    Args:
        run: whose champions.
        out: the folder to write into; it is made.
        overwrite: replace files of an earlier export there. Other files are never touched.
        size: longer side in pixels at which CPPNs are drawn anew; None for the canvases that were scored.

    Raises:
        UsageError: for a size that cannot be drawn.
        UsageError: where ``out`` is not empty and ``overwrite`` is not given, or cannot be written.
    """
    if not is_vacant(out) and not (overwrite and out.is_dir()):
        raise UsageError(f"out: {out} exists and is not empty; name another folder or give --overwrite")
    canvases = _canvases(run, size)
    try:
        files = [out / champion_file_name(champion) for champion in run.champions.values()]
        with filled(out, [INDEX_FILE, *(file.name for file in files)]):
            for file, canvas in zip(files, canvases, strict=True):
                write_inside(out, file.name, png_bytes(canvas))
            write_inside(out, INDEX_FILE, json.dumps(_index(run, size), indent=1) + "\n")
    except OSError as error:
        raise UsageError(f"out: cannot write to {out}: {error.strerror or error}") from error
    return files


def champion_file_name(champion: Champion) -> str:
    """``0007_seven.png``: the class index, and what a file system takes of its name."""
    return class_file_name(champion.index, champion.label)


def class_file_name(index: int, label: str) -> str:
    """As ``champion_file_name``, of a class."""
    safe = re.sub(r"[^A-Za-z0-9-]+", "_", label).strip("_")[:60]
    return f"{index:04d}_{safe}.png" if safe else f"{index:04d}.png"


def _canvases(run: RunResult, size: int | None) -> Iterator[Canvases]:
    """``(C, H, W) uint8`` for each champion, one after the other: large ones fill memory."""
    if size is None:
        return (champion.canvas for champion in run.champions.values())
    settings = run.settings
    if settings.encoding != "cppn":
        raise UsageError(
            f"size: only CPPNs have no size of their own; the images of {settings.encoding} are their pixels"
        )
    if not 1 <= size <= MAX_SIDE:
        raise UsageError(f"size: expected 1 to {MAX_SIDE} pixels, got {size}")
    return _larger(run, size)


def _larger(run: RunResult, size: int) -> Iterator[Canvases]:
    encoding = run_encoding(run.settings)
    assert isinstance(encoding, Cppn)
    for champion in run.champions.values():
        yield encoding.render_at(encoding.unpack([champion.genome]), size)[0]


def _index(run: RunResult, size: int | None) -> dict[str, object]:
    settings = run.settings
    return {
        "classifier": settings.classifier,
        "fingerprint": settings.fingerprint,
        "encoding": settings.encoding,
        "encoding_options": settings.encoding_options,
        "seed": settings.seed,
        "champions": [
            {
                "file": champion_file_name(champion),
                "class": champion.label,
                "index": champion.index,
                "confidence": champion.confidence,
                "generation": champion.generation,
                "canvas_hash" if size is None else "scored_canvas_hash": champion.canvas_hash,
            }
            for champion in run.champions.values()
        ],
    } | ({} if size is None else {"size": size, "note": REDRAWN})
