"""What a reproduction gave, as a result and written down: JSON, a page, a picture."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foolery.engine.provenance import machine_name, package_versions
from foolery.errors import UsageError
from foolery.files import write_atomic
from foolery.paper.experiment import Judgement, Reproduction, ReproductionOutcome
from foolery.paper.pages import findings_html, result_page
from foolery.results import Result

if TYPE_CHECKING:
    from PIL.Image import Image

    from foolery.paper.prepare import PreparedReproduction

_NUMBERS = re.compile(r"\[\n\s*((?:-?\d[\d.eE+-]*,?\n\s*)+)\]")  # a line break is in no JSON text
RESULT_FILE, PAGE_FILE, PICTURE_FILE = "result.json", "page.md", "picture.png"


@dataclass(frozen=True)
class ReproductionResult(Result):
    """A reproduction and what it gave.

    Attributes:
        reproduction: that was run.
        content: of ``result.json``: JSON values, without paths of this machine. The page is
            made from it alone.
        picture: of the page, or None.
    """

    reproduction: Reproduction
    content: Mapping[str, Any]
    picture: Image | None = None

    @property
    def verdicts(self) -> dict[str, str]:
        """Key of each claim to its verdict."""
        return {each["key"]: each["verdict"] for each in self.content["findings"]}

    def to_dict(self) -> dict[str, Any]:
        """The content of ``result.json``."""
        return dict(self.content)

    def report(self, out: Path | str, **options: Any) -> Path:
        """Write ``result.json``, ``page.md`` and ``picture.png`` to the folder ``out``; returns the page.

        Raises:
            UsageError: where ``out`` cannot be written.
        """
        folder, picture = Path(out), self.picture
        try:
            write_atomic(folder / RESULT_FILE, json_text(self.content))
            if picture is not None:
                picture.save(folder / PICTURE_FILE, optimize=True)
            name = None if picture is None else PICTURE_FILE
            page = result_page(self.content, self.reproduction, name)
            write_atomic(folder / PAGE_FILE, page)
        except OSError as error:
            raise UsageError(f"out: cannot write to {folder}: {error.strerror or error}") from error
        return folder / PAGE_FILE

    def _repr_html_(self) -> str:
        return findings_html(self.content)


@dataclass(frozen=True)
class ReproductionResults(Result):
    """What some reproductions gave, in the order in which they ran."""

    results: tuple[ReproductionResult, ...]

    def __iter__(self) -> Iterator[ReproductionResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, name: str) -> ReproductionResult:
        """The result of the experiment of that name."""
        return {each.reproduction.name: each for each in self.results}[name]

    def to_dict(self) -> dict[str, Any]:
        """The content of every ``result.json``."""
        return {"results": [each.to_dict() for each in self.results]}

    def report(self, out: Path | str, **options: Any) -> Path:
        """Write every result to a folder of its name in ``out``; returns the first page."""
        pages = [each.report(Path(out) / each.reproduction.name) for each in self.results]
        return pages[0]

    def _repr_html_(self) -> str:
        return "".join(each._repr_html_() for each in self.results)


def json_text(content: Mapping[str, Any]) -> str:
    """JSON, indented, with lists of plain numbers on one line."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    return _NUMBERS.sub(lambda match: f"[{' '.join(match[1].split())}]", text) + "\n"


def result_content(
    prepared: PreparedReproduction, outcome: ReproductionOutcome, seconds: float
) -> dict[str, Any]:
    """The JSON object of a result."""
    reproduction, context = prepared.reproduction, prepared.context
    # Without classifiers of others the experiment trains its own.
    backends = {each.description.backend for each in context.classifiers.values()} or {"torch"}
    versions = {name: value for each in sorted(backends) for name, value in package_versions(each).items()}
    content = {
        "reproduction": reproduction.name,
        "title": reproduction.title,
        "place": reproduction.place,
        "command": reproduce_command(prepared),
        "scale": context.scale,
        "seeds": context.seeds,
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
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "versions": versions,
        "caption": outcome.caption,
        "tables": [
            {"title": each.title, "columns": list(each.columns), "rows": [list(row) for row in each.rows]}
            for each in outcome.tables
        ],
        "figures": dict(outcome.figures),
    }
    return judge_content(content, reproduction)


def judge_content(content: Mapping[str, Any], reproduction: Reproduction) -> dict[str, Any]:
    """``content`` with findings and scale as today's rules give them; it needs its ``figures`` only.

    Raises:
        UsageError: where the figures are not those of this experiment.
    """
    measured = json.loads(json.dumps(dict(content), allow_nan=False))
    figures = measured.pop("figures")
    try:
        judgement = reproduction.judge(figures)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise UsageError(
            f"{RESULT_FILE}: not the figures of {reproduction.name} ({type(error).__name__}: {error}); "
            "run the experiment again"
        ) from error
    return {**measured, **_judgement_values(judgement), "figures": figures}


def _judgement_values(judgement: Judgement) -> dict[str, Any]:
    return {
        "full_scale": judgement.full_scale,
        "amounts": [
            {"what": each.what, "paper": each.paper, "ours": each.ours} for each in judgement.amounts
        ],
        "notes": list(judgement.notes),
        "judged_tables": [
            {"title": each.title, "columns": list(each.columns), "rows": [list(row) for row in each.rows]}
            for each in judgement.tables
        ],
        "findings": [
            {
                "claim": finding.claim.text,
                "key": finding.claim.key,
                "place": finding.claim.place,
                "paper": finding.claim.number + (" (uncertain)" if finding.claim.uncertain else ""),
                "measured": finding.measured,
                "verdict": finding.verdict,
                "reason": finding.reason,
                "unit": finding.unit,
                "units": finding.units,
            }
            for finding in judgement.findings
        ],
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
