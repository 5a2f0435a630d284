"""Lineages: goal switches counted by hand, and trees that other programs can read."""

import re
from xml.etree import ElementTree as Xml

import numpy as np
import pytest

from foolery.analysis.lineage import (
    goal_switches,
    lineage_tree,
    newick,
    postorder,
    trace_lineage,
    tree_summary,
)
from foolery.engine.evolution import evolve
from foolery.engine.run import make_run_result
from foolery.errors import UsageError
from foolery.report.lineage_svg import tree_svg
from foolery.runs import (
    ChampionRow,
    GenerationStats,
    History,
    Individual,
    Replacement,
    RunFile,
    open_run_file,
)
from support.results import provenance, run_result


def run_file(individuals, reigns, classes=("a", "b", "it's c")):
    """A run of hand-made lineages: ``(number, generation, parent)`` and ``(cell, individual, previous)``."""
    born = {number: generation for number, generation, _ in individuals}
    rows = [Replacement(cell, one, born[one], 0.0, 0.0, 1.0, previous) for cell, one, previous in reigns]
    last = {row.cell: row for row in rows}
    champions = tuple(
        ChampionRow(cell, row.individual, row.generation, 0.0, 0.0, 1.0, "0" * 64, b"")
        for cell, row in sorted(last.items())
    )
    settings = run_result(classes=classes, confidences=(0.9,) * len(classes)).settings
    moments = [GenerationStats(at, at, 0, 0.0, 0.0, 0.0, 0.0, 0.0) for at in range(10)]
    given = run_result(classes=classes, confidences=(0.9,) * len(classes))
    base = {
        "path": None, "status": "finished", "keeps_genomes": True, "settings": settings,
        "provenances": (provenance(),), "history": History.of(moments), "champions": champions,
        "individuals": tuple(Individual(n, g, p, None, b"") for n, g, p in individuals),
        "replacements": tuple(sorted(rows, key=lambda row: (row.generation, row.cell))),
    }  # fmt: skip
    assert given.settings.cells == tuple(range(len(classes)))
    return RunFile(**base)


#: 0 founds all; 5 improves a; 6, a child of 5, takes b from 0 (5 held only a: a switch); 7 improves b;
#: 8, a child of 7, takes a (a switch); 9, a child of 0, improves c.
BY_HAND = run_file(
    [(0, 0, None), (5, 1, 0), (6, 2, 5), (7, 3, 6), (8, 4, 7), (9, 5, 0)],
    [(0, 0, None), (1, 0, None), (2, 0, None), (0, 5, 0), (1, 6, 0), (1, 7, 6), (0, 8, 5), (2, 9, 0)],
)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    folder = tmp_path_factory.mktemp("lineage") / "run"
    evolve("lenet", generations=30, batch=40, out=folder)
    return open_run_file(folder)


def test_a_switch_is_a_child_of_another_classs_champion():
    found = goal_switches(BY_HAND)
    assert found.champions.tolist() == [2, 2, 1]
    assert found.switches.tolist() == [1, 1, 0]
    assert found.mean == pytest.approx(2 / 3)
    assert found.share == pytest.approx(2 / 5)
    assert found.spread == pytest.approx(np.std([1, 1, 0], ddof=1))


def test_before_anything_bred_there_are_none():
    found = goal_switches(run_file([(0, 0, None)], [(cell, 0, None) for cell in range(3)]))
    assert found.champions.sum() == 0
    assert np.isnan(found.share)


def test_the_tree_keeps_branches_and_holders():
    assert tree_summary(lineage_tree(BY_HAND)) == {
        "classes": 3, "individuals": 3, "founders": 1, "branch_points": 1,
    }  # fmt: skip
    assert newick(lineage_tree(BY_HAND)) == "((('a':1,'b':0)'#7':3,'it''s c':5)'#0':1);"


def test_an_individual_that_holds_several_classes_has_a_leaf_for_each():
    text = newick(lineage_tree(run_file([(0, 0, None)], [(cell, 0, None) for cell in range(3)])))
    assert text == "(('a':0,'b':0,'it''s c':0)'#0':1);"


def test_a_run_without_champions_has_no_tree():
    with pytest.raises(UsageError, match="no champions yet"):
        lineage_tree(run_file([], []))


def test_in_a_real_run_every_class_is_a_leaf_and_lengths_add_up_to_its_birth(real):
    root = lineage_tree(real)
    text = newick(root)
    leaves = dict(re.findall(r"'(\d)':(\d+)", text))
    assert sorted(leaves) == list("0123456789")
    assert text.count("(") == text.count(")")
    for node in postorder(root):
        assert all(child.generation > node.generation for child in node.children)
        assert len(node.children) != 1 or node.labels or node is root or node.number is None
    found = goal_switches(real)
    assert found.champions.sum() == sum(each.generation > 0 for each in real.replacements)
    lines = {one.number for row in real.champions for one in real.lineage(row.individual)}
    assert {node.number for node in postorder(root)} - {None} <= lines


def test_the_picture_has_every_class_and_every_champion(real):
    champions = {label: one.canvas for label, one in make_run_result(real).champions.items()}
    root = Xml.fromstring(tree_svg(lineage_tree(real), champions, real.generation))
    space = "{http://www.w3.org/2000/svg}"
    assert len(list(root.iter(f"{space}image"))) == 10
    texts = [each.text for each in root.iter(f"{space}text")]
    assert set("0123456789") <= set(texts)
    height = float(root.attrib["height"])
    assert all(0 < float(each.attrib["y"]) < height for each in root.iter(f"{space}text"))


def test_many_classes_are_drawn_without_pictures():
    names = tuple(f"<{at}>" for at in range(200))
    made = run_file([(at, 0, None) for at in range(200)], [(at, at, None) for at in range(200)], names)
    canvases = {name: np.zeros((1, 4, 4), np.uint8) for name in names}
    text = tree_svg(lineage_tree(made), canvases, 9)
    assert "<image" not in text
    assert "&lt;7&gt;" in text
    Xml.fromstring(text)


def test_a_lineage_is_traced_from_a_run_file_a_folder_or_a_result(real, tmp_path):
    traced = trace_lineage(real)
    assert traced.to_dict()["goal_switches"] == goal_switches(real).mean
    assert traced.newick() == newick(lineage_tree(real))
    assert trace_lineage(real.path.parent).to_dict() == traced.to_dict()
    assert trace_lineage(make_run_result(real)).to_dict() == traced.to_dict()
    with pytest.raises(UsageError, match="needs the run file"):
        trace_lineage(evolve("lenet", generations=1, batch=5))
