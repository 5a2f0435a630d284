"""``foolery report``: pages of runs and of folders, with the examples of the how-to page."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from support.command import invoke, is_refused, run

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "read-a-report.md"


def blocks(language: str) -> list[str]:
    """The blocks of code in the how-to page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def read(index: Path) -> str:
    return index.read_text(encoding="utf-8")


@pytest.fixture
def copy(small_run, tmp_path) -> Path:
    """The run in a folder that may be written to."""
    return Path(shutil.copytree(small_run, tmp_path / "small"))


def test_the_commands_and_the_program_of_the_page_do_what_it_says(tmp_path, mnist, monkeypatch, capsys):
    pytest.importorskip("matplotlib", reason="the extra plots is not installed")
    monkeypatch.chdir(tmp_path)
    for line in (line for block in blocks("sh") for line in block.splitlines()):
        done = invoke(*shlex.split(line)[1:])
        assert done.returncode == 0, (line, done.stderr)
    assert (tmp_path / "runs/lenet/report/index.html").is_file()
    assert (tmp_path / "overview/lenet/index.html").is_file()
    assert sorted(path.suffix for path in (tmp_path / "with-figures/figures").iterdir()) == [
        ".pdf", ".pdf", ".png", ".png",
    ]  # fmt: skip
    assert "Other classifiers" in read(tmp_path / "with-others/index.html")
    (program,) = blocks("python")
    capsys.readouterr()
    exec(compile(program, str(PAGE), "exec"), {})
    assert capsys.readouterr().out == "from-python/index.html\n"


def test_json_says_where_the_page_is(copy):
    done = invoke("report", copy, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"page": str(copy / "report" / "index.html"), "runs": 1, "broken": 0}


def test_several_runs_are_one_page(copy, tmp_path):
    other = shutil.copytree(copy, tmp_path / "other")
    done = invoke("report", copy, other, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert read(tmp_path / "out/index.html").count('class="run"') == 2


def test_a_budget_of_0_asks_nobody(copy):
    done = invoke("report", copy, "--budget", "0")
    assert done.returncode == 0, done.stderr
    assert '"top":[]' in read(copy / "report/data/run-1/0003.js")


def test_a_damaged_run_gets_a_page_that_says_so(copy):
    (copy / "run.db").write_bytes((copy / "run.db").read_bytes()[:9000])
    done = invoke("report", copy)
    assert done.returncode == 0
    assert "cut short" in done.stderr
    assert "Traceback" not in done.stderr
    assert "small cannot be read" in read(copy / "report/index.html")
    assert "cut short" in read(copy / "report/index.html")


def test_a_run_whose_classifier_is_code_is_shown_and_not_asked(tmp_path, small_run):
    from foolery.runs import RunWriter, open_run_file

    known = open_run_file(small_run)
    settings = known.settings.model_copy(update={"classifier": "python:nowhere:boom"})
    writer = RunWriter.create(tmp_path / "run", settings, known.provenances[0], keep_genomes=True)
    writer.close("interrupted")
    done = invoke("report", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "not loaded because a run file says so" in done.stderr
    assert "no champions yet" in read(tmp_path / "run/report/index.html")


def test_a_folder_gets_an_index_with_a_card_for_each(copy, tmp_path):
    folder = tmp_path / "folder"
    for name in ("one", "a b/<i>two</i>", "a-b/-i-two-i-"):
        shutil.copytree(copy, folder / name)
    (folder / "broken").mkdir()
    (folder / "broken/run.db").write_bytes(b"SQLite format 3\0" + b"\0" * 100)
    done = invoke("report", folder, "-o", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"page": str(tmp_path / "out/index.html"), "runs": 4, "broken": 1}
    text = read(tmp_path / "out/index.html")
    assert "4 runs in folder" in text
    assert "<i>two</i>" not in text
    assert "cannot be read" in text
    links = re.findall(r'href="([^"]+/index.html)"', text)
    assert len(set(links)) == 3
    for address in [*links, *re.findall(r'<img src="([^"]+)"', text)]:
        assert (tmp_path / "out" / address).is_file(), address
    again = invoke("report", folder, "-o", tmp_path / "out")
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere",), "nowhere does not exist"),
        (("empty",), "no run and no audit"),
        (("small", "empty"), "no run and no audit"),
        (("small", "--panel", "lenett"), "lenett"),
        (("small", "--data", "mnistt"), "mnistt"),
        (("small", "--single-file", "--figures"), "--single-file"),
        (("small", "--trust"), "--classifier"),
        (("small", "--budget", "many"), "budget"),
        (("small", "-o", "taken"), "--overwrite"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_the_remedy(copy, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    is_refused(invoke("report", *words), said)


def test_help_is_short():
    done = run("report", "--help")
    assert done.returncode == 0
    assert "RUN|AUDIT|FOLDER" in done.stdout
