"""Shelf: the runs, audits and arms races that lie in a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from foolery.classifiers import load_recorded
from foolery.classifiers.base import Classifier
from foolery.errors import UsageError
from foolery.runs.database import RUN_DB
from foolery.runs.records import RunSettings


class ClassifierLoader:
    """Loads the classifiers that runs name, each once.

    Args:
        backend: as ``load_classifier`` takes it.
        card: likewise.
        device: likewise.
    """

    def __init__(self, backend: str = "auto", card: Path | None = None, device: str = "auto") -> None:
        self.backend, self.card, self.device = backend, card, device
        self._loaded: dict[str, Classifier | str] = {}

    def __call__(self, settings: RunSettings) -> tuple[Classifier | None, str]:
        """The classifier of a run; see ``load``."""
        return self.load(settings.classifier, settings.fingerprint, settings.classes)

    def load(self, name: str, fingerprint: str, classes: Sequence[str]) -> tuple[Classifier | None, str]:
        """A classifier, or None and a sentence that says why; what would run code is never loaded."""
        key = f"{name} {fingerprint}"
        if key not in self._loaded:
            self._loaded[key] = self._load(name, classes)
        loaded = self._loaded[key]
        return (None, loaded) if isinstance(loaded, str) else (loaded, "")

    def _load(self, name: str, classes: Sequence[str]) -> Classifier | str:
        try:
            return load_recorded(
                name, backend=self.backend, card=self.card, device=self.device, classes=classes
            )
        except UsageError as error:
            return f"The classifier was not asked again: {error}"


Kind: TypeAlias = Literal["run", "audit", "contest"]

AUDIT, CONTEST = "audit.json", "contest.json"
MARKER_FILES: dict[str, Kind] = {AUDIT: "audit", CONTEST: "contest", RUN_DB: "run"}
"""What makes a folder an audit, an arms race or a run; the first that is there counts."""

MAX_DEPTH = 4  # folders below the one that is named
MAX_ARTIFACTS = 1000


@dataclass(frozen=True)
class FoundArtifact:
    """A run, an audit or an arms race: its folder, and its path from the folder that was searched."""

    folder: Path
    name: str
    kind: Kind


def artifact_kind(path: Path) -> Kind | None:
    """What lies in a folder, or what a file is; None for a folder that may hold runs, or nothing."""
    if path.is_file():
        return MARKER_FILES.get(path.name)
    return next((kind for name, kind in MARKER_FILES.items() if (path / name).is_file()), None)


def find_artifacts(folder: Path) -> list[FoundArtifact]:
    """What lies in a folder and those below it, by name; links are not followed, what is found not entered.

    Raises:
        UsageError: there is no such folder, nothing in it, or more than 1000 of them.
    """
    if not folder.is_dir():
        raise UsageError(f"report: {folder} does not exist; name a run, an audit, or a folder of them")
    artifacts: list[FoundArtifact] = []
    for place, below, _ in os.walk(folder):
        here = Path(place)
        depth = len(here.relative_to(folder).parts)
        kind = artifact_kind(here) if depth else None
        if kind is not None:
            artifacts.append(FoundArtifact(here, here.relative_to(folder).as_posix(), kind))
        below[:] = sorted(below) if kind is None and depth < MAX_DEPTH else []
        if len(artifacts) > MAX_ARTIFACTS:
            raise UsageError(
                f"report: {folder} holds more than {MAX_ARTIFACTS} runs; name one of its folders"
            )
    if not artifacts:
        raise UsageError(f"report: no run and no audit lies in {folder}; name a folder with some below it")
    return sorted(artifacts, key=lambda each: each.name)
