import json
from pathlib import Path

import pytest

from foolery.classifiers.class_names import distinct, named_list, read_class_names
from foolery.errors import UsageError


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("names.txt", "tench\ngoldfish\nMöwe\n\n"),
        ("names.txt", "\ufefftench\r\ngoldfish\r\nMöwe"),
        ("names.json", json.dumps(["tench", "goldfish", "Möwe"])),
        ("names.json", json.dumps([["n01440764", "tench"], ["n01443537", "goldfish"], ["n1", "Möwe"]])),
        ("names.json", json.dumps({"0": ["n01440764", "tench"], "2": "Möwe", "1": "goldfish"})),
    ],
)
def test_names_are_read_in_every_form_that_people_hold(tmp_path: Path, name, content):
    (tmp_path / name).write_bytes(content.encode())
    assert read_class_names(tmp_path / name) == ("tench", "goldfish", "Möwe")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_names_are_read_in_the_encodings_of_windows(tmp_path: Path, encoding):
    (tmp_path / "names.txt").write_bytes("tench\r\nMöwe\r\n".encode(encoding))
    assert read_class_names(tmp_path / "names.txt") == ("tench", "Möwe")


def test_another_encoding_is_named_with_its_place(tmp_path: Path):
    (tmp_path / "names.txt").write_bytes(b"tench\nM\x81we\n")
    with pytest.raises(UsageError, match=r"neither UTF-8 nor Windows-1252 \(byte 0x81 at 7\); save it"):
        read_class_names(tmp_path / "names.txt")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("names.txt", "", "number 0 is empty"),
        ("names.txt", "tench\n\ngoldfish", "number 1 is empty"),
        ("names.json", "[]", "must hold a JSON list"),
        ("names.json", "{", "must hold a JSON list"),
        ("names.json", "[1, 2]", "must hold a JSON list"),
        ("names.json", "[[]]", "must hold a JSON list"),
        ("names.json", '{"2": "tench"}', "its numbers go from 2 to 2 for 1 names"),
        ("names.json", "[" * 100_000, "must hold a JSON list"),
    ],
)
def test_what_holds_no_names_is_refused(tmp_path: Path, name, content, said):
    (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=said):
        read_class_names(tmp_path / name)


def test_names_that_occur_twice_get_their_index():
    assert distinct(["crane", "dog", "crane"]) == ("crane (0)", "dog", "crane (2)")


def test_the_names_of_imagenet_are_a_thousand_different_ones():
    names = named_list("imagenet")
    assert len(set(names)) == 1000
    assert (names[134], names[517], names[999]) == ("crane (bird)", "crane (machine)", "toilet tissue")
