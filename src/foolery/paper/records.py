"""Records: results that are no runs, kept as small JSON files so that they are not computed twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from foolery.files import write_atomic
from foolery.paper.experiment import Context
from foolery.untrusted import UnreadableError, read_json

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


def cached_result(
    context: Context, name: str, settings: Mapping[str, Any], compute: Callable[[], Mapping[str, Any]]
) -> dict[str, Any]:
    """The result ``name`` of ``settings``: from ``work/records`` where it is there, else made and kept.

    Args:
        context: whose ``work`` is used.
        name: of the file; lower-case letters, digits, ``.``, ``_`` and ``-``.
        settings: everything that decides the result, as JSON values; the classifier's fingerprint too.
        compute: computes the result, JSON values.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"record: not a name: {name!r}")
    path = context.work / "records" / f"{name}.json"
    expected = json.loads(json.dumps(settings))
    record = read_record(path)
    if record is not None and record.get("settings") == expected and isinstance(record.get("result"), dict):
        stored: dict[str, Any] = record["result"]
        return stored
    result = json.loads(json.dumps(compute(), allow_nan=False))
    write_atomic(path, json.dumps({"settings": expected, "result": result}, indent=1) + "\n")
    computed: dict[str, Any] = result
    return computed


def read_record(path: Path) -> dict[str, Any] | None:
    """The JSON object in ``path``; None where there is none."""
    try:
        content = read_json(path)
    except UnreadableError:
        return None
    return content if isinstance(content, dict) else None
