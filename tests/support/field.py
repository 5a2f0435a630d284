"""Photos that a network of known classes is always right about, laid out as people have them."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from foolery.checks import evaluate
from foolery.classifiers import load_classifier
from foolery.classifiers.card import Card, card_beside
from foolery.data import LabelledData, load_data
from support.onnx_files import linear

SIDE = 8


def patterns(count: int) -> np.ndarray:
    """``(count, 3, 8, 8) uint8``: what each class looks like, blocks of two pixels of another color each."""
    coarse = np.random.default_rng(count).integers(30, 226, (count, 3, 4, 4))
    return np.kron(coarse, np.ones((1, 1, 2, 2))).astype(np.uint8)


def photo(pattern: np.ndarray, number: int) -> Image.Image:
    """The pattern with some noise, another for each number."""
    noise = np.random.default_rng(number).normal(0, 8, pattern.shape)
    pixels = np.clip(pattern + noise, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels.transpose(1, 2, 0))


def photo_bytes(pattern: np.ndarray, number: int, kind: str = "PNG", **options: object) -> bytes:
    """The same as a file."""
    buffer = io.BytesIO()
    photo(pattern, number).save(buffer, kind, **options)
    return buffer.getvalue()


def photos(root: Path, names: Sequence[str | bytes], count: int = 4, ending: str = ".png") -> Path:
    """``count`` photos for each name; the classes of a network of as many, in its order."""
    for name, pattern in zip(names, patterns(len(names)), strict=True):
        folder = root / (name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name)
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            (folder / f"{number}{ending}").write_bytes(photo_bytes(pattern, number))
    return root


def network(path: Path, names: Sequence[str], places: Sequence[int] | None = None) -> str:
    """The reference of a network that knows the patterns, with its card.

    Args:
        path: of the ONNX file.
        names: of its outputs.
        places: of the patterns among the outputs; by default each at its own.
    """
    places = list(range(len(names))) if places is None else list(places)
    wanted = patterns(len(places)).reshape(len(places), -1) / 255.0
    centred = wanted - 0.5
    weights = np.full((centred.shape[1], len(names)), 0.0, np.float32)
    weights[:, places] = (centred / np.linalg.norm(centred, axis=1, keepdims=True) ** 2).T * 40
    path.parent.mkdir(parents=True, exist_ok=True)
    linear(path, weights, (3, SIDE, SIDE))
    preprocessing = {
        "canvas": {"channels": 3, "height": SIDE, "width": SIDE},
        "mean": (0.5,) * 3,
        "std": (1.0,) * 3,
        "channel_order": "rgb",
    }
    content = {"name": "toy", "kind": "softmax", "classes": tuple(names), "preprocessing": preprocessing}
    Card.model_validate(content).write(card_beside(path))
    return f"onnx:{path}"


def accuracy(reference: str, data: str, split: str = "test") -> tuple[float, int]:
    """Share of correct predictions, and of how many images."""
    result = evaluate(load_classifier(reference), data, split)
    return result.top1, result.images


def opened(data: str, split: str = "test") -> LabelledData:
    """The data that a reference names."""
    return load_data(data, split)
