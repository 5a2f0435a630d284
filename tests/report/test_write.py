"""``foolery.report``: from Python what the command does, for results and for what lies in folders."""

import json
import shutil

import pytest

import foolery
from foolery.audit import open_audit
from foolery.errors import UsageError
from foolery.hardening import read_arms_race
from foolery.report import open_artifact, write_report
from foolery.report.artifact import ReportOptions
from report.pages import read_page
from support.audits import audit_in
from support.command import invoke
from support.races import race_in


def tree(folder):
    """Path to content of every file."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run, an audit and an arms race."""
    folder = tmp_path_factory.mktemp("runs")
    foolery.evolve("lenet", generations=5, batch=20, seed=1, out=folder / "run")
    audit_in(folder / "audit")
    race_in(folder / "race")
    return folder


@pytest.mark.parametrize("name", ["run", "audit", "race", "."])
def test_python_and_the_command_write_the_same_files(folder, tmp_path, name):
    done = invoke("report", folder / name, "-o", tmp_path / "command", "--panel", "lenet-b")
    assert done.returncode == 0, done.stderr
    page = foolery.report(folder / name, tmp_path / "python", panel=["lenet-b"])
    assert page == tmp_path / "python" / "index.html"
    assert tree(tmp_path / "python") == tree(tmp_path / "command")
    read_page(page)


def test_a_result_shows_what_its_folder_does(folder, tmp_path):
    run = foolery.open_run(folder / "run")
    write_report(run, tmp_path / "result")
    write_report(str(folder / "run"), tmp_path / "path")
    assert tree(tmp_path / "result") == tree(tmp_path / "path")


def test_by_default_the_report_lies_in_the_folder_of_the_run(folder):
    assert write_report(folder / "run") == folder / "run" / "report" / "index.html"
    assert write_report(foolery.open_run(folder / "run"), overwrite=True).parent == folder / "run" / "report"


def test_a_result_in_memory_needs_a_folder(tmp_path):
    run = foolery.evolve("lenet", generations=1, batch=10)
    with pytest.raises(UsageError, match="out: a result that is held in memory has no folder"):
        write_report(run)
    assert read_page(write_report(run, tmp_path)).texts["h1"]


@pytest.mark.parametrize("name", ["run", "audit", "race"])
def test_everything_has_a_kind_a_card_files_and_a_page(folder, name):
    artifact = open_artifact(folder / name)
    assert artifact.kind == {"race": "arms-race"}.get(name, name)
    assert all(file.is_relative_to(folder / name) for file in artifact.files)
    card, files = artifact.card(), artifact.report_files(ReportOptions())
    assert card.kind == artifact.kind
    assert (card.about, card.headline, card.state) != ("", "", "")
    assert card.headline.replace(" %", "\u202f%") in files["index.html"].decode()
    assert {image.thumbnail for image in card.images} <= set(files)


def test_the_classifier_is_found_by_the_options_alone(folder):
    asked = []

    def find(name, fingerprint, classes):
        asked.append((name, fingerprint, len(classes)))
        return None, "It was not found"

    notes = []
    options = ReportOptions(find_classifier=find, on_note=notes.append)
    for name in ("run", "audit"):
        files = open_artifact(folder / name).report_files(options)
        assert b"It was not found." in files["index.html"]
    fingerprint = open_audit(folder / "audit").classifier.fingerprint
    assert asked == [("lenet", fingerprint, 10)] * 2
    assert notes == ["It was not found"] * 2


@pytest.mark.parametrize(
    ("source", "options", "text"),
    [
        (["run", "audit"], {}, "not some of each"),
        ([], {}, "expected at least one run"),
        (["audit"], {"figures": True}, "--figures are drawn of runs"),
        (["."], {"single_file": True}, "not with a folder of them"),
        (["nowhere"], {}, "nowhere does not exist"),
    ],
)
def test_what_cannot_be_done_is_one_line(folder, tmp_path, source, options, text):
    with pytest.raises(UsageError, match=text):
        write_report([folder / name for name in source], tmp_path, budget="0", **options)


def test_every_other_result_has_a_page_of_its_values(folder, tmp_path):
    run = foolery.open_run(folder / "run")
    for at, result in enumerate(
        (foolery.verify(run), foolery.preflight("lenet"), foolery.transfer([run], ["lenet-b"]))
    ):
        page = read_page(result.report(tmp_path / str(at)))
        assert page.texts["h1"]
    assert "Verification" in (tmp_path / "0/index.html").read_text()
    assert json.loads((tmp_path / "0/result.json").read_bytes())["passed"] is True
    assert "Match rate" in (tmp_path / "2/index.html").read_text()


def test_several_runs_and_an_audit_and_an_arms_race_that_were_opened_have_their_pages(folder, tmp_path):
    runs = foolery.evolve("lenet", seeds=[1, 2], generations=1, batch=10, out=tmp_path / "two")
    assert read_page(runs.report(tmp_path / "runs")).all("section")
    audit = foolery.open_audit(folder / "audit").report(tmp_path / "audit")
    assert tree(audit.parent) == tree(write_report(folder / "audit", tmp_path / "path").parent)
    race = read_arms_race(folder / "race").report(tmp_path / "race")
    assert "2 of 3 rounds finished" in race.read_text(encoding="utf-8")


def test_what_has_no_pages_is_named(tmp_path):
    with pytest.raises(UsageError, match="got dict, which has no pages"):
        write_report({}, tmp_path)


def test_an_unreadable_run_in_a_folder_is_named_by_its_path_from_there(folder, tmp_path):
    library = tmp_path / "library"
    shutil.copytree(folder / "run", library / "good")
    (library / "bad").mkdir()
    (library / "bad" / "run.db").write_bytes(b"no database")
    notes = []
    page = write_report(library, tmp_path / "out", budget="0", on_note=notes.append)
    text = page.read_text(encoding="utf-8")
    assert "bad/run.db" in text
    assert str(library) not in text
    assert [str(library / "bad") in note for note in notes] == [True]


def test_an_arms_race_is_one_file_too(folder, tmp_path):
    page = read_page(write_report(folder / "race", tmp_path, single_file=True))
    assert page.files() == []
    assert json.loads((tmp_path / "gallery.json").read_bytes())["files"].keys() == {"index.html"}
