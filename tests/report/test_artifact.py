"""What a folder holds, and what lists show of it."""

import pytest

from foolery.errors import UsageError
from foolery.report.artifact import MAX_DEPTH, artifact_kind, find_artifacts


def put(folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"")


def test_runs_and_audits_are_found_by_name_and_audits_not_entered(tmp_path):
    put(tmp_path / "b", "run.db")
    put(tmp_path / "a" / "deep", "run.db")
    put(tmp_path / "c", "audit.json")
    put(tmp_path / "c" / "runs" / "cppn", "run.db")
    put(tmp_path / "other", "notes.txt")
    artifacts = find_artifacts(tmp_path)
    kinds = {name: artifact.kind for name, artifact in artifacts.items()}
    assert kinds == {"a/deep": "run", "b": "run", "c": "audit"}
    assert artifacts["a/deep"].files[0] == tmp_path / "a" / "deep" / "run.db"


def test_links_are_not_followed_and_too_deep_is_not_searched(tmp_path):
    put(tmp_path / "away", "run.db")
    folder = tmp_path / "folder"
    put(folder / "one", "run.db")
    (folder / "link").symlink_to(tmp_path / "away", target_is_directory=True)
    put(folder.joinpath(*"abcdefgh"[: MAX_DEPTH + 1]), "run.db")
    assert list(find_artifacts(folder)) == ["one"]


@pytest.mark.parametrize("missing", [True, False])
def test_an_empty_folder_and_none_at_all_are_refused(tmp_path, missing):
    with pytest.raises(UsageError, match="does not exist" if missing else "no run and no audit"):
        find_artifacts(tmp_path / "x" if missing else tmp_path)


def test_what_lies_in_a_folder_is_told(tmp_path):
    put(tmp_path / "run", "run.db")
    put(tmp_path / "audit", "audit.json")
    assert artifact_kind(tmp_path / "run") == artifact_kind(tmp_path / "run" / "run.db") == "run"
    assert artifact_kind(tmp_path / "audit") == "audit"
    assert artifact_kind(tmp_path) is None
