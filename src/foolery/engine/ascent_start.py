"""The images or genomes from which gradient ascent starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases, CanvasShape, canvas_hash
from foolery.classifiers.base import Classifier
from foolery.classifiers.card import Card
from foolery.data.decode import read_image
from foolery.data.fitting import fit
from foolery.encodings import make_encoding
from foolery.encodings.base import Encoding
from foolery.encodings.direct import Direct, DirectGenomes
from foolery.errors import UsageError, did_you_mean
from foolery.rng import Stream
from foolery.runs import OptionValue, open_run_file
from foolery.search.ascent_presets import AscentRule

GRAY = 127.5  # mean pixel of a classifier that says none
RANDOM_GENOMES = 200  # of which every class starts at its best
START_NAMES = ("mean", "noise")
THROUGH = ("cppn",)


@dataclass(frozen=True)
class AscentStart:
    """Where an ascent starts.

    Attributes:
        cells: for each row the index of its class.
        encoding: that the champions are genomes of.
        ascent: a ``foolery.search.gradient_ascent.GradientAscent``.
        candidates: ``(M, C, H, W) uint8``: every class starts at the one that it scores highest.
        initial_state: from the index of each row's candidate to the rows' places.
        options: as a run records them.
    """

    cells: tuple[int, ...]
    encoding: Encoding[Any]
    ascent: Any
    candidates: Canvases
    initial_state: Callable[[NDArray[np.int64]], Any]
    options: dict[str, OptionValue]


def make_start(
    classifier: Classifier,
    cells: tuple[int, ...],
    rule: AscentRule,
    *,
    kind: str | Path,
    seed: int,
    through: str | None,
    source: Path | str | None,
) -> AscentStart:
    """The start that ``ascend`` was asked for; see there for the arguments.

    Raises:
        UsageError: for a classifier without gradients, a file that is no image, options that clash.
    """
    from foolery.classifiers.onnx_torch import with_gradient

    if through is None:
        if source is not None:
            raise UsageError(
                "from: champions of a run are CPPNs to start from with --through cppn; name both"
            )
        return _pixels(with_gradient(classifier), cells, rule, kind, seed)
    if through not in THROUGH:
        raise UsageError(f"through: unknown {through!r}; {did_you_mean(through, list(THROUGH))}")
    if kind != "mean":
        raise UsageError(
            f"start: pixels start at {kind!r}; through {through}, leave --start out or use --from"
        )
    pixels_only = [name for name in ("blur", "small_norm", "benefit", "abs_benefit") if getattr(rule, name)]
    if pixels_only:
        raise UsageError(
            f"preset: {', '.join(pixels_only)} are done to pixels; through {through}, use plain or decay"
        )
    return _genomes(with_gradient(classifier), cells, rule, seed, through, source)


def _pixels(
    classifier: Any, cells: tuple[int, ...], rule: AscentRule, kind: str | Path, seed: int
) -> AscentStart:
    from foolery.search.gradient_ascent import PixelAscent

    shape = classifier.description.canvas
    levels, options = start_levels(classifier, kind, seed)
    encoding = Direct(shape, colors="rgb" if shape.channels == 3 else "hsv")

    def pack(canvases: Canvases) -> list[bytes]:
        return encoding.pack(DirectGenomes(canvases.reshape(len(canvases), -1)))

    ascent = PixelAscent(classifier, cells, mean_pixel(classifier), rule, pack)
    state = ascent.start(levels)
    return AscentStart(
        cells, encoding, ascent, ascent.canvases(state, np.zeros(1, np.int64)), lambda chosen: state, options
    )


def _genomes(
    classifier: Any,
    cells: tuple[int, ...],
    rule: AscentRule,
    seed: int,
    through: str,
    source: Path | str | None,
) -> AscentStart:
    from foolery.search.gradient_ascent_cppn import GenomeAscent

    shape: CanvasShape = classifier.description.canvas
    options: dict[str, OptionValue] = {"through": through, "start": "random"}
    if source is None:
        encoding = make_encoding(through, shape)
        genomes = encoding.initial(Stream.of(seed, 0, RANDOM_GENOMES))
    else:
        run = open_run_file(Path(source))
        settings = run.settings
        if settings.encoding != through or settings.canvas != shape.axes:
            raise UsageError(
                f"from: expected a run of {through} with canvas {shape.axes}, "
                f"{source} has {settings.encoding} with {settings.canvas}"
            )
        if not run.champions:
            raise UsageError(f"from: {source} has no champions yet")
        encoding = make_encoding(through, shape, settings.encoding_options)
        genomes = encoding.unpack([row.genome for row in run.champions])
        options["start"] = "champions"
        options["start_hash"] = canvas_hash(np.frombuffer(b"".join(encoding.pack(genomes)), np.uint8))
    ascent = GenomeAscent(classifier, cells, encoding, rule)
    candidates = encoding.render(genomes)
    return AscentStart(
        cells,
        encoding,
        ascent,
        candidates,
        lambda chosen: ascent.start(encoding.take(genomes, chosen)),
        options,
    )


def start_levels(
    classifier: Classifier, kind: str | Path, seed: int
) -> tuple[NDArray[np.float32], dict[str, OptionValue]]:
    """``(C, H, W) float32`` levels of one image, the same for all classes, and what a run records of it.

    ``mean`` is the mean pixel plus noise of standard deviation 1 level, as in the paper; ``noise`` is uniform
    from 0 to 255; anything else is an image file, fitted to the canvas.
    """
    shape = classifier.description.canvas
    generator = np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))
    if kind == "mean":
        noise = generator.standard_normal(shape.axes)
        return (noise + mean_pixel(classifier)[:, None, None]).astype(np.float32), {"start": "mean"}
    if kind == "noise":
        return generator.uniform(0.0, 255.0, shape.axes).astype(np.float32), {"start": "noise"}
    path = Path(kind)
    if not path.is_file():
        raise UsageError(
            f"start: expected {' or '.join(START_NAMES)}, or an image file; there is no file {path}"
        )
    canvas = fit(read_image(path, upright=shape.upright), shape)
    return canvas.astype(np.float32), {"start": "image", "start_hash": canvas_hash(canvas)}


def mean_pixel(classifier: Classifier) -> NDArray[np.float32]:
    """``(C,) float32`` levels: what the preprocessing subtracts; gray where it does not say."""
    card = getattr(classifier, "card", None)
    if not isinstance(card, Card):
        return np.full(classifier.description.canvas.channels, GRAY, np.float32)
    preprocessing = card.preprocessing
    return np.clip(np.array(preprocessing.mean) / preprocessing.scale, 0.0, 255.0).astype(np.float32)


@dataclass(frozen=True)
class Distance:
    """How far a champion is from the image that it started from.

    Attributes:
        label: its class.
        l2: Euclidean, of values from 0 to 1.
        linf: the largest of a value, in levels of 255.
    """

    label: str
    l2: float
    linf: int


def distances(canvases: dict[str, Canvases], start: Canvases) -> list[Distance]:
    """Of ``(C, H, W) uint8`` canvases, by class, from ``start``."""
    all_distances = []
    for label, canvas in canvases.items():
        difference = canvas.astype(np.int64) - start.astype(np.int64)
        all_distances.append(
            Distance(
                label, float(np.sqrt(np.square(difference / 255.0).sum())), int(np.abs(difference).max())
            )
        )
    return all_distances
