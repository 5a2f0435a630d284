"""Labelled picture files for tests: folders of class folders, and Parquet files."""

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def png(seed: int = 0, size: tuple[int, int] = (12, 10), mode: str = "RGB") -> bytes:
    """A picture of noise as a PNG file."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


def bomb(side: int = 60_000) -> bytes:
    """A PNG file of some bytes that claims ``side`` x ``side`` pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100))


def class_folders(root: Path, *names: str, count: int = 3) -> Path:
    """``count`` pictures for each class name; the folders are made in the given order."""
    for row, name in enumerate(names):
        (root / name).mkdir(parents=True)
        for number in range(count):
            (root / name / f"{number}.png").write_bytes(png(100 * row + number))
    return root


def parquet(
    path: Path,
    labels: list[int],
    *,
    names: list[str] | None = None,
    contents: list[bytes | None] | None = None,
    row_group_size: int = 4,
) -> Path:
    """A Parquet file in the layout of ``datasets``; picture ``i`` is ``png(i)``."""
    pa = pytest.importorskip("pyarrow", reason="the extra dataset is not installed")
    import pyarrow.parquet as pq

    pictures = contents or [png(row) for row in range(len(labels))]
    table = pa.table(
        {
            "image": pa.array(
                [{"bytes": content, "path": None} for content in pictures],
                pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
            ),
            "label": pa.array(labels, pa.int64()),
        }
    )
    if names is not None:
        features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path, row_group_size=row_group_size)
    return path
