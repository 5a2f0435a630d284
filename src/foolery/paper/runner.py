"""Conduct: run a prepared reproduction, and write down what it gave."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foolery.engine.provenance import machine_name, package_versions
from foolery.files import write_atomic
from foolery.paper.experiment import Reproduction, ReproductionOutcome
from foolery.paper.pages import overview_page, result_page
from foolery.paper.prepare import PreparedReproduction
from foolery.paper.registry import ALL, REPRODUCTIONS, select_reproductions

_NUMBERS = re.compile(r"\[\n\s*((?:-?\d[\d.eE+-]*,?\n\s*)+)\]")  # a line break is in no JSON text
RESULT_FILE, PAGE_FILE, PICTURE_FILE = "result.json", "page.md", "picture.png"


@dataclass(frozen=True)
class ReproductionResult:
    """A reproduction and what it gave.

    Attributes:
        reproduction: that was run.
        outcome: of it.
        content: of ``result.json``: JSON values, without paths of this machine.
    """

    reproduction: Reproduction
    outcome: ReproductionOutcome
    content: Mapping[str, Any]


def run_reproduction(prepared: PreparedReproduction, out: Path) -> ReproductionResult:
    """Run it, and write ``result.json``, ``page.md`` and ``picture.png`` to the folder ``out``/NAME.

    Raises:
        KeyboardInterrupt: passed on; what was finished is found again by the next call.
    """
    start = time.perf_counter()
    outcome = prepared.reproduction.run(prepared.context)
    seconds = time.perf_counter() - start if outcome.seconds is None else outcome.seconds
    result = ReproductionResult(prepared.reproduction, outcome, result_content(prepared, outcome, seconds))
    folder = out / prepared.reproduction.name
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / RESULT_FILE, json_text(result.content))
    has_picture = outcome.picture is not None
    if outcome.picture is not None:
        outcome.picture.save(folder / PICTURE_FILE, optimize=True)
    write_atomic(
        folder / PAGE_FILE,
        result_page(result.content, outcome, prepared.reproduction, PICTURE_FILE if has_picture else None),
    )
    return result


def json_text(content: Mapping[str, Any]) -> str:
    """JSON, indented, with lists of plain numbers on one line."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    return _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def result_content(
    prepared: PreparedReproduction, outcome: ReproductionOutcome, seconds: float
) -> dict[str, Any]:
    """The JSON object of a result."""
    reproduction, context = prepared.reproduction, prepared.context
    # Without classifiers of others the experiment trains its own.
    backends = {each.description.backend for each in context.classifiers.values()} or {"torch"}
    package_versions = {
        name: value for each in sorted(backends) for name, value in package_versions(each).items()
    }
    return {
        "reproduction": reproduction.name,
        "title": reproduction.title,
        "place": reproduction.place,
        "command": reproduce_command(prepared),
        "scale": context.scale,
        "seeds": context.seeds,
        "full_scale": context.full_scale and outcome.full_scale,
        "classifiers": {
            role: {
                "reference": shorten_reference(prepared.references[role]),
                "fingerprint": classifier.description.fingerprint,
                "backend": classifier.description.backend,
                "device": classifier.description.device,
                "classes": len(classifier.description.classes),
            }
            for role, classifier in context.classifiers.items()
        },
        "data": {role: shorten_reference(reference) for role, reference in prepared.data.items()},
        "seconds": round(seconds, 1),
        "machine": machine_name(),
        "versions": package_versions,
        "findings": [
            {
                "claim": finding.claim.text,
                "key": finding.claim.key,
                "place": finding.claim.place,
                "paper": finding.claim.number,
                "measured": finding.measured,
                "verdict": finding.verdict,
                "reason": finding.reason,
            }
            for finding in outcome.findings
        ],
        "figures": dict(outcome.figures),
    }


def reproduce_command(prepared: PreparedReproduction) -> str:
    """The command that makes a result again, with the names of files but not their folders."""
    reproduction, context = prepared.reproduction, prepared.context
    words = ["foolery reproduce", reproduction.name]
    if context.scale != 1.0:
        words.append(f"--scale {context.scale:g}")
    if context.seeds != reproduction.seeds:
        words.append(f"--seeds {context.seeds}")
    for requirement in reproduction.requirements.classifiers:
        reference = prepared.references.get(requirement.role)
        if reference is not None and reference != requirement.default:
            words.append(f"--classifier {_role_argument(requirement.role, reference)}")
        if requirement.role in prepared.cards:
            words.append(f"--card {requirement.role}={prepared.cards[requirement.role].name}")
    for data_requirement in reproduction.requirements.data:
        reference = prepared.data.get(data_requirement.role)
        if reference is not None and reference != data_requirement.default:
            words.append(f"--data {_role_argument(data_requirement.role, reference)}")
    return " ".join(words)


def _role_argument(role: str, reference: str) -> str:
    """One word of a shell's, braces and spaces quoted."""
    return shlex.quote(f"{role}={shorten_reference(reference)}")


def shorten_reference(reference: str) -> str:
    """``onnx:net/model.onnx`` of ``onnx:/some/where/net/model.onnx``: a path keeps its last two parts."""
    scheme, colon, rest = reference.partition(":")
    if not colon or "/" not in rest or scheme not in ("onnx", "torch", "folder", "parquet"):
        return reference
    return f"{scheme}:{'/'.join(Path(rest).parts[-2:])}"


def publish_pages(out: Path, pages: Path) -> list[Path]:
    """Copy every result in ``out`` to the folder ``pages``, and write its README; returns what was written.

    The README shows the results that are in ``pages`` already too.
    """
    pages.mkdir(parents=True, exist_ok=True)
    written = []
    for name in REPRODUCTIONS:
        folder = out / name
        if not (folder / RESULT_FILE).is_file():
            continue
        text = (folder / PAGE_FILE).read_text(encoding="utf-8")
        write_atomic(pages / f"{name}.md", text.replace(f"]({PICTURE_FILE})", f"]({name}.png)"))
        shutil.copyfile(folder / RESULT_FILE, pages / f"{name}.json")
        written += [pages / f"{name}.md", pages / f"{name}.json"]
        if (folder / PICTURE_FILE).is_file():
            shutil.copyfile(folder / PICTURE_FILE, pages / f"{name}.png")
            written.append(pages / f"{name}.png")
    readme = pages / "README.md"
    write_atomic(readme, overview_page(select_reproductions([ALL]), _published_results(pages), ".md"))
    return [*written, readme]


def _published_results(pages: Path) -> dict[str, dict[str, Any]]:
    results = {}
    for name in REPRODUCTIONS:
        path = pages / f"{name}.json"
        if path.is_file():
            results[name] = json.loads(path.read_text(encoding="utf-8"))
    return results
