"""The page of an audit: its result first, then the best image of every class."""

import json

import numpy as np
import pytest

from foolery.classifiers import load_classifier
from foolery.errors import UsageError
from foolery.report import make_audit_report, open_artifact
from foolery.report.audit_page import audit_files
from foolery.report.audit_summary import audit_section, curve_plot
from foolery.report.write import write_files
from report.pages import read_page
from support.audits import audit_in
from support.command import invoke


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    audit_in(folder)
    return folder


@pytest.fixture(scope="module")
def shown(folder):
    return make_audit_report(folder, load_classifier("lenet"))


def test_the_result_stands_first_with_its_gates_tables_and_curve(shown, tmp_path):
    page = read_page(write_files(audit_files(shown), tmp_path / "out"))
    assert page.texts["h1"] == ["lenet is fooled in 6 of 10 classes"]
    assert page.texts["h2"][:2] == ["Result", "Highest confidence"]
    assert "61.2" in page.texts["dd"]
    assert "score of 100 (50.0 to 70.5)" in page.texts["dt"]
    assert "fail on fooled@tpr95 > 0.3" in page.texts["code"]
    assert "no worse than old.json" in page.texts["code"]
    gates = [
        at["class"] for name, at in page.elements if name == "li" and at.get("class") in ("passed", "failed")
    ]
    assert gates == ["failed", "passed", "failed"]
    assert "ascent, skipped: no <gradients>" in page.texts["th"]
    assert "reject below TPR95" in page.texts["th"]
    assert any("A note with <b>markup</b>." in text for text in page.texts["li"])


def test_pictures_of_a_run_have_all_that_is_known_and_others_what_was_asked(shown, folder, tmp_path):
    index = write_files(audit_files(shown), tmp_path / "out")

    def record(at):
        text = (index.parent / f"data/run-1/{at:04d}.js").read_text()
        return json.loads(text[text.index(",") + 1 : -3])

    noise, evolved = record(0), record(7)
    assert dict(noise["facts"])["Attack"] == "uniform-noise, seed 0"
    assert (noise["graph"], noise["ancestry"]) == (None, None)
    assert "genome" not in noise
    assert len(noise["top"]) == 5
    assert dict(evolved["facts"])["Recognized by"] == "25.0 % of the panel"
    assert evolved["graph"]["outputs"] == 1
    assert json.loads(evolved["genome"]["text"])["class"] == "7"
    attacks = [at["data-e"] for name, at in read_page(index).elements if name == "li" and "data-e" in at]
    assert attacks == ["uniform-noise"] * 2 + ["cppn"] * 8


def test_the_curve_climbs_to_what_each_seed_reached(shown):
    plot = curve_plot(shown.audit)
    assert plot.rows[0] == ("100", "0 %", "0 %")
    assert plot.rows[-1] == ("2,000", "60.0 %", "50.0 %")
    for shape in plot.shapes:
        heights = [1000 - float(pair.split(",")[1]) for pair in shape.points.split()]
        assert heights == sorted(heights)


def test_an_audit_without_real_pictures_has_no_score_and_says_why(folder, tmp_path):
    audit = make_audit_report(folder).audit
    bare = audit.model_copy(
        update={
            "reference": None, "curves": (), "gates": (), "comparison": None, "mitigations": (),
            "state": "partial",
            "verdict": audit.verdict.model_copy(
                update={"score": None, "fooled_at_tpr95": None, "above_real_median": None,
                        "fooled_by_any": None, "attackers": (), "previous": None, "queries_to_half": None}
            ),
        }
    )  # fmt: skip
    view = audit_section(bare)
    assert "no threshold and no score" in view.method
    assert view.curve is None
    assert not any("score" in fact.name for fact in view.figures)
    nothing = audit_section(bare.model_copy(update={"verdict": None, "attacks": ()}))
    assert [fact.name for fact in nothing.figures] == ["queries", "time"]


def test_mitigations_are_in_the_units_of_their_metric(shown):
    def rows(**changes):
        changed = (shown.audit.mitigations[0].model_copy(update=changes),)
        audit = shown.audit.model_copy(update={"mitigations": changed})
        (table,) = [each for each in audit_section(audit).tables if each.title == "Mitigations"]
        return table.rows[0][1:3]

    assert rows(before=1.0, after=0.125) == ("100 %", "12.5 %")
    assert rows(figure="score, fresh attack", before=37.14, after=100.0) == ("37.1", "100.0")
    assert rows(before=None, after=0.0) == ("–", "0 %")


def test_another_classifier_is_not_asked(folder):
    report = make_audit_report(folder, load_classifier("lenet-b"))
    assert not any(each.top for each in report.details.values())
    assert "lenet-b is not what was audited" in report.notes[0]


@pytest.mark.parametrize("image", ["../secret.png", "/etc/passwd", "a\\..\\b.png", "champions/link.png"])
def test_no_path_leads_out_of_the_folder(tmp_path, image):
    audit = audit_in(tmp_path / "audit")
    (tmp_path / "secret.png").write_bytes((tmp_path / "audit" / audit.champions[0].image).read_bytes())
    (tmp_path / "audit/champions/link.png").symlink_to(tmp_path / "secret.png")
    first = audit.champions[0].model_copy(update={"image": image})
    from foolery.audit.storage import write_audit

    write_audit(audit.model_copy(update={"champions": (first,)}), tmp_path / "audit")
    with pytest.raises(UsageError, match="leads out of its folder"):
        make_audit_report(tmp_path / "audit")


def test_a_picture_that_is_missing_or_none_is_named(tmp_path):
    audit_in(tmp_path)
    (tmp_path / "champions/0003_3.png").write_bytes(b"no picture")
    with pytest.raises(UsageError, match=r"0003_3.png cannot be read"):
        make_audit_report(tmp_path)


def test_a_run_that_is_damaged_costs_its_details_only(tmp_path):
    audit_in(tmp_path)
    (tmp_path / "runs/cppn-seed-0/run.db").write_bytes(b"damaged")
    report = make_audit_report(tmp_path)
    assert "left out" in report.notes[0]
    assert len(report.details) == 10
    assert all(each.graph is None for each in report.details.values())


def test_the_command_writes_it_alone_and_in_an_index(folder, tmp_path):
    done = invoke("report", folder, "-o", tmp_path / "out", "--data", "mnist")
    if "mnist" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    page = read_page(tmp_path / "out/index.html")
    assert np.sum(["real/" in at.get("src", "") for at in page.all("img")]) == 6
    single = invoke("report", folder / "audit.json", "-o", tmp_path / "one", "--single-file")
    assert single.returncode == 0, single.stderr
    library = tmp_path / "library"
    audit_in(library / "first")
    many = invoke("report", library, "-o", tmp_path / "many")
    assert many.returncode == 0, many.stderr
    text = (tmp_path / "many/index.html").read_text(encoding="utf-8")
    assert "1 audit in library" in text
    assert "score 61.2 of 100" in text
    assert (tmp_path / "many/first/index.html").is_file()


def test_the_card_says_the_score_and_how_many_gates_passed(folder):
    card = open_artifact(folder).card()
    assert card.headline == "lenet is fooled in 6 of 10 classes"
    assert card.state == "finished, score 61.2 of 100, 1 of 2 gates passed"
    assert card.attention
    assert len(card.images) == 5
