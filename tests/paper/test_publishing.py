"""Pages are made from stored figures alone: the documentation's own, judged again, are what they were."""

import json
import shutil
from pathlib import Path

import pytest

from foolery.errors import UsageError
from foolery.paper.publishing import judge_again
from foolery.paper.verdicts import MIN_UNITS, NO_VERDICT, NOT_TESTED

pytest.importorskip("scipy", reason="the extra paper is not installed")

PAGES = Path(__file__).parents[2] / "docs" / "results" / "reproduce"


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("pages") / "reproduce"
    shutil.copytree(PAGES, folder)
    return folder


def test_the_documentation_s_pages_are_what_today_s_rules_give(copied):
    judged = judge_again(copied)
    assert len(judged) >= 16
    for path in sorted(PAGES.iterdir()):
        assert (copied / path.name).read_bytes() == path.read_bytes(), (
            f"{path.name}: run foolery reproduce all --page-from docs/results/reproduce"
        )


def test_no_page_has_a_verdict_on_fewer_than_five_units(copied):
    for content in judge_again(copied).values():
        for finding in content["findings"]:
            judged = finding["verdict"] not in (NO_VERDICT, NOT_TESTED)
            assert not judged or (finding["unit"] and finding["units"] >= MIN_UNITS), finding["claim"]
            assert not judged or content["full_scale"], finding["claim"]


def test_four_of_the_runs_of_fig4_lose_their_verdicts(tmp_path):
    content = json.loads((PAGES / "fig4.json").read_text())
    content["figures"]["runs"] = content["figures"]["runs"][:4]
    (tmp_path / "fig4.json").write_text(json.dumps(content))
    judged = judge_again(tmp_path, ["fig4"])["fig4"]
    assert {each["verdict"] for each in judged["findings"]} == {NOT_TESTED}
    assert all("4 runs, and a verdict needs at least 5" in each["reason"] for each in judged["findings"])
    assert "4 of the paper's 50 runs" in (tmp_path / "fig4.md").read_text()


def test_what_cannot_be_judged_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"page-from: no .*fig4\.json; run foolery reproduce fig4"):
        judge_again(tmp_path, ["fig4"])
    with pytest.raises(UsageError, match="holds no result"):
        judge_again(tmp_path)
    (tmp_path / "fig4.json").write_text('{"figures": {"runs": 3}}')
    with pytest.raises(UsageError, match="not the figures of fig4"):
        judge_again(tmp_path, ["fig4"])
    (tmp_path / "fig4.json").write_text("[1")
    with pytest.raises(UsageError, match=r"fig4\.json: cannot be read"):
        judge_again(tmp_path, ["fig4"])
