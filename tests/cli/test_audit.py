"""``foolery audit``: its words, its exit codes, and the examples of the how-to page."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import foolery
from foolery.audit import AuditConfig, run_audit
from foolery.audit.budget import QueryCounter
from support.command import invoke, is_refused, run

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "audit-your-model.md"
SMALL = ("--data", "mnist", "--budget", "1500", "--attacks", "tiles,cppn")

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytestmark = pytest.mark.usefixtures("mnist")


def blocks(language):
    """The blocks of code in the how-to page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def audited(mnist, tmp_path_factory):
    """A small audit of the shipped network that fails its gate, and what was printed."""
    out = tmp_path_factory.mktemp("audits") / "one"
    return out, invoke(
        "audit", "lenet", *SMALL, "--mitigations", "--out", out, "--fail-on", "fooled@tpr95 > 0.3"
    )


def test_a_gate_that_fails_ends_with_1_and_is_named(audited):
    out, finished = audited
    assert finished.returncode == 1
    assert finished.stderr.splitlines()[-1] == ("error: audit: 1 of the checks failed: fooled@tpr95 > 0.3")
    assert "FAIL: fail on `fooled@tpr95 > 0.3`, and it is" in (out / "summary.md").read_text()


def test_the_first_line_says_speed_budget_and_time(audited):
    first = audited[1].stderr.splitlines()[0]
    pattern = r"measured [\d,]+ images/s; budget 1,500 queries for each of 3 seeds: about \d+ s or more"
    pattern += "; gates can be decided"
    assert re.fullmatch(pattern, first)


def test_a_gate_on_a_search_that_the_time_cut_short_is_undecided_and_fails(tmp_path):
    """What was seen: 1,500 of 300,000 queries were made, few classes were fooled, and the gate passed."""
    words = ("--data", "mnist", "--max-images", "100", "--budget", "3000000,6s", "--attacks", "tiles,direct")
    gate = ("--fail-on", "fooled@tpr95 > 0.99")
    done = invoke("audit", "lenet-acet", *words, *gate, "--out", tmp_path / "a")
    assert done.returncode == 1
    assert "gates can fail and cannot pass" in done.stderr.splitlines()[0]
    assert "1 of the checks undecided: fooled@tpr95 > 0.99" in done.stderr.splitlines()[-1]
    assert "--allow-unfinished lets it pass" in done.stderr.splitlines()[-1]
    assert "\naudit       lenet-acet: undecided" in done.stdout
    audit = json.loads((tmp_path / "a" / "audit.json").read_text())
    assert audit["budget"]["spent"] < 3_000_000
    again = ("--out", tmp_path / "a", "--resume", "--allow-unfinished")
    assert invoke("audit", "lenet-acet", *words, *gate, *again).returncode == 0


def test_a_summary_for_people_and_one_for_pull_requests(audited):
    out, finished = audited
    assert finished.stdout.startswith("mnist: 10,000 images of 10 classes (892 to 1,135 of each)\n")
    assert "\naudit       lenet: failed\n- score " in finished.stdout
    page = (out / "summary.md").read_text()
    for heading in (
        "## Audit of `lenet`: failed",
        "### Gates",
        "### Attacks",
        "### Champions",
        "### Mitigations",
    ):
        assert heading in page
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert len({row.count("|") for row in rows if "tiles" in row or "cppn" in row}) <= 2


def test_resumed_it_is_judged_again_by_other_gates(audited):
    out, _ = audited
    again = invoke("audit", "lenet", *SMALL, "--out", out, "--resume", "--fail-on", "score < 1", "--json")
    assert again.returncode == 0, again.stderr
    audit = json.loads(again.stdout)
    assert audit == json.loads((out / "audit.json").read_text())
    assert audit["gates"] == [
        {
            "expression": "score < 1",
            "value": audit["verdict"]["score"]["value"],
            "outcome": "passed",
            "reason": None,
        }
    ]


def test_an_earlier_audit_of_the_same_is_no_regression(audited, tmp_path):
    out, _ = audited
    words = ("audit", "lenet", *SMALL, "--out", tmp_path / "a", "--baseline", out / "audit.json", "--json")
    audit = json.loads(invoke(*words).stdout)["comparison"]
    assert (audit["difference"]["value"], audit["outcome"]) == (0.0, "passed")


#: Fields that tell when, how fast and how an audit was started.
TIMES = {"command", "started", "elapsed", "rate", "seconds"}


def without_times(value):
    """An audit without what differs from one time to the next."""
    if isinstance(value, dict):
        return {name: without_times(one) for name, one in value.items() if name not in TIMES}
    return [without_times(one) for one in value] if isinstance(value, list) else value


def test_python_and_the_command_line_give_the_same_audit(tmp_path):
    """With panel, transfer attack, mitigations of all kinds and gates."""
    gates = ["score < 5", "recognized > 90%"]
    words = ["--data", "mnist", "--budget", "1500", "--max-images", "1000", "--seed", "3"]
    words += ["--ensemble", "lenet-b", "--hardened", "lenet-acet", "--panel", "perceptron,digits-knn"]
    words += [word for gate in gates for word in ("--fail-on", gate)]
    typed = invoke("audit", "lenet", *words, "--out", tmp_path / "typed", "--json")
    called = foolery.audit(
        "lenet",
        data="mnist",
        budget=1500,
        max_images=1000,
        seed=3,
        ensemble="lenet-b",
        hardened=foolery.load_classifier("lenet-acet"),
        panel=["perceptron", foolery.load_classifier("digits-knn")],
        fail_on=gates,
        out=tmp_path / "called",
    )
    audit = json.loads(typed.stdout)
    assert without_times(called.to_dict()) == without_times(audit)
    for folder in ("typed", "called"):
        written = json.loads((tmp_path / folder / "audit.json").read_text())
        assert without_times(written) == without_times(audit)
    status = {one["name"]: one["status"] for one in audit["attacks"]}
    assert status["transfer"] == status["cppn"] == "finished"
    assert audit["panel"] == ["perceptron", "digits-knn"]
    assert audit["verdict"]["score_unrecognizable"] is not None
    assert {"ensemble", "hardened"} <= {one["mitigation"].split()[0] for one in audit["mitigations"]}


def test_the_defaults_of_python_and_the_command_line_are_the_same(mnist, tmp_path):
    """So is what a default stands for: the panel for digits, all attacks, the comparison with a baseline."""
    first = invoke("audit", "lenet", *SMALL[:4], "--seeds", "3", "--out", tmp_path / "first")
    assert first.returncode == 0, first.stderr
    typed = invoke(
        "audit", "lenet", *SMALL[:4], "--baseline", tmp_path / "first", "--out", tmp_path / "typed", "--json"
    )
    config = AuditConfig(
        data=mnist, data_name="mnist", budget="1500", baseline=tmp_path / "first", out=tmp_path / "called"
    )
    called = run_audit(foolery.load_classifier("lenet"), config)
    assert without_times(called.to_dict()) == without_times(json.loads(typed.stdout))
    assert "lenet-b" in called.panel
    assert called.comparison.difference.value == 0.0


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--fail-on", "fooled@tpr96 > 0.3"], ["--fail-on", "did you mean fooled@tpr9"]),
        (["--fail-on", "fooled@keep95 > 0.3"], ["--fail-on", "'fooled@keep95' is called 'fooled@tpr95' now"]),
        (["--attacks", "starter"], ["--attacks", "'starter' is called 'transfer' now"]),
        (["--fail-on", "score"], ["--fail-on", "NAME OP NUMBER"]),
        (["--attacks", "cpn"], ["--attacks", "did you mean cppn"]),
        (["--budget", "10"], ["--budget", "at least 1000"]),
        (["--budget", "soon"], ["budget", "'soon'"]),
        (["--budget", "5m", "--fail-on", "score < 5"], ["--fail-on", "give queries too", "300000,5m"]),
        (["--seeds", "0"], ["--seeds", "got 0"]),
        (["--baseline", "nowhere.json"], ["nowhere.json", "does not exist"]),
        (["--panel", "lenet"], ["--panel", "is the audited classifier"]),
        (["--attacks", ""], ["--attacks", "at least one name"]),
        (["--seed", "-1"], ["seed", "got -1"]),
        (["--hardened", "cifar"], ["--hardened", "expected the 10 classes of lenet"]),
        (["--ensemble", "lenet"], ["--ensemble", "is the audited classifier"]),
        (["--panel", "cifar"], ["--panel", "knows none of the classes"]),
        (["--data", "folder:nowhere"], ["folder:nowhere", "no such folder"]),
        (["--champions", "nowhere"], ["nowhere", "does not exist"]),
        (["--champions", "a", "--attacks", "tiles"], ["--champions", "leave out"]),
        (["--max-images", "3"], ["--max-images", "got 3"]),
        (["--resume", "--overwrite"], ["--resume", "--overwrite"]),
    ],
    ids=" ".join,
)
def test_what_cannot_be_used_is_said_before_anything_runs(tmp_path, words, expected):
    out = tmp_path / "a"
    refused = invoke("audit", "lenet", "--data", "mnist", "--out", out, *words)
    is_refused(refused, *expected, after_reading=" images of " in refused.stdout)
    assert not out.exists()


def test_pictures_that_cannot_be_used_leave_nothing_behind(tmp_path):
    out = tmp_path / "a"
    refused = invoke("audit", "cifar", "--data", "mnist", "--out", out)
    assert refused.returncode == 2
    assert "no class name agrees" in refused.stderr.splitlines()[-1]
    assert not out.exists()


def test_a_gate_on_a_score_needs_data(tmp_path):
    is_refused(invoke("audit", "lenet", "--out", tmp_path / "a", "--fail-on", "score < 50"), "--data")


def test_an_interrupted_audit_says_how_to_go_on(tmp_path):
    out = tmp_path / "a"
    words = [
        "audit",
        "lenet",
        "--data",
        "mnist",
        "--budget",
        "400000",
        "--attacks",
        "cppn",
        "--out",
        str(out),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "foolery", *words], stderr=subprocess.PIPE, text=True, env=os.environ
    )
    deadline = time.monotonic() + 60
    counter = QueryCounter(out / "runs" / "cppn-seed-0")
    while counter.read()[0] < 2000 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"{out} is saved: repeat the command with --resume to continue" in stderr.splitlines()[-1]
    audit = json.loads((out / "audit.json").read_text())
    assert audit["state"] == "interrupted"
    assert audit["champions"]
    assert all((out / one["image"]).is_file() for one in audit["champions"])


def test_the_examples_of_the_page(tmp_path):
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(commands) >= 4
    for command in commands:
        words = shlex.split(command)
        assert words.pop(0) == "foolery"
        finished = run(*words, cwd=tmp_path)
        expected = 1 if "--fail-on" in words else 0
        assert finished.returncode == expected, finished


@pytest.mark.parametrize("code", blocks("python"), ids=["options", "attack"])
def test_the_python_examples_of_the_page(tmp_path, code):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert 0 <= float(done.stdout) <= 100, done.stderr


def test_every_figure_and_every_attack_is_on_the_page():
    from foolery.audit.attacks import select_attacks
    from foolery.audit.gates import FIGURES
    from foolery.data.synthetic import synthetic_kinds

    page = PAGE.read_text(encoding="utf-8")
    for figure in FIGURES:
        assert f"`{figure}`" in page
    synthetic = {kind.name for kind in synthetic_kinds()}
    for attack in select_attacks():
        assert attack.name in synthetic or f"| `{attack.name}` | {attack.weight:g} |" in page
