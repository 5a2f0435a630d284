"""``foolery lineage``: goal switches and the tree of a run."""

import json
from xml.etree import ElementTree as Xml

from support.command import invoke, is_refused


def test_goal_switches_are_counted_class_by_class(small_run):
    found = json.loads(invoke("lineage", small_run, "--json").stdout)
    assert found["tree"]["classes"] == 10
    assert len(found["classes"]) == 10
    for each in found["classes"]:
        assert 0 <= each["goal_switches"] <= each["new_champions"]
    mean = sum(each["goal_switches"] for each in found["classes"]) / 10
    assert found["goal_switches"] == mean


def test_the_tree_is_written_twice(small_run, tmp_path):
    shown = invoke("lineage", small_run, "-o", tmp_path / "tree")
    assert shown.returncode == 0, shown.stderr
    assert "10 classes won by" in shown.stdout
    root = Xml.parse(tmp_path / "tree" / "tree.svg").getroot()
    texts = ["".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert set("0123456789") <= set(texts)
    assert (tmp_path / "tree" / "tree.nwk").read_text().endswith(";\n")


def test_a_folder_without_a_run_is_refused(tmp_path):
    is_refused(invoke("lineage", tmp_path), "run.db")
