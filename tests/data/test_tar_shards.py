"""Tar shards that a stranger wrote: labels of too many classes, members that claim much, devices."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from foolery.canvas import CanvasShape
from foolery.data import load_data
from foolery.errors import UsageError
from support.pictures import png

CANVAS = CanvasShape(3, 10, 12)


def shard(file: Path, labels: list[bytes], ending: str = "cls") -> Path:
    """One image for each label, as WebDataset writes them."""
    with tarfile.open(file, "w") as archive:
        for row, label in enumerate(labels):
            for name, content in ((f"{row:04}.png", png(row)), (f"{row:04}.{ending}", label)):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return file


def test_labels_are_classes(tmp_path):
    data = load_data(f"tar:{shard(tmp_path / 'a.tar', [b'1', b'0', b'02'])}")
    assert data.classes == ("0", "1", "2")
    (part,) = data.batches(9, CANVAS)
    assert part.labels.tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    ("label", "ending", "said"),
    [
        (b"100000", "cls", "label 100000, and no class names; at most 100,000 classes are read"),
        (b"9" * 5000, "cls", "label 99999"),
        (b'{"label": 999999999}', "json", "label 999999999"),
        (b"x" * 5001, "txt", "has 5,001 characters, at most 5000 are read"),
        (b"[" * 5000, "json", "no labelled images"),
        (b'{"label": 1e999}', "json", "no labelled images"),
    ],
    ids=["large", "endless", "large in JSON", "long", "deep", "infinite"],
)
def test_a_label_that_would_make_too_many_classes_is_one_line(tmp_path, label, ending, said):
    with pytest.raises(UsageError) as refused:
        load_data(f"tar:{shard(tmp_path / 'a.tar', [label], ending)}")
    assert said in str(refused.value)


def test_a_member_that_claims_more_than_an_image_can_have_is_left_out(tmp_path):
    file = shard(tmp_path / "a.tar", [b"0"])
    content = bytearray(file.read_bytes())
    content[124:136] = b"%011o\x00" % 2**31  # the size in the first header
    content[148:156] = b"%06o\x00 " % (sum(content[:148]) + 256 + sum(content[156:512]))
    file.write_bytes(content)
    try:
        data = load_data(f"tar:{file}")
    except UsageError:
        return
    assert sum(len(part) for part in data.batches(9, CANVAS)) == 0


@pytest.mark.skipif(os.name == "nt", reason="no devices there")
def test_a_device_in_the_place_of_a_shard_is_refused_at_once(tmp_path):
    (tmp_path / "train.tar").symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="it is a device, expected a regular file"):
        load_data(f"tar:{tmp_path}", "train")
