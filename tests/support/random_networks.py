"""Random small networks whose right answers are known, and photos for them: the door's best test.

A network answers with the class of the nearest prototype, computed from its input alone. Its author's own
code, written here with Pillow and numpy and nothing of foolery's, turns a photo into that input, and says how
many photos are right. By hand, any number of them: ``python tests/support/random_networks.py 500``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

IMAGENET = (np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))
CAFFE = np.array([103.939, 116.779, 123.68])  # blue, green, red
RANGES = ("one", "255", "both", "imagenet", "caffe", "cifar", "per image", "256th")
LAYOUTS = ("nchw", "nhwc", "no channel", "flat", "flat 1", "bare", "five axes")
OUTPUTS = (
    "logits", "softmax", "log-softmax", "sigmoids", "half", "rounded", "bytes", "four axes", "middle axis",
    "squeezed", "one logit", "one sigmoid", "map of words", "map of numbers", "label and probabilities",
    "arg max first", "embedding first", "probabilities first", "background first", "background last",
)  # fmt: skip
BATCHES = ("N", "minus one", "zero", "none", "one", "four", "promised")
TYPES = ("float", "half", "double", "uint8", "int8")
NAMES = ("folders", "file", "permuted file", "wrong file", "numbers", "none of the file's")
RESIZES = ("same size", "larger", "crop", "squash", "letterbox", "gray letterbox", "corner")


@dataclass(frozen=True)
class Situation:
    """One combination; ``refused`` where no card may be written for it."""

    seed: int
    classes: int
    size: tuple[int, int]
    network_gray: bool
    photos_gray: bool
    order: str
    range: str
    layout: str
    dtype: str
    batch: str
    output: str
    names: str
    resize: str
    mislabelled: float
    refused: bool = False

    def __str__(self) -> str:
        words = [f"{name}={value}" for name, value in vars(self).items() if name != "seed"]
        return f"{self.seed}: " + ", ".join(words)


def situation(seed: int) -> Situation:
    """The combination that belongs to a seed."""
    rng = np.random.default_rng([seed, 7])

    def one(values: Any) -> Any:
        return values[int(rng.integers(len(values)))]

    output = one(OUTPUTS)
    network_gray = bool(rng.random() < 0.3)
    layout, resize = one(LAYOUTS), one(RESIZES)
    size = one(((8, 8), (12, 12), (16, 16), (28, 28), (32, 32), (24, 16)))
    if layout == "no channel":
        network_gray = True
    if layout.startswith("flat"):
        size = (size[0], size[0])
    dtype = one(TYPES) if rng.random() < 0.5 else "float"
    batch = "one" if layout == "bare" else one(BATCHES)
    names = one(NAMES)
    naming = ("one logit", "one sigmoid", "map of words", "map of numbers", "label and probabilities")
    if output in naming and names == "wrong file":
        names = "file"  # the file itself, or one of two classes, says which is which
    gray = network_gray
    return Situation(
        seed=seed,
        classes=2 if output.startswith("one ") else int(rng.integers(2, 13)),
        size=size,
        network_gray=gray,
        photos_gray=bool(rng.random() < (0.7 if gray else 0.1)),
        order="gray" if gray else one(("rgb", "rgb", "bgr")),
        range=one(RANGES)
        if dtype in ("float", "double")
        else "255"
        if "int" in dtype
        else one(("one", "both")),
        layout=layout,
        dtype=dtype,
        batch="one" if output == "squeezed" else batch,
        output=output,
        names=names,
        resize=resize,
        mislabelled=float(one((0.0, 0.0, 0.1))),
        refused=names == "wrong file",
    )


@dataclass
class Made:
    """What was built: the commands' words, and the share of photos that the network is right about."""

    graph: Path
    data: Path
    class_names: Path | None
    truth: float
    extra: list[str] = field(default_factory=list)


def build(one: Situation, folder: Path) -> Made:
    """Write the network, the photos and the names, and count what the author's own code gets right."""
    rng = np.random.default_rng([one.seed, 8])
    names = class_names(one, rng)
    seen = one.resize in ("squash", "letterbox", "gray letterbox", "corner")
    prototypes = [_prototype(one, rng, wide=seen or one.resize == "crop") for _ in range(one.classes)]
    wanted = np.stack([network_input(one, each) for each in prototypes])  # (K, C, h, w)
    order = (
        rng.permutation(one.classes)
        if one.names in ("permuted file", "wrong file")
        else np.arange(one.classes)
    )
    if one.names == "wrong file" and (order == np.arange(one.classes)).mean() > 0.4:
        order = np.roll(np.arange(one.classes), 1)
    per_class = max(12, 80 // one.classes)
    right = total = 0
    for label in range(one.classes):
        (folder / "photos" / names[label]).mkdir(parents=True)
        for number in range(per_class):
            other = rng.random() < one.mislabelled
            shown = int(rng.integers(one.classes)) if other else label
            photo = _photo(prototypes[shown], rng)
            photo.save(folder / "photos" / names[label] / f"{number:03d}.png")
            away = ((network_input(one, photo)[None] - wanted) ** 2).sum(axis=(1, 2, 3))
            right, total = right + int(away.argmin() == label), total + 1
    graph = folder / "net.onnx"
    _write(one, graph, wanted[order], [names[row] for row in order])
    listed = [names[row] for row in (range(one.classes) if one.names == "wrong file" else order)]
    path = None
    if "file" in one.names and one.names != "none of the file's":
        path = folder / "names.txt"
        path.write_text("\n".join(listed))
    return Made(graph, folder / "photos", path, right / total)


def class_names(one: Situation, rng: np.random.Generator) -> list[str]:
    """Folder names, in the order of the outputs where nothing else says it."""
    if one.names == "numbers":
        return [str(number) for number in range(one.classes)]
    words = sorted({"".join(rng.choice(list("abcdefghijklmnop"), 6)) for _ in range(40)})
    return words[: one.classes]


def _prototype(one: Situation, rng: np.random.Generator, *, wide: bool) -> Image.Image:
    """A blocky picture; ``wide`` is 9 to 4, with what tells classes apart all over it."""
    height, width = one.size
    cells = rng.uniform(30, 225, (4, 9 if wide else 4, 1 if one.photos_gray else 3))
    scale = 2 if wide or one.resize == "larger" else 1
    side = max(height, width) * scale
    tall, broad = (side, side * 9 // 4) if wide else (height * scale, width * scale)
    small = cells.astype(np.uint8)
    image = Image.fromarray(small[..., 0] if one.photos_gray else small)
    return image.resize((broad, tall), Image.Resampling.NEAREST)


def _photo(prototype: Image.Image, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(prototype, np.float64)
    return Image.fromarray(np.clip(pixels + rng.normal(0, 20, pixels.shape), 0, 255).astype(np.uint8))


def network_input(one: Situation, photo: Image.Image) -> np.ndarray:
    """``(C, h, w) float64``: the author's own code from a photo to the network's input."""
    height, width = one.size
    photo = photo.convert("L" if one.network_gray else "RGB")
    wide, tall = photo.size
    if one.resize == "squash" or (wide, tall) == (width, height):
        photo = photo.resize((width, height), Image.Resampling.BILINEAR)
    elif one.resize in ("letterbox", "gray letterbox", "corner"):
        ratio = min(width / wide, height / tall)
        small = photo.resize((round(wide * ratio), round(tall * ratio)), Image.Resampling.BILINEAR)
        gray = 114 if one.resize.startswith("gray") else 0
        photo = Image.new(photo.mode, (width, height), gray if one.network_gray else (gray,) * 3)
        at = (0, 0) if one.resize == "corner" else ((width - small.width) // 2, (height - small.height) // 2)
        photo.paste(small, at)
    else:
        ratio = max(width / wide, height / tall)
        photo = photo.resize((int(wide * ratio + 1e-6), int(tall * ratio + 1e-6)), Image.Resampling.BILINEAR)
        left, top = round((photo.width - width) / 2), round((photo.height - height) / 2)
        photo = photo.crop((left, top, left + width, top + height))
    pixels = np.asarray(photo, np.float64)
    planes = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    if one.range == "caffe":
        return planes[::-1] - CAFFE[:, None, None] if len(planes) == 3 else planes
    values = _in_range(one.range, planes)
    return values[::-1] if one.order == "bgr" else values


def _in_range(name: str, planes: np.ndarray) -> np.ndarray:  # noqa: PLR0911
    if name == "one":
        return planes / 255
    if name == "256th":
        return planes / 256
    if name == "both":
        return planes / 127.5 - 1
    if name == "imagenet" and len(planes) == 3:
        return (planes / 255 - IMAGENET[0][:, None, None]) / IMAGENET[1][:, None, None]
    if name == "cifar" and len(planes) == 3:
        return (planes / 255 - np.array([0.4914, 0.4822, 0.4465])[:, None, None]) / 0.247
    if name in ("imagenet", "cifar"):
        return (planes / 255 - 0.1307) / 0.3081
    if name == "per image":
        return (planes - planes.mean()) / max(planes.std(), planes.size**-0.5)
    return planes


def _write(one: Situation, path: Path, wanted: np.ndarray, names: list[str]) -> None:
    from support.network_files import write_network

    write_network(one, path, wanted, names)


def check(one: Situation, folder: Path) -> str:  # noqa: PLR0911
    """``right``, ``refused``, or what is wrong, of ``card`` and then ``evaluate`` on a situation."""
    from support.command import invoke

    made = build(one, folder)
    words = ["card", made.graph, "--data", f"folder:{made.data}"]
    words += ["--class-names", made.class_names] if made.class_names else []
    card = invoke(*words)
    if card.returncode == 2:
        lines = card.stderr.strip().splitlines()
        return f"refused: {lines[-1][:300]}" if lines[-1].startswith("error: ") else f"WRONG: {card.stderr}"
    if card.returncode:
        return f"WRONG: card ended with {card.returncode}: {card.stderr}"
    finished = invoke("evaluate", f"onnx:{made.graph}", "--data", f"folder:{made.data}", "--json")
    if finished.returncode == 2:
        return "refused"
    if finished.returncode:
        return f"WRONG: evaluate ended with {finished.returncode}: {finished.stderr}"
    top1 = json.loads(finished.stdout)["top1"]
    if one.refused:
        return f"WRONG: a card for names in another order, {top1:.3f}\n{card.stdout}"
    if abs(top1 - made.truth) > 0.005:
        return f"WRONG: {top1:.3f} in place of {made.truth:.3f}\n{card.stdout}"
    return "right"


def main() -> None:
    """Check as many situations as the first argument says, from the seed that the second one says."""
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    results: dict[str, int] = {}
    for seed in range(first, first + count):
        one = situation(seed)
        with tempfile.TemporaryDirectory() as folder:
            said = check(one, Path(folder))
        word = said.split(":")[0]
        results[word] = results.get(word, 0) + 1
        if word == "WRONG" or (word == "refused" and not one.refused):
            print(one, said, sep="\n  ", flush=True)
    print(results)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
