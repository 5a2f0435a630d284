"""The page of a quiz: one HTML file that needs no network, and keeps its answers in the browser."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from importlib.resources import files
from pathlib import Path

from foolery.canvas import png_bytes
from foolery.engine.run import open_run
from foolery.quiz.trials import VERSION, Quiz, make_quiz

_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def run_quiz_page(folder: Path, seed: int, base: str) -> str:
    """The page about one run, for the studio, whose address ``base`` leads to: style and script lie there.

    Raises:
        UsageError: the run cannot be read, or has champions of fewer than two classes.
    """
    return quiz_page(make_quiz([open_run(folder)], seed=seed), base)


def quiz_page(quiz: Quiz, base: str | None = None) -> str:
    """The whole page; without a ``base`` style and script are in it, and it loads nothing from anywhere."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("foolery.quiz"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    from markupsafe import Markup

    style, script = asset("quiz.css"), asset("quiz.js")
    return environment.get_template("quiz.html").render(
        base=base,
        data=Markup(quiz_json(quiz)),
        style=Markup(style),
        script=Markup(script),
        policy=f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'",
    )


def quiz_json(quiz: Quiz) -> str:
    """The trials as the page's script reads them, safe within HTML."""
    document = {
        "version": VERSION,
        "quiz": quiz.identity,
        "seed": quiz.seed,
        "networks": list(quiz.networks),
        "trials": [
            {
                "name": each.name,
                "kind": each.kind,
                "target": each.target,
                "foil": each.foil,
                "confidence": each.confidence,
                "image": "data:image/png;base64," + b64encode(png_bytes(each.canvas)).decode(),
            }
            for each in quiz.trials
        ],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False).translate(_ESCAPES)


def asset(name: str) -> str:
    """A style sheet or script of the page."""
    return files("foolery.quiz").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
