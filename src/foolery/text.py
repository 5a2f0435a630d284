"""Certainty: a confidence as people read it, and a scale on which nearly certain ones differ."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, Decimal
from pathlib import PurePath
from typing import Literal

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
