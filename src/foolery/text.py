"""How numbers are written, on pages and in the terminal; and a scale on which near-certainties differ."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, Decimal
from pathlib import PurePath
from typing import Literal

THRESHOLDS = (0.5, 0.9, 0.99, 0.9999)
"""Confidences from which champions are counted as fooling; the last is the paper's (section 3.1)."""
VERY_CONFIDENT = THRESHOLDS[-1]

MAX_DECIMALS = 4
MAX_NINES = 16.0


def format_confidence(confidence: float) -> str:
    """A probability as a percentage, cut and never rounded, with as many decimals as its nines need.

    0.5 is ``50.0 %``, 0.99997 is ``99.997 %``, 0.99999999 is ``>99.9999 %``; only 1.0 is ``100 %``, and
    only 0.0 is ``0 %``. A larger confidence never reads as a smaller number. NaN is ``–``.
    """
    value = float(confidence)
    if math.isnan(value):
        return "–"
    if value <= 0.0 or value >= 1.0:
        return "100 %" if value >= 1.0 else "0 %"
    exact = Decimal(repr(value))  # the number as it is written: Decimal(0.99997) is a little less
    percentage, left = exact * 100, 1 - exact
    if percentage < Decimal("0.1"):
        return "<0.1 %"
    decimals = max(1, -left.adjusted() - 2)
    if decimals > MAX_DECIMALS:
        return f">{99 + (1 - Decimal(10) ** -MAX_DECIMALS)} %"
    return f"{percentage.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_DOWN)} %"


def format_score(value: float, kind: Literal["softmax", "sigmoid", "similarity"]) -> str:
    """A confidence by ``format_confidence``; a cosine, which is no probability, with three decimals."""
    if kind != "similarity":
        return format_confidence(value)
    return "–" if math.isnan(value) else f"{value:.3f}".replace("-", "−")


def format_count(value: object) -> str:
    """``12,345``; a dash where there is none.

    Example:
        >>> format_count(20200.0), format_count(None)
        ('20,200', '–')
    """
    return f"{value:,.0f}" if isinstance(value, int | float) and math.isfinite(value) else "–"


def format_percent(share: float | None, decimals: int = 1) -> str:
    """``12.3 %``; only all is ``100 %``, only nothing ``0 %``; a dash for NaN and None.

    Example:
        >>> format_percent(0.1234), format_percent(0.99999), format_percent(1.0), format_percent(1e-9)
        ('12.3 %', '99.9 %', '100 %', '0.1 %')
    """
    if share is None or math.isnan(share):
        return "–"
    if share in (0.0, 1.0):
        return f"{share * 100:.0f} %"
    least = 10.0**-decimals
    return f"{min(max(100 * share, least), 100 - least):.{decimals}f} %"


def format_duration(seconds: object) -> str:
    """``4.2 s``, ``3 min 20 s`` or ``2 h 5 min``; a dash where there is none.

    Example:
        >>> format_duration(200), format_duration(7500)
        ('3 min 20 s', '2 h 5 min')
    """
    if not isinstance(seconds, int | float):
        return "–"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes = round(seconds) // 60
    if minutes < 120:
        return f"{minutes} min {round(seconds) % 60} s"
    return f"{minutes // 60} h {minutes % 60} min"


NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


def with_narrow_spaces(text: str) -> str:
    """``text`` for a web page: a narrow space, at which no line breaks, before every percent sign."""
    return text.replace(" %", f"{NARROW_SPACE}%")


def nines(confidence: float) -> float:
    """-log10(1 - confidence): 1 for 90 %, 2 for 99 %, 4 for 99.99 %; from 0 to 16, which is certainty."""
    if not confidence > 0.0:
        return 0.0
    return MAX_NINES if confidence >= 1.0 else min(MAX_NINES, -math.log10(1.0 - confidence))


def shorten(words: str) -> str:
    """A reference, a path or a whole command, each path in it by its last two parts at most.

    ``onnx:/home/me/models/net/model.onnx`` becomes ``onnx:net/model.onnx``. Parts of an ensemble
    (``ensemble:A+B``) and words of a command are shortened one by one.
    """
    return " ".join("+".join(map(_shorten_word, word.split("+"))) for word in words.split())


def _shorten_word(word: str) -> str:
    head, colon, path = word.rpartition(":")
    option, equals, rest = path.rpartition("=")
    parts = PurePath(rest).parts
    short = "/".join(parts[-2:]) if len(parts) > 2 else rest
    return f"{head}{colon}{option}{equals}{short}"
