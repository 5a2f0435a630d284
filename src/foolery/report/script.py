"""Script: data as text that a page may hold or run. The data are strangers': names of classes, and notes."""

from __future__ import annotations

import json

#: What ends an HTML element or a JavaScript line inside a string.
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def as_json(value: object) -> str:
    """``value`` as one line of JSON without ``<``, ``>``, ``&`` or a line separator: safe in both languages.

    Raises:
        ValueError: for NaN or an infinity, which JSON has not.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def as_call(name: str, *arguments: object) -> bytes:
    """A script file that calls the function ``name`` with ``arguments``."""
    words = ",".join(map(as_json, arguments))
    return f"{name}({words});\n".encode(errors="replace")
