"""What reading and checking a folder of small images costs, over listing and decoding them with Pillow.

Pillow's part is what nobody can do without: to list the folders, to open and decode every file, to have its
pixels as RGB. foolery's part finds splits and classes, leaves out what is no data, decodes, looks for
orientation tags, fits each image to the canvas and gives batches. Processor time counts, as the machine may
be busy; both read files that lie in memory, and the first round of each is not timed.

usage: python benchmarks/reading.py [IMAGES]   100,000 by default; about 3 minutes
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from foolery.canvas import CanvasShape
from foolery.data import load_data

CLASSES, SIDE, ROUNDS = 100, 32, 3
MOST = 2.0  # times Pillow's own processor time


def write_images(folder: Path, count: int) -> None:
    """``count`` JPEG files of noise in a folder for each class."""
    rng = np.random.default_rng(0)
    contents = []
    for _ in range(200):
        buffer = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)).save(buffer, "JPEG")
        contents.append(buffer.getvalue())
    for number in range(count):
        place = folder / f"class {number % CLASSES}"
        if number < CLASSES:
            place.mkdir()
        (place / f"{number:06}.jpg").write_bytes(contents[number % len(contents)])


def by_pillow(folder: Path) -> int:
    """Lists and decodes; returns the number of images."""
    count = 0
    for place, _, names in os.walk(folder):
        for name in sorted(names):
            with Image.open(os.path.join(place, name)) as image:
                count += len(np.asarray(image.convert("RGB"))) == SIDE
    return count


def by_foolery(folder: Path) -> int:
    """Reads and checks; returns the number of images."""
    data = load_data(f"folder:{folder}")
    return sum(len(part) for part in data.batches(400, CanvasShape(3, SIDE, SIDE)))


def seconds(read: Callable[[Path], int], folder: Path, count: int) -> tuple[float, float]:
    """Processor and wall-clock time of one round."""
    processor, wall = time.process_time(), time.perf_counter()
    if read(folder) != count:
        raise SystemExit(f"{read.__name__} did not read all {count} images")
    return time.process_time() - processor, time.perf_counter() - wall


def main() -> None:
    count = int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="foolery-") as name:
        folder = Path(name)
        write_images(folder, count)
        for read in (by_pillow, by_foolery):
            read(folder)
        rounds = [
            (seconds(by_pillow, folder, count), seconds(by_foolery, folder, count)) for _ in range(ROUNDS)
        ]
    pillow = min(each[0][0] for each in rounds)
    foolery = min(each[1][0] for each in rounds)
    wall = min(each[1][1] for each in rounds)
    print(f"{count:,} images of {SIDE} x {SIDE}, the best of {ROUNDS} rounds, processor time")
    print(f"Pillow, listing and decoding    {pillow:6.1f} s  {1e6 * pillow / count:5.0f} us each")
    print(f"foolery, reading and checking   {foolery:6.1f} s  {1e6 * foolery / count:5.0f} us each")
    print(f"foolery over Pillow             {foolery / pillow:6.2f}    at most {MOST} is aimed at")
    print(f"foolery, wall clock             {wall:6.1f} s  {count / wall:,.0f} images/s")


if __name__ == "__main__":
    main()
