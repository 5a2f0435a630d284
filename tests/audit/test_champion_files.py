"""Images that an audit names: PNG files in its own folder, whoever wrote the audit."""

import io
import os
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from foolery.audit import open_audit
from foolery.audit.champion_files import read_champion
from foolery.audit.rescore import champion_images
from foolery.errors import UsageError
from foolery.fooling_sets import make_fooling_set
from support.audits import audit_in


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return audit_in(tmp_path_factory.mktemp("audits") / "audit").folder


def enormous() -> bytes:
    """A PNG file of a few hundred bytes that claims 100,000 x 100,000 pixels."""
    file = io.BytesIO()
    Image.new("L", (1, 1)).save(file, "PNG")
    content = file.getvalue()
    header = b"IHDR" + struct.pack(">II", 100_000, 100_000) + content[24:29]
    return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n%%EndComments\n"
LINKS = {
    "a device": ("/dev/zero", "it is a device|leads out of its folder by a link"),
    "a file outside": ("../../outside.png", "leads out of its folder by a link"),
}
CONTENTS = {
    "an EPS file": (EPS, "it is no PNG file"),
    "an enormous image": (enormous(), "100000 x 100000 pixels, at most 4096|decompression bomb"),
    "half an image": (enormous()[:40], "damaged or cut off|it is no PNG file"),
}


def place(folder, what):
    """Put something else in the place of the first image; returns the reason that is expected."""
    file = folder / open_audit(folder).champions[0].image
    file.unlink()
    if what == "a named pipe":
        os.mkfifo(file)
        return "it is a named pipe"
    if what in LINKS:
        (folder.parent / "outside.png").write_bytes(b"secret")
        file.symlink_to(LINKS[what][0])
        return LINKS[what][1]
    file.write_bytes(CONTENTS[what][0])
    return CONTENTS[what][1]


@pytest.mark.skipif(os.name == "nt", reason="no pipes, devices and links there")
@pytest.mark.parametrize("what", ["a named pipe", *LINKS, *CONTENTS])
def test_export_and_audit_refuse_what_is_no_image_of_the_audit(folder, tmp_path, what):
    copy = tmp_path / "audit"
    copy.mkdir()
    for file in folder.rglob("*"):
        if file.is_file():
            (copy / file.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            (copy / file.relative_to(folder)).write_bytes(file.read_bytes())
    reason = place(copy, what)
    audit, begun = open_audit(copy), time.monotonic()
    for read in (
        lambda: read_champion(copy, audit.champions[0]),
        lambda: champion_images(audit),
        lambda: make_fooling_set([copy], tmp_path / "set"),
    ):
        with pytest.raises(UsageError, match=reason):
            read()
    assert time.monotonic() - begun < 5
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("name", ["/etc/passwd", "../secret.png", "champions\\x.png"])
def test_a_path_that_leads_out_is_refused(folder, name):
    record = open_audit(folder).champions[0].model_copy(update={"image": name})
    with pytest.raises(UsageError, match="leads out of its folder"):
        read_champion(folder, record)


def test_an_image_of_another_size_is_not_stacked(folder):
    audit = open_audit(folder)
    other = audit.classifier.model_copy(update={"canvas": (1, 8, 8)})
    with pytest.raises(UsageError, match="the audit says"):
        champion_images(audit.model_copy(update={"classifier": other}).placed_in(folder))
    assert np.array_equal(champion_images(audit)[0], read_champion(folder, audit.champions[0]))
