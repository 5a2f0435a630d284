"""Gathering: what counts as one run, and that pictures are those that were scored."""

import shutil

import numpy as np
import pytest
from PIL import Image

from foolery.canvas import canvas_hash
from foolery.engine.run import open_run
from foolery.errors import UsageError
from foolery.fooling_sets.collect import collect_sources
from support.audits import audit_in


def test_runs_below_a_folder_are_found_each_once(runs):
    found = collect_sources([runs, runs / "lenet" / "seed-1", runs / "lenet" / "seed-1" / "run.db"])
    assert [source.path.relative_to(runs).as_posix() for source in found] == [
        "lenet/seed-0", "lenet/seed-1", "lenet/seed-2", "perceptron/seed-0",
    ]  # fmt: skip
    assert {len(source.search_ids) for source in found} == {1}
    assert len(frozenset.union(*(source.search_ids for source in found))) == 4


def test_a_picture_has_everything_that_its_champion_has(runs):
    (source,) = collect_sources([runs / "lenet" / "seed-2"])
    champions = open_run(runs / "lenet" / "seed-2").champions
    assert len(source.images) == len(champions) == 10
    for one, champion in zip(source.images, champions.values(), strict=True):
        row = one.row()
        assert (row["label"], row["class"]) == (champion.index, champion.label)
        assert (row["confidence"], row["generation"]) == (champion.confidence, champion.generation)
        assert (row["seed"], row["encoding"], row["classifier"]) == (2, "cppn", "lenet")
    assert source.command == "foolery evolve -c lenet"


def test_an_audit_is_one_source_and_shares_its_search_with_the_run_in_it(tmp_path):
    audit = audit_in(tmp_path / "audit")
    (source,) = collect_sources([tmp_path])
    assert [one.canvas_hash for one in source.images] == [one.canvas_hash for one in audit.champions]
    assert {one.encoding for one in source.images} == {"uniform-noise", "cppn"}
    with Image.open(tmp_path / "audit" / audit.champions[3].image) as picture:
        assert canvas_hash(np.asarray(picture)[None]) == source.images[3].canvas_hash
    (inner,) = collect_sources([tmp_path / "audit" / "runs" / "cppn-seed-0"])
    assert inner.search_ids < source.search_ids


def test_a_copy_of_a_run_is_the_same_search(runs, tmp_path):
    shutil.copytree(runs / "lenet" / "seed-0", tmp_path / "copy")
    first, copy = collect_sources([runs / "lenet" / "seed-0", tmp_path / "copy"])
    assert first.search_ids == copy.search_ids


def test_a_picture_that_was_changed_since_is_refused(tmp_path):
    audit = audit_in(tmp_path)
    Image.new("L", (28, 28)).save(tmp_path / audit.champions[5].image)
    with pytest.raises(UsageError, match="is not the image that the audit scored"):
        collect_sources([tmp_path])


def test_a_folder_without_runs_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no run and no audit"):
        collect_sources([tmp_path])
