import gzip
import io
import tarfile

import numpy as np
import pytest

from foolery.data import cifar10, load_data
from foolery.data.cifar10 import records
from foolery.errors import UsageError


def test_a_record_is_a_label_and_three_planes():
    planes = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32)).astype(np.uint8)
    data = records(
        b"".join(bytes([label]) + each.tobytes() for label, each in zip((7, 0), planes, strict=True))
    )
    assert np.array_equal(data.canvases, planes)
    assert [data.classes[label] for label in data.labels] == ["horse", "airplane"]


@pytest.mark.parametrize("content", [b"", b"\0" * 3072, bytes([10]) + b"\0" * 3072])
def test_what_are_no_records_is_refused(content):
    with pytest.raises(UsageError, match=r"cifar10: expected records|labels: expected 0 to 9"):
        records(content)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty data folder, an empty cache folder, and no network."""
    monkeypatch.setenv("FOOLERY_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(cifar10, "_MIRRORS", ("http://127.0.0.1:9/",))
    (tmp_path / "cifar10").mkdir()
    return tmp_path / "cifar10"


def test_without_files_and_network_it_says_where_to_put_them(home):
    with pytest.raises(
        UsageError, match=r"data cifar10: cifar-10-binary\.tar\.gz is not in .* set FOOLERY_DATA"
    ):
        load_data("cifar10")


def archive(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("test_batch.bin", b"other pixels", "has SHA-256 .*, expected 8e2eb146ae340b09"),
        ("cifar-10-binary.tar.gz", archive(b"other pixels"), "test_batch.bin: its content has SHA-256"),
        ("cifar-10-binary.tar.gz", archive(b"")[:40], "not a whole archive"),
        ("cifar-10-binary.tar.gz", gzip.compress(b""), "not a whole archive|has no test_batch.bin"),
    ],
    ids=["a file", "a file in the archive", "an archive cut off", "an empty archive"],
)
def test_files_that_are_not_the_official_ones_are_refused(home, name, content, said):
    (home / name).write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        load_data("cifar10")
    assert "delete it" in str(caught.value)


def test_the_official_names_are_read_where_their_content_is_right(home, monkeypatch):
    """The real archive is 170 MB; here its checksums are those of a small one of the same form."""
    content = (bytes([3]) + bytes(range(256)) * 12) * 5
    monkeypatch.setattr(cifar10, "_SHA256", {"test_batch.bin": cifar10.hashlib.sha256(content).hexdigest()})
    (home / "cifar-10-binary.tar.gz").write_bytes(archive(content))
    assert load_data("cifar10").labels.tolist() == [3] * 5
    (home / "cifar-10-batches-bin").mkdir()
    (home / "cifar-10-batches-bin" / "test_batch.bin").write_bytes(content)
    (home / "cifar-10-binary.tar.gz").unlink()
    assert len(load_data("cifar10")) == 5
