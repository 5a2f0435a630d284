"""``summary.md``: what stands on the page, and what stands first."""

import pytest

from foolery.audit.markdown import headline, summary_markdown, verdict_lines, write_summary
from support.audits import audit_in

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    return audit_in(tmp_path_factory.mktemp("audits") / "one")


def test_the_page_has_every_section_with_whole_tables(audit):
    page = summary_markdown(audit)
    headings = [line for line in page.splitlines() if line.startswith("#")]
    assert headings == [
        "## Audit of `lenet`: failed", "### Gates", "### What now", "### Attacks",
        "### Champions", "### Mitigations",
        "### Notes",
    ]  # fmt: skip
    for table in page.split("\n\n"):
        rows = table.splitlines()
        if rows[0].startswith("|"):
            assert len({row.count("|") for row in rows}) == 1, table


def test_what_is_missing_has_no_section(audit):
    bare = {"gates": (), "comparison": None, "champions": (), "mitigations": (), "notes": ()}
    page = summary_markdown(audit.model_copy(update=bare))
    assert [line for line in page.splitlines() if line.startswith("###")] == ["### What now", "### Attacks"]


def test_the_headline_says_how_it_stands(audit):
    free = audit.model_copy(update={"gates": (), "comparison": None})
    assert headline(free) == "score 61.2"
    assert headline(free.model_copy(update={"verdict": None})) == "no score"
    assert headline(audit.model_copy(update={"state": "interrupted"})) == "interrupted, 3,200 queries so far"


def test_every_figure_of_the_verdict_has_a_line(audit):
    lines = verdict_lines(audit)
    score = "score 61.2 (50.0 to 70.5) of 100 (95 % interval over classes and seeds)"
    assert lines[0] == f"{score}, best single attack cppn"
    assert lines[1] == "score of each seed: 61.0, 61.4"
    assert "score of the quickest attack per class 55.5 (50.5 to 60.5)" in lines
    assert "fooled@tpr95 50 % (30 % to 70 %) of 10 classes by the best single attack" in lines
    assert "fooled@tpr95 60 % (40 % to 80 %) of 10 classes by any attack" in lines
    rates = "50 % at TPR 80 %, 50 % at TPR 90 %, 50 % at TPR 95 %, – at TPR 99 %"
    detection = "AUROC of real images against champions 0.333 (0.200 to 0.500), AUPR 0.400"
    assert f"{detection}; FPR {rates}" in lines
    assert (
        "previous score 12.3 (10.0 to 15.0): the score of earlier versions, for this version alone" in lines
    )
    assert "above-real-median 40 % (20 % to 60 %)" in lines
    assert any(line.startswith("25 % of the champions are recognized by the panel") for line in lines)
    assert lines[-1] == "3,200 queries in 12 s, at most 20 of them twice after an interruption; budget 2000"


def test_names_of_classes_are_no_markup(audit, tmp_path):
    champion = audit.champions[0].model_copy(update={"label": "a|<b>"})
    file = write_summary(audit.model_copy(update={"champions": (champion,)}), tmp_path)
    assert "| a\\|&lt;b> |" in file.read_text()
