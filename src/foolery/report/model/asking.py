"""Asking: the classifier that a page's scores come from, as far as a run file may be trusted with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from foolery.classifiers import load_recorded
from foolery.classifiers.base import Classifier
from foolery.errors import UsageError
from foolery.runs.records import RunSettings


class Loader:
    """Loads the classifiers that runs name, each once.

    Args:
        backend: as ``load_classifier`` takes it.
        card: likewise.
        device: likewise.
    """

    def __init__(self, backend: str = "auto", card: Path | None = None, device: str = "auto") -> None:
        self.backend, self.card, self.device = backend, card, device
        self._known: dict[str, Classifier | str] = {}

    def __call__(self, settings: RunSettings) -> tuple[Classifier | None, str]:
        """The classifier of a run; see ``load``."""
        return self.load(settings.classifier, settings.fingerprint, settings.classes)

    def load(self, name: str, fingerprint: str, classes: Sequence[str]) -> tuple[Classifier | None, str]:
        """A classifier, or None and a sentence that says why; what would run code is never loaded."""
        key = f"{name} {fingerprint}"
        if key not in self._known:
            self._known[key] = self._load(name, classes)
        found = self._known[key]
        return (None, found) if isinstance(found, str) else (found, "")

    def _load(self, name: str, classes: Sequence[str]) -> Classifier | str:
        try:
            return load_recorded(
                name, backend=self.backend, card=self.card, device=self.device, classes=classes
            )
        except UsageError as error:
            return f"The classifier was not asked again: {error}"
