"""Protocols: settings that were fixed before the first run, in a page that says so, checked before each."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foolery.errors import UsageError
from foolery.paper.experiment import Reproduction
from foolery.paper.prepare import ReproduceOptions
from foolery.untrusted import MAX_JSON_BYTES, UnreadableError, parse_json, read_bytes

_BLOCK = re.compile(r"^```json\n(.*?)^```", re.MULTILINE | re.DOTALL)


def read_protocol(file: Path) -> dict[str, Any]:
    """The settings in ``file``: its first block of JSON.

    Raises:
        UsageError: where it cannot be read, or holds no such block.
    """
    try:
        text = read_bytes(file, MAX_JSON_BYTES).decode()
    except UnreadableError as error:
        raise UsageError(f"protocol: {error}") from None
    except ValueError as error:
        raise UsageError(f"protocol: {file} cannot be read ({error})") from None
    match = _BLOCK.search(text)
    try:
        settings = parse_json(match[1].encode()) if match else None
    except ValueError as error:
        raise UsageError(f"protocol: the settings in {file} are no JSON ({error})") from None
    if not isinstance(settings, dict):
        raise UsageError(f"protocol: {file} has no block of JSON with the settings")
    return settings


def check_protocol(file: Path, selected: Sequence[Reproduction], options: ReproduceOptions) -> None:
    """Raise UsageError where what is about to run is not what the protocol in ``file`` fixed."""
    if len(selected) != 1:
        raise UsageError("protocol: it is for one experiment; name one")
    (reproduction,), settings = selected, read_protocol(file)
    if not reproduction.settings:
        raise UsageError(f"protocol: {reproduction.name} has no settings that a protocol fixes; leave it out")
    ours = json.loads(json.dumps({"experiment": reproduction.name, **reproduction.settings}))
    different = [
        f"{name} is {ours.get(name)!r} in the code and {settings.get(name)!r} in the protocol"
        for name in sorted({*ours, *settings})
        if ours.get(name) != settings.get(name)
    ]
    if options.scale != 1.0:
        different.append(f"scale is {options.scale:g} and the protocol is for 1")
    if options.seeds not in (None, reproduction.seeds):
        different.append(f"seeds is {options.seeds} and the protocol is for {reproduction.seeds}")
    if different:
        raise UsageError(f"protocol: {file} differs: {'; '.join(different)}")
