"""Templates of the pages, and the styles and scripts beside them."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from foolery.text import with_narrow_spaces

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True)
class Fact:
    """A name and a value, as text."""

    name: str
    value: str


#: What ends an HTML element or a JavaScript line inside a string.
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def as_json(value: object) -> str:
    """``value`` as one line of JSON without ``<``, ``>``, ``&`` or a line separator: safe in both languages.

    Raises:
        ValueError: for NaN or an infinity, which JSON has not.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def script_call(name: str, *arguments: object) -> bytes:
    """A script file that calls the function ``name`` with ``arguments``."""
    listed = ",".join(map(as_json, arguments))
    return f"{name}({listed});\n".encode(errors="replace")


PAGE, STYLE, THEME = "index.html", "report.css", "theme.js"
SCRIPTS = (THEME, "gallery.js", "champion.js")

#: Of a page with files beside it. ``file:`` is what Chromium calls them where the page is opened from disk.
POLICY = (
    "default-src 'none'; img-src 'self' file: data:; style-src 'self' file:; script-src 'self' file:; "
    "base-uri 'none'; form-action 'none'"
)


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The templates; everything that they are given is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("foolery.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters["spaced"] = with_narrow_spaces
    environment.filters["as_json"] = as_json
    return environment


@cache
def asset(name: str) -> str:
    """The text of a style sheet or script."""
    return files("foolery.report").joinpath("assets", name).read_text(encoding="utf-8")


def page_files(template: str, *, single_file: bool = False, **context: object) -> dict[str, bytes]:
    """A page without champions, as ``index.html``, and what lies beside it: name to content."""
    if single_file:
        styles, scripts = [asset(STYLE)], [asset(THEME)]
        links: dict[str, object] = {"style_file": None, "script_files": ()}
        policy = policy_of(styles, scripts)
    else:
        styles, scripts, policy = [], [], POLICY
        links = {"style_file": STYLE, "script_files": (THEME,)}
    html = templates().get_template(template)
    page = html.render(styles=styles, scripts=scripts, policy=policy, **links, **context)
    beside = {} if single_file else {name: asset(name).encode() for name in (STYLE, THEME)}
    return {PAGE: page.encode(errors="replace"), **beside}


def policy_of(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """The content security policy of a page that holds these styles and scripts, and no others."""
    return (
        f"default-src 'none'; img-src 'self' file: data:; style-src {_hashes(styles)}; "
        f"script-src {_hashes(scripts)}; base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: Sequence[str]) -> str:
    digests = [b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
    return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
