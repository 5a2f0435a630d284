"""Export: champions as files that other programs read."""

from __future__ import annotations

import json
import re
from pathlib import Path

from foolery.canvas import png_bytes
from foolery.engine.run import Champion, RunResult
from foolery.errors import UsageError
from foolery.files import filled, is_vacant, write_inside

INDEX_FILE = "champions.json"


def export_champions(run: RunResult, out: Path, *, overwrite: bool = False) -> list[Path]:
    """Write one PNG per champion and ``champions.json``; returns the PNG files.

    Args:
        run: whose champions.
        out: the folder to write into; it is made.
        overwrite: replace files of an earlier export there. Other files are never touched.

    Raises:
        UsageError: where ``out`` is not empty and ``overwrite`` is not given, or cannot be written.
    """
    if not is_vacant(out) and not (overwrite and out.is_dir()):
        raise UsageError(f"out: {out} exists and is not empty; name another folder or give --overwrite")
    try:
        files = [out / champion_file_name(champion) for champion in run.champions.values()]
        with filled(out, [INDEX_FILE, *(file.name for file in files)]):
            for file, champion in zip(files, run.champions.values(), strict=True):
                write_inside(out, file.name, png_bytes(champion.canvas))
            write_inside(out, INDEX_FILE, json.dumps(_index(run), indent=1) + "\n")
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


def _index(run: RunResult) -> dict[str, object]:
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
                "canvas_hash": champion.canvas_hash,
            }
            for champion in run.champions.values()
        ],
    }
