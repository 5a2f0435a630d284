"""Images of a round: arrays of numbers, no larger than a file of their size can hold."""

import zipfile
from contextlib import suppress

import numpy as np
import pytest

from foolery.errors import UsageError
from foolery.hardening.rounds import RoundImages


def images():
    canvases = np.zeros((2, 3, 1, 4, 4), np.uint8)
    return RoundImages(canvases, canvases + 1, np.zeros((2, 3)), np.ones((2, 3)), 1.5)


def test_what_is_written_is_read(tmp_path):
    images().write(tmp_path / "images.npz")
    stored = RoundImages.read(tmp_path / "images.npz")
    assert np.array_equal(stored.last_images, images().last_images)
    assert stored.last_images.flags.writeable
    assert stored.seconds == 1.5


def saved(path, **changes):
    one = images()
    arrays = {
        "first": one.first_images,
        "last": one.last_images,
        "first_confidence": one.first_confidence,
        "last_confidence": one.last_confidence,
        "seconds": np.float64(1),
    }
    np.savez_compressed(path, allow_pickle=True, **arrays | changes)


DAMAGES = {
    "objects": ({"first": np.array([{}], object)}, "it is not as large"),
    "a bomb": ({"first": np.zeros((1, 1, 1, 20_000, 20_000), np.uint8)}, "bytes, at most"),
    "other axes": ({"first": np.zeros((2, 3), np.uint8)}, "do not fit each other"),
    "no seconds": ({"seconds": np.zeros(3)}, "damaged"),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_what_does_not_fit_is_refused_in_one_line(tmp_path, what):
    changes, reason = DAMAGES[what]
    saved(tmp_path / "images.npz", **changes)
    with pytest.raises(UsageError, match=reason) as refused:
        RoundImages.read(tmp_path / "images.npz")
    assert str(refused.value).startswith(f"out: {tmp_path / 'images.npz'}: ")


def test_300_damaged_files_are_read_or_refused(tmp_path):
    file = tmp_path / "images.npz"
    saved(file)
    whole, random = file.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(whole)
        for place in random.integers(0, len(content), random.integers(1, 6)):
            content[place] = random.integers(256)
        file.write_bytes(
            content[: random.integers(1, len(content) + 1)] if random.random() < 0.2 else content
        )
        with suppress(UsageError):
            RoundImages.read(file)


def test_a_header_that_claims_more_than_there_is_allocates_nothing(tmp_path):
    file = tmp_path / "images.npz"
    saved(file)
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["first.npy"] = members["first.npy"].replace(
        b"(2, 3, 1, 4, 4)", b"(2, 3, 1, 4, 4" + b"0" * 9 + b")"
    )
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(UsageError):
        RoundImages.read(file)
