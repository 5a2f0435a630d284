"""The folder of an audit: its document is written whole or not at all, and read with care."""

import json

import pytest

from foolery.audit import open_audit
from foolery.audit.schema import FILE, SCHEMA
from foolery.errors import UsageError
from support.audits import audit_in

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audits") / "one"
    audit_in(folder)
    return folder


def test_what_is_written_is_read(folder):
    audit = open_audit(folder)
    assert audit == open_audit(folder / FILE)
    assert audit.schema_ == SCHEMA
    written = json.loads((folder / FILE).read_text())
    assert written["schema"] == SCHEMA
    assert written == audit.model_dump(mode="json", by_alias=True)


def test_every_picture_that_is_named_is_there(folder):
    for champion in open_audit(folder).champions:
        assert (folder / champion.image).read_bytes().startswith(b"\x89PNG")


def test_nothing_half_written_is_left(folder):
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": SCHEMA + 1}, "has schema 5, this foolery reads up to 4; update it"),
        ({"state": "done"}, "is no audit: state"),
        ({"surprise": 1}, "is no audit: surprise"),
        ({"champions": [{"index": 0}]}, "is no audit: champions.0."),
    ],
)
def test_other_documents_are_refused_by_name(folder, tmp_path, change, message):
    written = json.loads((folder / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(written | change))
    with pytest.raises(UsageError) as refused:
        open_audit(tmp_path)
    assert message in str(refused.value)


def test_a_missing_or_broken_file_is_named(tmp_path):
    with pytest.raises(UsageError, match="does not exist; foolery audit writes one"):
        open_audit(tmp_path)
    (tmp_path / FILE).write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        open_audit(tmp_path)
    (tmp_path / FILE).write_text("[1]")
    with pytest.raises(UsageError, match="is no audit"):
        open_audit(tmp_path)
