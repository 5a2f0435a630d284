"""Files: whole or not at all; folders: vacant or not, searched for what is marked."""

import pytest

from foolery.errors import UsageError
from foolery.files import (
    UNFINISHED,
    atomic,
    check_no_links,
    filled,
    find_folders,
    is_vacant,
    write_atomic,
    write_inside,
)


def test_text_and_bytes_are_written_and_folders_made(tmp_path):
    write_atomic(tmp_path / "a" / "b" / "text.txt", "naïve")
    write_atomic(tmp_path / "a" / "bytes", b"\0\1")
    assert (tmp_path / "a" / "b" / "text.txt").read_text(encoding="utf-8") == "naïve"
    assert (tmp_path / "a" / "bytes").read_bytes() == b"\0\1"
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["b", "bytes"]


def test_a_file_is_replaced_where_the_block_ends_and_never_before(tmp_path):
    file = tmp_path / "file"
    file.write_text("old")
    with atomic(file) as part:
        part.write_text("new")
        assert file.read_text() == "old"
    assert file.read_text() == "new"


def test_where_writing_fails_the_old_file_stays_and_nothing_else(tmp_path):
    file = tmp_path / "file"
    file.write_text("old")
    with pytest.raises(IsADirectoryError), atomic(file) as part:
        part.write_text(f"half of {tmp_path.read_text()}")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert file.read_text() == "old"


def test_a_folder_is_vacant_where_nothing_would_be_lost(tmp_path):
    assert is_vacant(tmp_path / "new")
    assert is_vacant(tmp_path)
    (tmp_path / "file").touch()
    assert not is_vacant(tmp_path)
    assert not is_vacant(tmp_path / "file")


@pytest.fixture
def tree(tmp_path):
    for name in (
        "run/run.db",
        "audit/audit.json",
        "audit/runs/a/run.db",
        "deep/er/est/run.db",
        ".hidden/run.db",
    ):
        write_atomic(tmp_path / name, "")
    (tmp_path / "link").symlink_to(tmp_path / "run")
    return tmp_path


@pytest.mark.parametrize(
    ("depth", "nested", "expected"),
    [
        (9, False, ["audit", "deep/er/est", "run"]),
        (9, True, ["audit", "audit/runs/a", "deep/er/est", "run"]),
        (2, True, ["audit", "run"]),
        (0, True, []),
    ],
)
def test_marked_folders_are_found_without_links_and_hidden_ones(tree, depth, nested, expected):
    found = find_folders(tree, ("audit.json", "run.db"), max_depth=depth, nested=nested)
    names = {str(folder.relative_to(tree)): marker for folder, marker in found}
    assert list(names) == expected
    assert all(marker == ("audit.json" if name == "audit" else "run.db") for name, marker in names.items())


def test_the_folder_itself_counts(tree):
    assert list(find_folders(tree / "run", ["run.db"], max_depth=0, nested=False)) == [
        (tree / "run", "run.db")
    ]


def test_planted_links_are_replaced_or_refused_and_never_written_through(tmp_path):
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    (folder / "in").mkdir(parents=True)
    outside.mkdir()
    (outside / "file").write_text("precious")
    for name in ("file", "file.part", "in/file"):
        (folder / name).symlink_to(outside / "file")
    (folder / "out").symlink_to(outside)
    write_inside(folder, "file", "new")
    write_inside(folder, "in/file", "new")
    with pytest.raises(UsageError, match="out: leads to another folder by a link"):
        write_inside(folder, "out/file", "new")
    with pytest.raises(UsageError, match="out: is a link"):
        check_no_links(folder)
    assert (outside / "file").read_text() == "precious"
    assert (folder / "file").read_text() == (folder / "in" / "file").read_text() == "new"


def test_what_a_killed_command_left_is_in_nobody_s_way(tmp_path):
    names = ["a.png", "train/b.png"]

    def killed():
        with filled(tmp_path, names):
            write_inside(tmp_path, "train/b.png", b"b")
            (tmp_path / "a.png.part").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert is_vacant(tmp_path)
    (tmp_path / "mine.txt").touch()
    assert not is_vacant(tmp_path)
    (tmp_path / "mine.txt").unlink()
    with filled(tmp_path, names):
        write_inside(tmp_path, "a.png", b"a")
    assert not is_vacant(tmp_path)
    assert not (tmp_path / UNFINISHED).exists()
