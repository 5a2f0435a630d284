"""Records: results that are no runs, kept as small JSON files so that they are not computed twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from foolery.files import write_whole
from foolery.paper.experiment import Context

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


def recorded(
    context: Context, name: str, settings: Mapping[str, Any], make: Callable[[], Mapping[str, Any]]
) -> dict[str, Any]:
    """The result ``name`` of ``settings``: from ``work/records`` where it is there, else made and kept.

    Args:
        context: whose ``work`` is used.
        name: of the file; lower-case letters, digits, ``.``, ``_`` and ``-``.
        settings: everything that decides the result, as JSON values; the classifier's fingerprint too.
        make: computes the result, JSON values.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"record: not a name: {name!r}")
    path = context.work / "records" / f"{name}.json"
    wanted = json.loads(json.dumps(settings))
    known = _read(path)
    if known is not None and known.get("settings") == wanted and isinstance(known.get("result"), dict):
        found: dict[str, Any] = known["result"]
        return found
    result = json.loads(json.dumps(make(), allow_nan=False))
    write_whole(path, json.dumps({"settings": wanted, "result": result}, indent=1) + "\n")
    made: dict[str, Any] = result
    return made


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
