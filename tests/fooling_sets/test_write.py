"""Fooling sets: what others' readers find in them, and that nothing is lost or doubled."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from foolery.canvas import CanvasShape, canvas_hash
from foolery.classifiers import load_classifier
from foolery.classifiers.torchvision import import_torchvision
from foolery.data import load_data
from foolery.engine.run import open_run
from foolery.errors import UsageError
from foolery.fooling_sets import make_fooling_set
from foolery.fooling_sets.collect import ImageSource
from foolery.fooling_sets.write import search_groups, split_sources
from support.audits import audit_in

DIGITS = tuple("0123456789")


def rows_of(folder, split):
    return [json.loads(line) for line in (folder / split / "metadata.jsonl").read_text().splitlines()]


def torchvision():
    try:
        return import_torchvision("be tested")
    except UsageError:
        pytest.skip("the extra vision is not installed")


def front_matter(folder):
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    return yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])


def champions_of(runs):
    return [one for path in sorted(runs.rglob("run.db")) for one in open_run(path.parent).champions.values()]


def test_torchvision_reads_the_folder_with_the_classifiers_own_class_numbers(runs, tmp_path):
    vision = torchvision()
    made = make_fooling_set([runs], tmp_path / "set", min_confidence=0.3)
    assert sum(made.images.values()) < 40
    for split in ("train", "test"):
        data = vision.datasets.ImageFolder(tmp_path / "set" / split, allow_empty=True)
        assert [name[5:] for name in data.classes] == list(DIGITS)
        assert len(data) == made.images[split]
        said = {row["file_name"].split("/")[1]: row["label"] for row in rows_of(tmp_path / "set", split)}
        assert {path.rsplit("/", 1)[1]: label for path, label in data.samples} == said
        picture, _ = data[0]
        assert picture.size == (28, 28)


@pytest.mark.parametrize("form", ["folder", "parquet"])
def test_the_classifier_is_as_certain_about_what_is_read_back(runs, tmp_path, form):
    if form == "parquet":
        pytest.importorskip("pyarrow", reason="the extra dataset is not installed")
    made = make_fooling_set([runs / "lenet"], tmp_path / "set", form=form)
    place = tmp_path / "set" / ("data" if form == "parquet" else ".")
    scores, labels = [], []
    for split in ("train", "test"):
        data = load_data(f"{form}:{place}", split)
        assert tuple(data.classes) == DIGITS
        assert len(data) == made.images[split]
        for part in data.batches(100, CanvasShape(1, 28, 28)):
            scores.append(load_classifier("lenet").scores(part.canvases))
            labels.append(part.labels)
    found = np.exp(np.concatenate(scores))[np.arange(sum(made.images.values())), np.concatenate(labels)]
    kept = {one.canvas_hash: one for one in champions_of(runs / "lenet")}
    assert sorted(found) == pytest.approx(sorted(one.confidence for one in kept.values()), abs=1e-5)


def test_parquet_files_have_the_features_of_datasets(runs, tmp_path):
    pytest.importorskip("pyarrow", reason="the extra dataset is not installed")
    import pyarrow.parquet

    made = make_fooling_set([runs], tmp_path, form="parquet", overwrite=True)
    total = 0
    for split in ("train", "test"):
        table = pyarrow.parquet.read_table(tmp_path / "data" / f"{split}-00000-of-00001.parquet")
        total += table.num_rows
        image = table.schema.field("image").type
        assert {field.name: str(field.type) for field in image} == {"bytes": "binary", "path": "string"}
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        assert list(features) == table.schema.names
        assert features["image"] == {"_type": "Image"}
        assert features["label"] == {"names": list(DIGITS), "_type": "ClassLabel"}
        assert all(row["image"]["bytes"].startswith(b"\x89PNG") for row in table.to_pylist())
    assert total == sum(made.images.values())
    said = front_matter(tmp_path)["dataset_info"]["features"]
    assert [row["name"] for row in said] == list(features)
    assert said[1]["dtype"]["class_label"]["names"] == dict(zip(DIGITS, DIGITS, strict=True))


@pytest.mark.parametrize("form", ["folder", "parquet"])
def test_datasets_reads_it(runs, tmp_path, form, monkeypatch):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets", reason="the package datasets is not installed")
    made = make_fooling_set([runs], tmp_path / "set", form=form)
    read = datasets.load_dataset(str(tmp_path / "set"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(read[split]) for split in read} == made.images
    for row in read["test"]:
        assert canvas_hash(np.asarray(row["image"])[None]) == row["canvas_hash"]


def test_no_run_is_on_both_sides_and_the_card_names_each(runs, tmp_path):
    made = make_fooling_set([runs], tmp_path / "set", test_share=0.5)
    sides = {split: {row["run"] for row in rows_of(tmp_path / "set", split)} for split in ("train", "test")}
    assert not sides["train"] & sides["test"]
    assert [len(names) for names in sides.values()] == [2, 2]
    text = (tmp_path / "set" / "README.md").read_text(encoding="utf-8")
    for run in made.runs:
        assert f"| {run['run']} | {run['split']} |" in text
    assert front_matter(tmp_path / "set")["configs"][0]["data_files"] == [
        {"split": split, "path": f"{split}/**"} for split in ("train", "test")
    ]


def test_equal_pictures_are_there_once_at_their_most_certain(runs, tmp_path):
    shutil.copytree(runs / "lenet" / "seed-0", tmp_path / "copy")
    made = make_fooling_set([runs / "lenet", tmp_path / "copy"], tmp_path / "set")
    champions = champions_of(runs / "lenet")
    shown = Counter(one.canvas_hash for one in champions)
    rows = [row for split in made.images for row in rows_of(tmp_path / "set", split)]
    assert sorted(row["canvas_hash"] for row in rows) == sorted(shown)
    assert made.duplicates == len(champions) + 10 - len(shown)
    best = {mark: max(one.confidence for one in champions if one.canvas_hash == mark) for mark in shown}
    assert {row["canvas_hash"]: row["confidence"] for row in rows} == best
    assert {run["split"] for run in made.runs if run["run"] in ("copy", "lenet/seed-0", "seed-0")} != {
        "train",
        "test",
    }


def test_one_run_alone_is_all_for_training_and_the_card_says_so(runs, tmp_path):
    made = make_fooling_set([runs / "perceptron"], tmp_path / "set")
    assert list(made.images) == ["train"]
    assert not (tmp_path / "set" / "test").exists()
    assert "There is no split" in (tmp_path / "set" / "README.md").read_text(encoding="utf-8")


def test_champions_of_an_audit_and_of_runs_make_one_set(runs, tmp_path):
    audit_in(tmp_path / "audit")
    made = make_fooling_set([tmp_path / "audit", runs / "perceptron"], tmp_path / "set", test_share=0.5)
    rows = [row for split in made.images for row in rows_of(tmp_path / "set", split)]
    assert {row["encoding"] for row in rows} == {"cppn", "uniform-noise"}
    assert {row["generation"] is None for row in rows if row["run"] == "audit"} == {True}
    for split in made.images:
        for row in rows_of(tmp_path / "set", split):
            with Image.open(tmp_path / "set" / split / row["file_name"]) as picture:
                assert canvas_hash(np.asarray(picture)[None]) == row["canvas_hash"]


def test_only_certain_champions_where_that_is_asked_for(runs, tmp_path):
    every = champions_of(runs / "lenet")
    least = float(np.median([one.confidence for one in every]))
    made = make_fooling_set([runs / "lenet"], tmp_path / "set", min_confidence=least)
    assert made.uncertain == sum(one.confidence < least for one in every)
    assert all(
        row["confidence"] >= least for split in made.images for row in rows_of(tmp_path / "set", split)
    )
    with pytest.raises(UsageError, match="no champion has a confidence"):
        make_fooling_set([runs / "lenet"], tmp_path / "none", min_confidence=1.0)
    assert not (tmp_path / "none").exists()


def test_a_set_is_replaced_whole_and_other_files_stay(runs, tmp_path):
    out = tmp_path / "set"
    make_fooling_set([runs], out)
    (out / "mine.txt").write_text("mine")
    before = {path for path in out.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match="--overwrite"):
        make_fooling_set([runs], out)
    assert {path for path in out.rglob("*") if path.is_file()} == before
    make_fooling_set([runs / "lenet" / "seed-1"], out, overwrite=True)
    assert (out / "mine.txt").read_text() == "mine"
    assert not (out / "test").exists()
    assert len(list(out.rglob("*.png"))) == len(
        {one.canvas_hash for one in champions_of(runs / "lenet" / "seed-1")}
    )
    listed = json.loads((out / "fooling_set.json").read_text())["files"]
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert there == {*listed, "fooling_set.json", "mine.txt"}


def test_a_list_of_files_cannot_reach_out_of_the_folder(runs, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "set" / "fooling_set.json").write_text(
        json.dumps({"files": ["../mine.txt", str(tmp_path / "mine.txt")]})
    )
    make_fooling_set([runs / "perceptron"], tmp_path / "set", overwrite=True)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_classifiers_with_other_classes_need_a_set_of_their_own(runs, tmp_path):
    from foolery.engine.evolution import evolve

    evolve(load_classifier("cifar"), generations=1, batch=5, out=tmp_path / "cifar")
    with pytest.raises(UsageError, match="other classes"):
        make_fooling_set([runs, tmp_path / "cifar"], tmp_path / "set")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"form": "zip"}, "--format"),
        ({"test_share": 1.0}, "--test-share"),
        ({"min_confidence": 2}, "--min-confidence"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_written(runs, tmp_path, words, said):
    with pytest.raises(UsageError, match=said):
        make_fooling_set([runs], tmp_path / "set", **words)
    assert not (tmp_path / "set").exists()


def source(*searches: str) -> ImageSource:
    return ImageSource(Path("run"), ("a",), "", "", (), frozenset(searches))


def test_a_fifth_of_ten_searches_is_two():
    assert split_sources([source(str(number)) for number in range(10)], 0.2).count("test") == 2


def test_one_search_alone_is_for_training():
    assert split_sources([source("a"), source("a", "b")], 0.9) == ["train", "train"]


@pytest.mark.parametrize(("share", "tested"), [(0.0, 0), (0.001, 1), (0.99, 2)])
def test_both_sides_have_a_search_unless_none_is_to_be_tested(share, tested):
    assert split_sources([source("a"), source("b"), source("c")], share).count("test") == tested


@given(
    st.lists(st.sets(st.sampled_from("abcdefgh"), min_size=1, max_size=3), min_size=1, max_size=9),
    st.floats(0, 0.99),
)
def test_no_search_is_on_both_sides(searches, share):
    found = split_sources([source(*each) for each in searches], share)
    sides = {
        side: {mark for each, at in zip(searches, found, strict=True) if at == side for mark in each}
        for side in ("train", "test")
    }
    assert not sides["train"] & sides["test"]
    assert "train" in found


@given(st.permutations("abcdefg"))
def test_the_order_of_the_runs_does_not_matter(order):
    found = dict(zip(order, split_sources([source(each) for each in order], 0.4), strict=True))
    assert found == dict(
        zip("abcdefg", split_sources([source(each) for each in "abcdefg"], 0.4), strict=True)
    )


def test_chains_belong_together():
    assert len(set(search_groups([source("a"), source("b"), source("c"), source("a", "b")]))) == 2


@pytest.mark.parametrize("share", [-0.1, 1.0, 3.0])
def test_a_share_is_less_than_all(share):
    with pytest.raises(UsageError, match="--test-share"):
        split_sources([source("a")], share)
