"""Class names as people have them; in each situation the right value is an accuracy of 1."""

import json
import unicodedata

import numpy as np
import pytest

from foolery.classifiers.class_names import named_list, read_class_names
from foolery.data import match_classes
from foolery.data.synsets import imagenet_synsets
from support.command import invoke, is_refused
from support.field import accuracy, network, photos

IDS = ("n01440764", "n02102040", "n02979186", "n03000684")  # of Imagenette
PLACES = (0, 217, 482, 491)  # of the four among the thousand
DOGS = {"n02085620-Chihuahua": 151, "n02085936-Maltese_dog": 153, "n02086240-Shih-Tzu": 155}

FORMS = {
    "teachable_machine.txt": "0 owl\n1 cat\n2 dog\n",
    "from_one.txt": "1: owl\r\n2: cat\r\n3: dog\r\n",
    "numbers_behind.txt": "cat 1\ndog 2\nowl 0\n",
    "python.txt": "{0: 'owl',\n 1: 'cat',\n 2: 'dog'}\n",
    "python_list.py": "CLASSES = ['owl', 'cat', 'dog']\n",
    "table.csv": "id,name\n0,owl\n1,cat\n2,dog\n",
    "table_without_order.csv": "label;index\ncat;1\ndog;2\nowl;0\n",
    "one_column.csv": "class\nowl\ncat\ndog\n",
    "tabs.tsv": "0\towl\n1\tcat\n2\tdog\n",
    "class_indices.json": json.dumps({"cat": 1, "dog": 2, "owl": 0}),
    "class_indices_as_text.json": json.dumps({"cat": "1", "dog": "2", "owl": "0"}),
    "config.json": json.dumps({"model_type": "vit", "id2label": {"0": "owl", "1": "cat", "2": "dog"}}),
    "records.json": json.dumps(
        [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}, {"id": 0, "name": "owl"}]
    ),
    "quotes.txt": '"owl",\n"cat",\n"dog"\n',
    "mark.txt": "\ufeffowl\ncat\ndog",
    "label_map.pbtxt": "item {\n  id: 2\n  name: 'cat'\n}\nitem {\n  id: 1\n  name: 'owl'\n}\n"
    "item {\n  id: 3\n  name: 'dog'\n}\n",
    "yolo.yaml": "path: x\nnames:\n  0: owl\n  1: cat\n  2: dog\nnc: 3\n",
    "yolo_list.yaml": "nc: 3\nnames: ['owl', 'cat', 'dog']\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_label_file_gives_the_order_of_the_outputs(tmp_path, form):
    (tmp_path / form).write_text(FORMS[form], encoding="utf-8")
    assert read_class_names(tmp_path / form) == ("owl", "cat", "dog")


def test_the_names_of_a_file_are_those_of_the_outputs(tmp_path):
    data = photos(tmp_path / "photos", ["cat", "dog", "owl"])
    (tmp_path / "labels.json").write_text(FORMS["class_indices.json"])
    names = read_class_names(tmp_path / "labels.json")
    assert accuracy(network(tmp_path / "net.onnx", names, (1, 2, 0)), f"folder:{data}") == (1.0, 12)


@pytest.mark.parametrize(
    "lines",
    ["1 euro\n2 euro\n5 euro\n", "Boeing 737\nBoeing 747\nBoeing 757\n", "class 0\nclass 1\nclass 2\n"],
)
def test_numbers_that_are_part_of_a_name_stay(tmp_path, lines):
    (tmp_path / "names.txt").write_text(lines)
    assert read_class_names(tmp_path / "names.txt") == tuple(lines.split("\n")[:3])


def test_numbers_with_a_gap_are_refused_in_a_line(tmp_path):
    (tmp_path / "class_indices.json").write_text('{"owl": 0, "cat": 2}')
    data = photos(tmp_path / "photos", ["cat", "owl"])
    model = network(tmp_path / "net.onnx", ["owl", "cat"])
    words = ("--data", f"folder:{data}", "--class-names", tmp_path / "class_indices.json")
    is_refused(invoke("evaluate", model, *words), "its numbers go from 0 to 2 for 2 names (number 1?)")


def test_imagenet_knows_its_ids_and_all_names(tmp_path):
    data = photos(tmp_path / "photos", IDS)
    model = network(tmp_path / "net.onnx", named_list("imagenet"), PLACES)
    assert accuracy(model, f"folder:{data}") == (1.0, 16)
    assert match_classes(IDS, named_list("imagenet")).how == ("id",) * 4


def test_every_id_and_every_first_name_of_imagenet_is_found():
    names = named_list("imagenet")
    ids = [each for each, _ in imagenet_synsets()]
    assert match_classes(ids, names).index.tolist() == list(range(1000))
    assert match_classes([f"{each}-any-name" for each in ids], names).index.tolist() == list(range(1000))
    some = [row for row in range(1000) if "crane" not in names[row] and "maillot" not in names[row]]
    lines = [", ".join(imagenet_synsets()[row][1]) for row in some]
    assert match_classes(lines, names).index.tolist() == some


def test_the_folders_of_stanford_dogs_have_ids_and_names_in_one(tmp_path):
    data = photos(tmp_path / "photos", list(DOGS))
    by_id = network(tmp_path / "by_id" / "net.onnx", named_list("imagenet"), list(DOGS.values()))
    by_name = network(tmp_path / "by_name" / "net.onnx", ["Chihuahua", "Maltese dog", "shih tzu"])
    assert accuracy(by_id, f"folder:{data}") == (1.0, 12)
    assert accuracy(by_name, f"folder:{data}") == (1.0, 12)


@pytest.mark.parametrize("form", ["synset.txt", "synset_words.txt"])
def test_files_of_synsets_name_the_outputs(tmp_path, form):
    synsets = dict(imagenet_synsets())
    lines = [each if form == "synset.txt" else f"{each} {', '.join(synsets[each])}" for each in IDS]
    (tmp_path / form).write_text("\n".join(lines))
    names = read_class_names(tmp_path / form)
    assert names[0] == "tench, Tinca tinca"
    model = network(tmp_path / "net.onnx", names)
    for folders in (IDS, ["tench", "English_springer", "cassette player", "chain_saw"]):
        data = photos(tmp_path / folders[0], folders)
        assert accuracy(model, f"folder:{data}") == (1.0, 16)


def test_unicode_forms_of_one_name_are_one_name(tmp_path):
    names = ["Möwe", "Zürich", "señal"]
    data = photos(tmp_path / "photos", [unicodedata.normalize("NFD", name) for name in names])
    assert accuracy(network(tmp_path / "net.onnx", names), f"folder:{data}") == (1.0, 12)


def test_folder_names_of_windows_bytes_are_read_and_said(tmp_path):
    data = photos(tmp_path / "photos", ["Möwe".encode("cp1252"), b"dog", "日本".encode("shift-jis")])
    model = network(tmp_path / "net.onnx", ["Möwe", "dog", "“ú–{"])
    assert accuracy(model, f"folder:{data}") == (1.0, 12)
    said = invoke("evaluate", model, "--data", f"folder:{data}", "--json")
    assert "2 folder names are no UTF-8 and were read as Windows-1252" in said.stderr
    assert json.loads(said.stdout)["top1"] == 1.0


@pytest.mark.parametrize("count", [12, 16])
def test_folders_that_are_numbers_are_in_the_order_of_the_numbers(tmp_path, count):
    data = photos(tmp_path / "photos", [str(number) for number in range(count)])
    model = network(tmp_path / "net.onnx", [f"species {chr(65 + number)}" for number in range(count)])
    shown = invoke("evaluate", model, "--data", f"folder:{data}")
    first = shown.stdout.splitlines()[0]
    assert "matched by position, as their numbers say: 0 as species A, 1 as species B" in first
    assert "top-1        100.00%" in shown.stdout


def test_a_few_folders_that_are_numbers_mean_the_outputs_of_these_numbers(tmp_path):
    data = photos(tmp_path / "photos", ["3", "7", "11"])
    model = network(tmp_path / "net.onnx", [f"kind {chr(65 + row)}" for row in range(12)], (3, 7, 11))
    assert accuracy(model, f"folder:{data}") == (1.0, 12)
    assert match_classes(["01", "02", "03"], ["x", "y", "z"]).index.tolist() == [0, 1, 2]
    assert match_classes(["007", "01"], [str(row) for row in range(9)]).how == ("name", "name")


def test_numbers_before_the_names_of_folders_do_not_count(tmp_path):
    data = photos(tmp_path / "photos", ["001.Black_footed_Albatross", "002.Laysan_Albatross"])
    model = network(tmp_path / "net.onnx", ["Black footed albatross", "Laysan Albatross"])
    assert accuracy(model, f"folder:{data}") == (1.0, 8)


def test_a_match_by_position_alone_is_in_the_first_line_and_preflight_warns(tmp_path):
    data = photos(tmp_path / "photos", ["a", "b"])
    model = network(tmp_path / "net.onnx", ["hot", "cold"])
    first = invoke("evaluate", model, "--data", f"folder:{data}").stdout.splitlines()[0]
    assert first.endswith(
        "no class name agrees: the 2 classes were matched by position alone: a as hot, b as cold"
    )
    checked = invoke("preflight", model, "--data", f"folder:{data}", "--json")
    checks = {each["name"]: each for each in json.loads(checked.stdout)["checks"]}
    assert checks["names"]["status"] == "warn"
    assert "by position alone" in checks["names"]["message"]


def test_a_match_by_position_that_another_order_beats_is_refused(tmp_path):
    data = photos(tmp_path / "photos", ["a", "b", "c"], count=20)
    model = network(tmp_path / "net.onnx", ["x", "y", "z"], (2, 0, 1))
    said = ("0.0% of 60 images are right", "100.0% would be", "a as z, b as x, c as y")
    is_refused(invoke("evaluate", model, "--data", f"folder:{data}"), *said, after_reading=True)
    checked = invoke("preflight", model, "--data", f"folder:{data}", "--json")
    checks = {each["name"]: each for each in json.loads(checked.stdout)["checks"]}
    assert (checked.returncode, checks["accuracy"]["status"]) == (1, "fail")
    assert all(words in checks["accuracy"]["message"] for words in said)


def test_names_that_several_classes_have_are_not_guessed():
    with pytest.raises(ValueError, match="crane"):
        match_classes(["crane", "owl"], ["crane", "crane", "owl"])
    assert match_classes(["crane (bird)", "tench"], named_list("imagenet")).index.tolist() == [134, 0]
    assert np.array_equal(match_classes(["n02012849", "n03126707"], named_list("imagenet")).index, [134, 517])


def test_the_first_line_of_card_and_the_card_say_what_was_taken_by_position(tmp_path):
    data = photos(tmp_path / "photos", ["a", "b", "c"], count=20)
    network(tmp_path / "net.onnx", ["x", "y", "z"])
    (tmp_path / "names.txt").write_text("x\ny\nz\n")
    said = {
        (): "no class names were given: those of the data were taken for the outputs, by position alone",
        ("--class-names", tmp_path / "names.txt"): "the 3 classes were matched by position alone: a as x",
    }
    for words, sentence in said.items():
        done = invoke("card", tmp_path / "net.onnx", "--data", f"folder:{data}", *words, "--overwrite")
        assert done.returncode == 0, done.stderr
        assert sentence in done.stdout.splitlines()[0]
        assert sentence in json.loads((tmp_path / "net.card.json").read_text())["notes"]
