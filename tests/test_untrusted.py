"""Untrusted: only regular files of bounded size, shallow JSON of finite numbers, names that can be shown."""

import os
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.errors import UsageError
from foolery.untrusted import (
    MAX_DEPTH,
    UnreadableError,
    check_class_names,
    escaped,
    json_depth,
    parse_json,
    path_inside,
    read_bytes,
    read_json,
)


def test_a_regular_file_is_read_whole_up_to_its_limit(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_bytes(file, 5) == b"12345"
    with pytest.raises(UnreadableError, match="file: cannot be read: it has 5 bytes, at most 4 are read"):
        read_bytes(file, 4)


@pytest.mark.skipif(os.name == "nt", reason="pipes and devices are not files there")
def test_a_pipe_and_a_device_are_refused_at_once_and_nothing_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    begun = time.monotonic()
    with pytest.raises(UnreadableError, match="it is a named pipe, expected a regular file"):
        read_bytes(tmp_path / "pipe", 100)
    (tmp_path / "zero").symlink_to("/dev/zero")
    with pytest.raises(UnreadableError, match="it is a device, expected a regular file"):
        read_bytes(tmp_path / "zero", 100)
    with pytest.raises(UnreadableError, match="it is a folder"):
        read_bytes(tmp_path, 100)
    with pytest.raises(UnreadableError, match="No such file"):
        read_bytes(tmp_path / "missing", 100)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" * 100_000 + b"]" * 100_000, f"100000 deep, at most {MAX_DEPTH}"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "40 deep"),
        (b"[1e999]", "the number 1e999 is too large"),
        (b"[" + b"9" * 5000 + b"]", "99… is too large"),
        (b"[18446744073709551616]", "18446744073709551616 is too large"),
        (b"[NaN]", "NaN is no number"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b'["\xff"]', "can't decode byte 0xff"),
        (b"{", "Expecting property name"),
    ],
)
def test_json_that_would_harm_is_refused_with_the_reason(tmp_path, content, reason):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(UnreadableError, match=r"a\.json: cannot be read") as refused:
        read_json(tmp_path / "a.json")
    assert reason in refused.value.reason


def test_json_that_is_sound_is_read_as_ever():
    assert parse_json(b'{"a": [1, -2.5e3, "[[[", null]}') == {"a": [1, -2500.0, "[[[", None]}
    assert parse_json(b"[18446744073709551615]") == [2**64 - 1]
    assert parse_json(b'["' + b"[{" * 1000 + b'", "\\"[["]') == ["[{" * 1000, '"[[']


@given(st.recursive(st.text(alphabet='[]{}"\\a', max_size=8), lambda inner: st.lists(inner, max_size=6)))
def test_depth_is_counted_outside_of_strings(value):
    import json

    def depth_of(each):
        return 1 + max(map(depth_of, each), default=0) if isinstance(each, list) else 0

    content = json.dumps([value, *["[" * 20] * 3]).encode()
    assert json_depth(content) in (0, 1 + depth_of(value))


@pytest.mark.parametrize("content", [b'"\\"' * 500_000, b'"' * 500_001, b'[[[["\\' * 200_000 + b"\\"])
def test_depth_is_counted_in_linear_time_in_strings_without_an_end(content):
    begun = time.process_time()
    json_depth(content + b"[" * 40)
    assert time.process_time() - begun < 1


def test_a_path_stays_inside_its_folder(tmp_path):
    folder = tmp_path / "folder"
    (folder / "in").mkdir(parents=True)
    (folder / "out").symlink_to(tmp_path)
    (folder / "circle").symlink_to(folder / "circle")
    assert path_inside(folder, "in/a.png") == (folder / "in" / "a.png").resolve()
    for name in ("/etc/passwd", "../a", "in/../../a", "out/a", "a\\b", "", ".", "in\0a"):
        with pytest.raises(UnreadableError, match="leads out of its folder"):
            path_inside(folder, name)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ([], "expected 1 to 100,000 names, got 0"),
        (["a", "b" * 5001], "name 1 has 5,001 characters, at most 5000"),
        (["a\x1b[2J"], r"name 0, 'a\x1b[2J', has a control character"),
        (["a", "b\udcff"], r"name 1, 'b\xff', has a control character"),
        (["a", "b", "a"], "'a' is there 2 times; every class needs a name of its own"),
    ],
)
def test_class_names_are_few_short_different_and_can_be_shown(names, reason):
    with pytest.raises(UsageError) as refused:
        check_class_names(names)
    assert reason in str(refused.value)


def test_class_names_of_any_script_pass():
    check_class_names(["tench, Tinca tinca", "猫", "كلب", "👩‍🚀", "naïve", "\u202eb"])


@given(st.text())
def test_nothing_that_moves_a_cursor_is_left_in_what_is_shown(text):
    for lines in (False, True):
        shown = escaped(text, lines=lines)
        assert all(each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs") for each in shown)
        assert "\x1b" not in shown
        assert lines or "\n" not in shown
        shown.encode()
