"""Accuracy of ONNX files as their authors exported them: by a plain script, and by ``card`` and ``evaluate``.

The plain script knows nothing of foolery: Pillow decodes and resizes, numpy does what the exporter's own code
states (the ``.json`` beside each file), onnxruntime is asked about one image at a time. foolery is given the
same labelled images and nothing else. Both figures may differ by 0.005, or the card names what the images
could not tell apart, and the exporter's own way is among that. All files are measured in one call, on one
state of the code; they lie in FOOLERY_DATA/onnx-wild, without which nothing is measured.

usage: python benchmarks/onnx_wild.py [OUT.json [WORD…]]   only files with one of the words in their name;
                                                            a file of an earlier call is continued
       python benchmarks/onnx_wild.py --table OUT.json      the table of docs/results/field.md
"""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pyarrow.parquet
from PIL import Image

from foolery.canvas import CanvasShape
from foolery.checks import find_card, preflight
from foolery.checks.accuracy import evaluate
from foolery.classifiers.card import Preprocessing
from foolery.classifiers.class_names import named_list
from foolery.classifiers.onnx import open_onnx
from foolery.data import LabelledData, LabelledImages, load_data
from foolery.errors import FooleryError

FOLDER = Path(os.environ.get("FOOLERY_DATA", ""))
MOST = {"cifar10": 3000, "cifar100": 3000, "mnist": 3000}  # images of large data sets
PARQUET = {
    "cifar10": "cifar10/test.parquet",
    "cifar100": "cifar100/test.parquet",
    "gtsrb": "signs/gtsrb/test.parquet",
    "armor": "signs/armor/test.parquet",
    "imagenet": "imagenet-samples/samples.parquet",
}
#: Data sets by the first words of a file's name; whatever is not here has no labelled images at hand.
DATA_OF = {
    "cifar100": "cifar100",
    "cifar10": "cifar10",
    "mnist": "mnist",
    "gtsrb": "gtsrb",
    "imagenet": "imagenet",
    "robot-armor-13": "armor",
    "dogs-vs-cats": "cats and dogs",
    "digits": "digits",
}
CAT, DOG = 3, 5  # of CIFAR-10
EQUAL = 0.005


def main() -> int:
    words = sys.argv[1:]
    if words[:1] == ["--table"]:
        print(*table(json.loads(Path(words[1]).read_text())), sep="\n")
        return 0
    files = sorted((FOLDER / "onnx-wild").glob("*.onnx"))
    if not files:
        print("skipped: FOOLERY_DATA has no onnx-wild")
        return 0
    out = Path(words[0]) if words else None
    rows = json.loads(out.read_text()) if out is not None and out.exists() else {}
    for file in files:
        if file.stem in rows or (words[1:] and not any(each in file.stem for each in words[1:])):
            continue
        rows[file.stem] = measured(file)
        print(file.stem, rows[file.stem], flush=True)
        if out is not None:
            out.write_text(json.dumps(rows, indent=1) + "\n")
    print(*table(rows), sep="\n")
    return 1 if any(row["outcome"] == "differs" for row in rows.values()) else 0


def measured(file: Path) -> dict[str, Any]:
    """What came out for one file."""
    about = json.loads(file.with_suffix(".json").read_text())
    name = next((data for start, data in DATA_OF.items() if file.stem.startswith(start)), None)
    if name is None:
        return {"outcome": "no labelled images at hand"}
    start = time.perf_counter()
    try:
        right = plain(file, about, name)
    except ValueError:  # the network wants more than an image
        right = []
    row: dict[str, Any] = {"data": name, "images": len(right)}
    if right:
        row["script"] = float(np.mean(right))
    row["script_seconds"] = round(time.perf_counter() - start, 1)
    start = time.perf_counter()
    try:
        row |= by_foolery(file, about, name)
    except FooleryError as error:
        return row | {
            "outcome": "refused",
            "message": str(error).splitlines()[0].replace(f"{file.parent}/", ""),
        }
    row["seconds"] = round(time.perf_counter() - start, 1)
    gain = row["foolery"] - row.get("script", row["foolery"])
    if abs(gain) <= EQUAL:
        return row | {"outcome": "equal"}
    if row["own_way_named"]:
        return row | {"outcome": "said"}
    unknown = about["preprocessing_stated"]["note"].startswith("not stated")
    return row | {"outcome": "better, and its makers state nothing" if unknown and gain > 0 else "differs"}


def by_foolery(file: Path, about: dict[str, Any], name: str) -> dict[str, Any]:
    """``card``, ``evaluate`` and ``preflight``, and whether the card names the exporter's own way."""
    data = opened(name)
    found = find_card(file, data, classes=named_list("imagenet") if name == "imagenet" else None)
    classifier = open_onnx(f"onnx:{file}", file, found.card)
    accuracy = evaluate(classifier, data).top1
    checks = preflight(classifier, data, 200)
    own = {trial.family for trial in found.trials if same_way(trial.card.preprocessing, about)}
    return {
        "foolery": accuracy,
        "family": found.family,
        "framing": found.framing,
        "close": list(found.close),
        "card_images": found.images,
        "own_way": sorted(own),
        "own_way_named": bool(own & {found.family, *found.close}),
        "not_passed": [f"{check.name}: {check.status}" for check in checks if check.status != "pass"],
    }


def same_way(how: Preprocessing, about: dict[str, Any]) -> bool:
    """Whether every pixel becomes what the exporter's code makes of it, within one gray level."""
    stated = about["preprocessing_stated"]
    order = {"grey": "gray", "RGB": "rgb", "BGR": "bgr"}[stated["order"]]
    if how.per_image or how.channel_order != order:
        return False
    pixels = np.arange(256)[:, None]
    ours = (pixels * how.scale - np.array(how.mean)) / np.array(how.std)
    theirs = (pixels / stated["div"] - np.array(stated["mean"])) / np.array(stated["std"])
    return bool((np.abs(ours - theirs) <= 1.01 * np.diff(theirs, axis=0)[0]).all())


def opened(name: str) -> LabelledData:
    """The labelled images, as foolery reads them."""
    if name == "digits":
        return LabelledImages(*digits(), tuple("0123456789"))
    if name == "mnist":
        data = load_data("mnist")
    else:
        data = load_data(f"parquet:{FOLDER / PARQUET['cifar10' if name == 'cats and dogs' else name]}")
    if name == "cats and dogs":
        labels = np.array([label for _, label in images("cifar10")])
        rows = np.flatnonzero((labels == CAT) | (labels == DOG))
        shape = CanvasShape(3, 32, 32)
        canvases = np.concatenate([part.canvases for part in data.take(rows).batches(500, shape)])
        return LabelledImages(canvases, (labels[rows] == DOG).astype(np.int64), ("cat", "dog"))
    return data.take(np.arange(min(len(data), MOST.get(name, len(data)))))


def digits() -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's digits as ``(N, 1, 8, 8) uint8``, their 16 as 255, and labels."""
    from sklearn.datasets import load_digits

    values, labels = load_digits(return_X_y=True)
    return np.rint(values.reshape(-1, 1, 8, 8) * 255 / 16).astype(np.uint8), labels.astype(np.int64)


def images(name: str) -> Iterator[tuple[Image.Image, int]]:
    """The same images and labels, read without foolery."""
    if name == "digits":
        for pixels, label in zip(*digits(), strict=True):
            yield Image.fromarray(pixels[0]), int(label)
    elif name == "mnist":
        pixels, labels = (
            np.frombuffer(
                gzip.decompress((FOLDER / "mnist" / f"t10k-{each}-ubyte.gz").read_bytes()), np.uint8
            )
            for each in ("images-idx3", "labels-idx1")
        )
        for each, label in zip(pixels[16:].reshape(-1, 28, 28), labels[8:], strict=True):
            yield Image.fromarray(each), int(label)
    elif name == "cats and dogs":
        yield from ((image, int(label == DOG)) for image, label in images("cifar10") if label in (CAT, DOG))
    else:
        for row in pyarrow.parquet.read_table(FOLDER / PARQUET[name]).to_pylist():
            yield Image.open(io.BytesIO(row["image"]["bytes"])), int(row["label"])


def plain(file: Path, about: dict[str, Any], name: str) -> list[bool]:
    """Whether each image is answered rightly with the preprocessing that the exporter's code states."""
    how = about["preprocessing_stated"]
    sides = how["size"] if len(how["size"]) == 2 else [round(how["size"][0] ** 0.5)] * 2
    resized = RESIZED.get(file.stem, sides)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    wanted = session.get_inputs()[0]
    shape = [1, *(side if isinstance(side, int) else -1 for side in wanted.shape[1:])]
    output = next(each.name for each in session.get_outputs() if each.type.endswith(("(float)", "16)")))
    right = []
    for image, label in images(name):
        if len(right) == MOST.get(name):
            break
        photo = image.convert("L" if how["channels"] == 1 else "RGB")
        if photo.size != (resized[1], resized[0]):
            photo = photo.resize((resized[1], resized[0]), Image.Resampling.BILINEAR)
        top, left = ((resized[at] - sides[at]) // 2 for at in (0, 1))
        pixels = np.asarray(photo, np.float32)[top : top + sides[0], left : left + sides[1]]
        pixels = pixels.reshape(*sides, how["channels"])[..., :: -1 if how["order"] == "BGR" else 1]
        if name == "digits":
            pixels = np.rint(pixels / 255 * 16)
        values = (pixels / how["div"] - np.array(how["mean"])) / np.array(how["std"])
        values = values if how["layout"] == "NHWC" else values.transpose(2, 0, 1)
        given = values.reshape(shape).astype(TYPES[wanted.type])
        answer = session.run([output], {wanted.name: given})[0].ravel()
        right.append(label == (int(answer[0] > 0.5) if answer.size == 1 else int(answer.argmax())))
    return right


TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int64)": np.int64}
#: What images are resized to before the input is cut out of their middle, where the exporter's code says so.
RESIZED = {
    "mnist-14x14-binary": [16, 16],
    "imagenet-mobilenetv2-qdq": [256, 256],
    "imagenet-squeezenet-fp16-caffe2": [256, 256],
}


def table(rows: dict[str, dict[str, Any]]) -> list[str]:
    """The rows of the page, in Markdown."""
    lines = [
        "| file | data | script | foolery | outcome | what the card took; what it names beside |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for stem, row in sorted(rows.items()):
        if "data" not in row:
            continue
        script = f"{row['script']:.1%}".replace("%", " %") if "script" in row else ""
        if row["outcome"] == "refused":
            lines.append(f"| {stem} | {row['data']} | {script} | exit 2 | refused | {row['message']} |")
            continue
        close = "; ".join(row["close"][:SHOWN]) + (", …" if len(row["close"]) > SHOWN else "")
        way = row["family"] + (f"; {close}" if close else "")
        ours = f"{row['foolery']:.1%}".replace("%", " %")
        lines.append(
            f"| {stem} | {row['data']}, {row['images']} | {script} | {ours} | {row['outcome']} | {way} |"
        )
    return lines


SHOWN = 3

if __name__ == "__main__":
    sys.exit(main())
