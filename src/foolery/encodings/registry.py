"""The registry: every encoding by its name. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from foolery.canvas import CanvasShape
from foolery.encodings.base import Encoding
from foolery.errors import UsageError, did_you_mean

Options = Mapping[str, str | int | float | bool]


def _cppn(canvas: CanvasShape, **options: Any) -> Encoding[Any]:
    from foolery.encodings.cppn.encoding import Cppn

    return Cppn(canvas, **options)


def _direct(canvas: CanvasShape, **options: Any) -> Encoding[Any]:
    from foolery.encodings.direct import Direct

    return Direct(canvas, **options)


def _gaussian(canvas: CanvasShape, **options: Any) -> Encoding[Any]:
    from foolery.encodings.gaussian import Gaussian

    return Gaussian(canvas, **options)


def _sparse(canvas: CanvasShape, **options: Any) -> Encoding[Any]:
    from foolery.encodings.sparse import Sparse

    return Sparse(canvas, **options)


ENCODINGS: Mapping[str, tuple[Callable[..., Encoding[Any]], tuple[str, ...]]] = {
    "cppn": (_cppn, ("coordinates", "colors")),
    "direct": (_direct, ("crossover", "colors")),
    "gaussian": (_gaussian, ("sigma", "colors")),
    "sparse": (_sparse, ("squares",)),
}
"""Name to (maker, names of its options)."""


def make_encoding(name: str, canvas: CanvasShape, options: Options | None = None) -> Encoding[Any]:
    """The encoding ``name`` for ``canvas``.

    Raises:
        UsageError: for an unknown name, an option that it does not have, or a value that is not valid.
    """
    if name not in ENCODINGS:
        raise UsageError(f"encoding: {name!r} is unknown; {did_you_mean(name, list(ENCODINGS))}")
    maker, option_names = ENCODINGS[name]
    values = dict(options or {})
    for option in values:
        if option not in option_names:
            raise UsageError(f"encoding option: {name} has no {option!r}; known: {', '.join(option_names)}")
    return maker(canvas, **values)
