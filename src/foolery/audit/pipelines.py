"""An audit in the formats of pipelines: JUnit XML for its gates, SARIF 2.1.0 for what was found."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, TypeAlias
from xml.etree import ElementTree

from foolery.audit.schema import Audit, AuditedChampion
from foolery.audit.verdict import Outcome
from foolery.errors import UsageError
from foolery.files import write_atomic
from foolery.text import format_confidence

Json: TypeAlias = dict[str, Any]
SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "canvasHash/v1"
_RULES = {
    "fooled-class": "A class has an unrecognizable image that passes the TPR95 threshold of real images.",
    "gate": "A gate of the audit failed, or could not be decided.",
}


def check_files(junit: Path | str | None, sarif_file: Path | str | None, out: Path) -> None:
    """Raise UsageError where the files cannot be written; called before anything is searched.

    Args:
        junit: file for JUnit XML; None for none.
        sarif_file: file for SARIF, likewise.
        out: folder of the audit, which is made if need be.
    """
    if junit is not None and sarif_file is not None and Path(junit).absolute() == Path(sarif_file).absolute():
        raise UsageError(f"--sarif: {sarif_file} is what --junit writes; name two files")
    for option, path in (("--junit", junit), ("--sarif", sarif_file)):
        if path is not None:
            _check_writable(Path(path), option, out)


def _check_writable(path: Path, option: str, out: Path) -> None:
    folder = path.parent
    if path.is_dir() or path.absolute() == out.absolute():
        raise UsageError(f"{option}: {path} is a folder; name a file")
    if folder.absolute() == out.absolute() and not folder.exists():
        return  # it will be there when the file is written
    if not folder.is_dir():
        raise UsageError(f"{option}: the folder {folder} does not exist; make it first")
    if path.exists() and not path.is_file():
        raise UsageError(f"{option}: {path} is no ordinary file, and would be replaced; name another one")
    try:
        TemporaryFile(dir=folder).close()  # permissions do not tell: of a read-only disk, of root
    except OSError as error:
        raise UsageError(
            f"{option}: {path} cannot be written ({error.strerror}); name another file"
        ) from None


def judged(audit: Audit) -> list[tuple[str, Outcome, str]]:
    """Every gate and the comparison: what was asked, its outcome, and a sentence about it."""
    rows: list[tuple[str, Outcome, str]] = []
    for gate in audit.gates:
        value = "not known" if gate.value is None else f"{gate.value:.4g}"
        why = "" if gate.reason is None else f": {gate.reason}"
        rows.append((f"fail on {gate.expression}", gate.outcome, f"it is {value}{why}"))
    if audit.comparison is not None:
        one = audit.comparison
        why = "" if one.reason is None else f": {one.reason}"
        text = f"score {one.before:.1f} before, {one.after:.1f} now{why}"
        rows.append((f"no worse than {one.file}", one.outcome, text))
    return rows


def junit_xml(audit: Audit) -> str:
    """JUnit XML: a test case for each gate; undecided is an error, or skipped where that is allowed."""
    rows, kinds = judged(audit), {"failed": "failure", "undecided": "error"}
    if audit.allow_unfinished:
        kinds["undecided"] = "skipped"
    attributes = {
        "name": f"foolery audit {audit.classifier.name}",
        "tests": str(len(rows)),
        "time": f"{audit.budget.elapsed:.3f}",
        "timestamp": audit.started,
    }
    for plural, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        attributes[plural] = str(sum(kinds.get(outcome) == kind for _, outcome, _ in rows))
    suite = ElementTree.Element("testsuite", attributes)
    for name, outcome, text in rows:
        case = ElementTree.SubElement(suite, "testcase", classname="foolery.audit", name=name)
        if outcome in kinds:
            ElementTree.SubElement(case, kinds[outcome], message=f"{outcome}, {text}")
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def sarif(audit: Audit) -> Json:
    """A SARIF 2.1.0 log: each class that is fooled with its image, and each gate that did not pass.

    Paths are relative to the folder of the audit; the hash of the canvas is the fingerprint.
    """
    fooled = [champion for champion in audit.champions if champion.fooled]
    gates = [row for row in judged(audit) if row[1] != "passed"]
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "foolery",
                        "version": audit.versions.get("foolery", "unknown"),
                        "rules": [
                            {"id": name, "shortDescription": {"text": text}} for name, text in _RULES.items()
                        ],
                    }
                },
                "originalUriBaseIds": {"AUDIT": {"description": {"text": "The folder of the audit."}}},
                "artifacts": [_artifact(audit, champion) for champion in fooled],
                "results": [
                    *(_gate(name, outcome, text) for name, outcome, text in gates),
                    *(_fooled(champion, at) for at, champion in enumerate(fooled)),
                ],
                "properties": {"classifier": audit.classifier.name, "protocol": audit.protocol or "none"},
            }
        ],
    }


def _gate(name: str, outcome: Outcome, text: str) -> Json:
    level = "error" if outcome == "failed" else "warning"
    return {"ruleId": "gate", "level": level, "message": {"text": f"{name}: {outcome}, {text}"}}


def _fooled(champion: AuditedChampion, at: int) -> Json:
    confidence = format_confidence(champion.confidence)
    text = f"{champion.label}: an unrecognizable image of {champion.attack} passes, with {confidence}"
    return {
        "ruleId": "fooled-class",
        "level": "warning",
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": champion.image, "uriBaseId": "AUDIT", "index": at}
                },
                "logicalLocations": [{"name": champion.label, "kind": "member"}],
            }
        ],
        "partialFingerprints": {FINGERPRINT: champion.canvas_hash},
    }


def _artifact(audit: Audit, champion: AuditedChampion) -> Json:
    content = (audit.folder / champion.image).read_bytes()
    return {
        "location": {"uri": champion.image, "uriBaseId": "AUDIT"},
        "mimeType": "image/png",
        "length": len(content),
        "hashes": {"sha-256": sha256(content).hexdigest()},
    }


def write_pipeline_files(audit: Audit, junit: Path | None, sarif_file: Path | None) -> None:
    """Write the files that were asked for."""
    if junit is not None:
        write_atomic(junit, junit_xml(audit))
    if sarif_file is not None:
        write_atomic(sarif_file, json.dumps(sarif(audit), indent=1) + "\n")
