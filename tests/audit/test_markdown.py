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
        "## Audit of `lenet`: failed", "### Gates", "### Attacks", "### Champions", "### Mitigations",
        "### Notes",
    ]  # fmt: skip
    for table in page.split("\n\n"):
        rows = table.splitlines()
        if rows[0].startswith("|"):
            assert len({row.count("|") for row in rows}) == 1, table


def test_what_is_missing_has_no_section(audit):
    bare = {"gates": (), "comparison": None, "champions": (), "mitigations": (), "notes": ()}
    page = summary_markdown(audit.model_copy(update=bare))
    assert [line for line in page.splitlines() if line.startswith("###")] == ["### Attacks"]


def test_the_headline_says_how_it_stands(audit):
    free = audit.model_copy(update={"gates": (), "comparison": None})
    assert headline(free) == "score 61.2"
    assert headline(free.model_copy(update={"verdict": None})) == "no score"
    assert headline(audit.model_copy(update={"state": "interrupted"})) == "interrupted, 3,200 queries so far"


def test_every_figure_of_the_verdict_has_a_line(audit):
    lines = verdict_lines(audit)
    assert lines[0] == "score 61.2 (50.0 to 70.5) of 100 (95 % interval over classes)"
    assert lines[1] == "score of each seed: 61.0, 61.4 (chance in the search)"
    assert "fooled@tpr95 60 % (40 % to 80 %) of 10 classes" in lines
    assert "above-real-median 40 % (20 % to 60 %)" in lines
    assert any(line.startswith("25 % of the champions are recognized by the panel") for line in lines)
    assert lines[-1] == "3,200 queries in 12 s, at most 20 of them twice after an interruption; budget 2000"


def test_names_of_classes_are_no_markup(audit, tmp_path):
    champion = audit.champions[0].model_copy(update={"label": "a|<b>"})
    file = write_summary(audit.model_copy(update={"champions": (champion,)}), tmp_path)
    assert "| a\\|&lt;b> |" in file.read_text()
