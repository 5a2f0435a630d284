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

from foolery.engine.provenance import machine, versions
from foolery.files import write_whole
from foolery.paper.experiment import Outcome, Reproduction
from foolery.paper.pages import overview, page
from foolery.paper.prepare import Prepared
from foolery.paper.registry import ALL, REPRODUCTIONS, chosen

_NUMBERS = re.compile(r"\[\n\s*((?:-?\d[\d.eE+-]*,?\n\s*)+)\]")  # a line break is in no JSON text
RESULT, PAGE, PICTURE = "result.json", "page.md", "picture.png"


@dataclass(frozen=True)
class Result:
    """A reproduction and what it gave.

    Attributes:
        reproduction: that was run.
        outcome: of it.
        content: of ``result.json``: JSON values, without paths of this machine.
    """

    reproduction: Reproduction
    outcome: Outcome
    content: Mapping[str, Any]


def conduct(prepared: Prepared, out: Path) -> Result:
    """Run it, and write ``result.json``, ``page.md`` and ``picture.png`` to the folder ``out``/NAME.

    Raises:
        KeyboardInterrupt: passed on; what was finished is found again by the next call.
    """
    start = time.perf_counter()
    outcome = prepared.reproduction.run(prepared.context)
    spent = time.perf_counter() - start if outcome.seconds is None else outcome.seconds
    result = Result(prepared.reproduction, outcome, content(prepared, outcome, spent))
    folder = out / prepared.reproduction.name
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / RESULT, as_text(result.content))
    has_picture = outcome.picture is not None
    if outcome.picture is not None:
        outcome.picture.save(folder / PICTURE, optimize=True)
    write_whole(
        folder / PAGE, page(result.content, outcome, prepared.reproduction, PICTURE if has_picture else None)
    )
    return result


def as_text(content: Mapping[str, Any]) -> str:
    """JSON, indented, with lists of plain numbers on one line."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    return _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def content(prepared: Prepared, outcome: Outcome, seconds: float) -> dict[str, Any]:
    """The JSON object of a result."""
    reproduction, context = prepared.reproduction, prepared.context
    # Without classifiers of others the experiment trains its own.
    backends = {each.description.backend for each in context.classifiers.values()} or {"torch"}
    made_with = {name: value for each in sorted(backends) for name, value in versions(each).items()}
    return {
        "reproduction": reproduction.name,
        "title": reproduction.title,
        "place": reproduction.place,
        "command": command_of(prepared),
        "scale": context.scale,
        "seeds": context.seeds,
        "full_scale": context.full and outcome.full,
        "classifiers": {
            role: {
                "reference": without_folder(prepared.references[role]),
                "fingerprint": classifier.description.fingerprint,
                "backend": classifier.description.backend,
                "device": classifier.description.device,
                "classes": len(classifier.description.classes),
            }
            for role, classifier in context.classifiers.items()
        },
        "data": {role: without_folder(reference) for role, reference in prepared.data.items()},
        "seconds": round(seconds, 1),
        "machine": machine(),
        "versions": made_with,
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


def command_of(prepared: Prepared) -> str:
    """The command that makes a result again, with the names of files but not their folders."""
    reproduction, context = prepared.reproduction, prepared.context
    words = ["foolery reproduce", reproduction.name]
    if context.scale != 1.0:
        words.append(f"--scale {context.scale:g}")
    if context.seeds != reproduction.seeds:
        words.append(f"--seeds {context.seeds}")
    for slot in reproduction.needs.classifiers:
        reference = prepared.references.get(slot.role)
        if reference is not None and reference != slot.default:
            words.append(f"--classifier {_word(slot.role, reference)}")
        if slot.role in prepared.cards:
            words.append(f"--card {slot.role}={prepared.cards[slot.role].name}")
    for data_slot in reproduction.needs.data:
        reference = prepared.data.get(data_slot.role)
        if reference is not None and reference != data_slot.default:
            words.append(f"--data {_word(data_slot.role, reference)}")
    return " ".join(words)


def _word(role: str, reference: str) -> str:
    """One word of a shell's, braces and spaces quoted."""
    return shlex.quote(f"{role}={without_folder(reference)}")


def without_folder(reference: str) -> str:
    """``onnx:net/model.onnx`` of ``onnx:/some/where/net/model.onnx``: a path keeps its last two parts."""
    scheme, colon, rest = reference.partition(":")
    if not colon or "/" not in rest or scheme not in ("onnx", "torch", "folder", "parquet"):
        return reference
    return f"{scheme}:{'/'.join(Path(rest).parts[-2:])}"


def publish(out: Path, pages: Path) -> list[Path]:
    """Copy every result in ``out`` to the folder ``pages``, and write its README; returns what was written.

    The README shows the results that are in ``pages`` already too.
    """
    pages.mkdir(parents=True, exist_ok=True)
    written = []
    for name in REPRODUCTIONS:
        folder = out / name
        if not (folder / RESULT).is_file():
            continue
        text = (folder / PAGE).read_text(encoding="utf-8")
        write_whole(pages / f"{name}.md", text.replace(f"]({PICTURE})", f"]({name}.png)"))
        shutil.copyfile(folder / RESULT, pages / f"{name}.json")
        written += [pages / f"{name}.md", pages / f"{name}.json"]
        if (folder / PICTURE).is_file():
            shutil.copyfile(folder / PICTURE, pages / f"{name}.png")
            written.append(pages / f"{name}.png")
    readme = pages / "README.md"
    write_whole(readme, overview(chosen([ALL]), _known(pages), ".md"))
    return [*written, readme]


def _known(pages: Path) -> dict[str, dict[str, Any]]:
    found = {}
    for name in REPRODUCTIONS:
        path = pages / f"{name}.json"
        if path.is_file():
            found[name] = json.loads(path.read_text(encoding="utf-8"))
    return found
