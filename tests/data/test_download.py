import gzip
import hashlib
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from foolery.data.download import StoredFile, data_folders, stored_content
from foolery.errors import UsageError

DIGITS = b"some digits" * 100
NOWHERE = "http://127.0.0.1:9/"  # the port "discard": nothing answers there


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """A web server with the files of ``tmp_path / "www"``."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "part.gz").write_bytes(gzip.compress(DIGITS))
    (tmp_path / "www" / "wrong.gz").write_bytes(gzip.compress(b"other digits"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "www")))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and an empty cache folder."""
    monkeypatch.setenv("FOOLERY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


def stored(*mirrors: str) -> StoredFile:
    return StoredFile("toy/part.gz", hashlib.sha256(DIGITS).hexdigest(), mirrors)


def test_a_file_is_downloaded_once_into_the_data_folder(home, mirror):
    assert stored_content(stored(mirror + "part.gz")) == DIGITS
    assert [path.name for path in (home / "data" / "toy").iterdir()] == ["part.gz"]
    assert stored_content(stored(NOWHERE)) == DIGITS


def test_the_cache_folder_serves_where_no_data_folder_is_named(home, mirror, monkeypatch):
    monkeypatch.delenv("FOOLERY_DATA")
    stored_content(stored(mirror + "part.gz"))
    assert data_folders() == (home / "cache" / "foolery",)
    assert (home / "cache" / "foolery" / "toy" / "part.gz").is_file()


def test_the_cache_folder_is_looked_into_after_the_data_folder(home):
    (home / "cache" / "foolery" / "toy").mkdir(parents=True)
    (home / "cache" / "foolery" / "toy" / "part.gz").write_bytes(gzip.compress(DIGITS))
    assert stored_content(stored(NOWHERE)) == DIGITS


def test_the_second_mirror_serves_where_the_first_is_down_or_wrong(home, mirror):
    assert (
        stored_content(stored(NOWHERE, mirror + "absent.gz", mirror + "wrong.gz", mirror + "part.gz"))
        == DIGITS
    )


def test_a_download_with_another_checksum_is_not_kept(home, mirror):
    with pytest.raises(UsageError, match=r"could not be downloaded .*SHA-256"):
        stored_content(stored(mirror + "wrong.gz"))
    assert not (home / "data").exists()


def test_no_data_and_no_network_says_where_to_put_the_files(home):
    with pytest.raises(UsageError) as caught:
        stored_content(stored(NOWHERE))
    said = str(caught.value)
    assert said.startswith("data toy: part.gz is not in ")
    assert "FOOLERY_DATA" in said
    assert str(home / "data") in said
    assert "\n" not in said


@pytest.mark.parametrize(
    "damaged",
    [gzip.compress(DIGITS)[:-20], gzip.compress(b"x"), b"<html>", b"", b"\x1f\x8b\x08" + b"\0" * 40],
    ids=["cut off", "other content", "a web page", "empty", "damaged"],  # a gzip file holds the time
)
def test_a_damaged_file_is_named_with_the_remedy(home, damaged):
    path = home / "data" / "toy" / "part.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(damaged)
    with pytest.raises(UsageError) as caught:
        stored_content(stored(NOWHERE))
    assert str(path) in str(caught.value)
    assert "delete it" in str(caught.value)


def test_a_folder_that_cannot_be_made_is_no_obstacle(home, mirror):
    (home / "data").write_text("a file where a folder should be")
    assert stored_content(stored(mirror + "part.gz")) == DIGITS
