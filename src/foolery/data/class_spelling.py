"""Spelling: under which keys two spellings of one class name are the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

_NUMBERED = re.compile(r"^0*(\d+)[\s._\-:)]+(?=\D)")


def exact(name: str) -> list[str]:
    """The name, composed (NFC), underscores as single spaces."""
    return [" ".join(unicodedata.normalize("NFC", name).replace("_", " ").split())]


def normalized(name: str) -> list[str]:
    """The same, whatever the case."""
    return [exact(name)[0].casefold()]


def synonyms(name: str) -> list[str]:
    """Each of the names between commas: ``tench, Tinca tinca`` is two."""
    return [normalized(part)[0] for part in name.split(",")]


def exact_synonyms(name: str) -> list[str]:
    """The same with their case: a Cardigan is a dog, a cardigan is not."""
    return [exact(part)[0] for part in name.split(",")]


def spelled(name: str) -> list[str]:
    """The letters and digits of each synonym, whatever stands between them: ``Shih-Tzu`` is ``shih tzu``."""
    return [key for part in name.split(",") if (key := re.sub(r"[\W_]+", "", normalized(part)[0]))]


def without_number(names: Sequence[str]) -> Callable[[str], list[str]]:
    """Keys without a leading number, where all of ``names`` have one: ``001.Black_footed_Albatross``."""
    if not names or not all(_NUMBERED.match(name) for name in names):
        return spelled
    return lambda name: spelled(_NUMBERED.sub("", name))


def number_of(name: str) -> list[str]:
    """The whole number that a name is, without leading zeros: ``007`` and ``class 7`` are ``7``."""
    number = numbers_of([name])
    return [] if number is None else [str(number[0])]


def numbers_of(names: Sequence[str]) -> list[int] | None:
    """All names as whole numbers, ``class 7`` as 7; None where one is none."""
    texts = [re.sub(r"^class[ _]", "", name.strip(), flags=re.IGNORECASE) for name in names]
    if not texts or not all(text.isascii() and text.isdecimal() for text in texts):
        return None
    return [int(text) for text in texts]
