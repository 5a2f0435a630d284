"""What a folder holds, as lists and reports show it: a run, an audit, an arms race or a board."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from foolery.errors import UsageError
from foolery.files import find_folders
from foolery.runs.database import RUN_DB

if TYPE_CHECKING:
    from foolery.classifiers.base import Classifier
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.data.labelled import LabelledData

Kind: TypeAlias = Literal["run", "audit", "arms-race", "board"]

MARKER_FILES: dict[str, Kind] = {
    "board.json": "board",
    "audit.json": "audit",
    "arms_race.json": "arms-race",
    "contest.json": "arms-race",  # of format 1
    RUN_DB: "run",
}
"""The file that makes a folder a board, an audit, an arms race or a run; the first that is there counts."""

_ARTIFACTS = {
    "run": ("foolery.report.run_page", "RunArtifact"),
    "audit": ("foolery.report.audit_page", "AuditArtifact"),
    "arms-race": ("foolery.report.arms_race_page", "ArmsRaceArtifact"),
    "board": ("foolery.report.board_page", "BoardArtifact"),
}

CARD_IMAGES = 5
SMALL_CANVAS = 56  # pixels: up to here an image on a card is enlarged in whole steps
MAX_DEPTH = 4  # folders below the one that is named
MAX_ARTIFACTS = 1000

ClassifierFinder: TypeAlias = "Callable[[str, str, Sequence[str]], tuple[Classifier | None, str]]"
"""Reference, fingerprint and class names to the classifier, or to None and a sentence that says why."""


class ClassifierLoader:
    """Loads the classifiers that runs and audits name, each once; what would run code is never loaded.

    Args:
        backend: as ``load_classifier`` takes it.
        card: likewise.
        device: likewise.
    """

    def __init__(self, backend: str = "auto", card: Path | None = None, device: str = "auto") -> None:
        self.backend, self.card, self.device = backend, card, device
        self._loaded: dict[tuple[str, str], Classifier | str] = {}

    def __call__(self, name: str, fingerprint: str, classes: Sequence[str]) -> tuple[Classifier | None, str]:
        """A classifier, or None and a sentence that says why."""
        key = name, fingerprint
        if key not in self._loaded:
            self._loaded[key] = self._load(name, classes)
        loaded = self._loaded[key]
        return (None, loaded) if isinstance(loaded, str) else (loaded, "")

    def _load(self, name: str, classes: Sequence[str]) -> Classifier | str:
        from foolery.classifiers import load_recorded

        try:
            return load_recorded(
                name, backend=self.backend, card=self.card, device=self.device, classes=classes
            )
        except UsageError as error:
            return f"The classifier was not asked again: {error}"


@dataclass(frozen=True)
class CardImage:
    """An image on a card.

    Attributes:
        label: its class.
        thumbnail: its path in a report.
        address: its path in the studio, below the address of its run or audit.
    """

    label: str
    thumbnail: str
    address: str


@dataclass(frozen=True)
class ArtifactCard:
    """What a list shows of a run, an audit or an arms race.

    Attributes:
        about: what was done to which classifier, in half a sentence.
        headline: what came of it, in a sentence without its full stop.
        state: how far it is, in words.
        running: whether it is being written, or was when its process was killed.
        attention: whether its state deserves attention: it is not finished, or a gate failed.
        images: of highest confidence, at most five.
        crisp: whether their pixels are shown as squares.
    """

    name: str
    kind: Kind
    about: str
    headline: str
    state: str
    running: bool
    attention: bool
    images: tuple[CardImage, ...] = ()
    crisp: bool = False


@dataclass(frozen=True)
class ReportOptions:
    """What a report holds besides what its run, audit or arms race recorded.

    Attributes:
        find_classifier: the classifier to be asked again; None to ask none.
        budget: of queries to it; None for the default of a page.
        data: labelled images, to show real ones beside the champions.
        panel: independent classifiers that score every champion of a run.
        figures: draw figures for a manuscript, too.
        single_file: put everything into one HTML file.
        on_note: gets every note of the report, one sentence each.
        on_progress: gets, from time to time, the number of champions that are done.
    """

    find_classifier: ClassifierFinder | None = None
    budget: Budget | None = None
    data: LabelledData | None = None
    panel: Sequence[Classifier] = ()
    figures: bool = False
    single_file: bool = False
    on_note: Callable[[str], None] | None = None
    on_progress: Callable[[int], None] | None = None

    def classifier(
        self, name: str, fingerprint: str, classes: Sequence[str]
    ) -> tuple[Classifier | None, str]:
        """The classifier, or None, with the reason where one was wanted."""
        if self.find_classifier is None:
            return None, ""
        return self.find_classifier(name, fingerprint, classes)


class Artifact(Protocol):
    """A run, an audit or an arms race. Nothing is read before it is asked for."""

    @property
    def kind(self) -> Kind:
        """What it is."""
        ...

    @property
    def files(self) -> Sequence[Path]:
        """What is written to when it changes; none for a run that is held in memory."""
        ...

    def card(self) -> ArtifactCard:
        """What a list shows of it.

        Raises:
            UsageError: where it cannot be read.
        """
        ...

    def report_files(self, options: ReportOptions) -> dict[str, bytes]:
        """Its page, as ``index.html``, and everything beside it: name to content.

        Raises:
            UsageError: where it cannot be read.
        """
        ...


def recorded_classes(path: Path) -> Sequence[str] | None:
    """Class names of what a run or an audit fooled; None where there are none, or it cannot be read."""
    from foolery.audit import open_audit
    from foolery.runs import open_live_run

    kind = artifact_kind(path)
    folder = path.parent if path.is_file() else path
    try:
        if kind == "audit":
            return open_audit(folder).classifier.classes
        if kind == "run":
            with open_live_run(folder) as live:
                return live.settings.classes
    except UsageError:  # said by whoever reads all of it
        return None
    return None


def open_artifact(path: Path) -> Artifact:
    """The run, audit or arms race in a folder, or of its file.

    Raises:
        UsageError: where ``path`` is none of these.
    """
    kind = artifact_kind(path)
    if kind is None:
        raise UsageError(f"report: {path} is no run, no audit and no arms race")
    module, name = _ARTIFACTS[kind]
    artifact: Artifact = getattr(import_module(module), name)(path.parent if path.is_file() else path)
    return artifact


def artifact_kind(path: Path) -> Kind | None:
    """What lies in a folder, or what a file is; None for a folder that may hold some, or nothing."""
    if path.is_file():
        return MARKER_FILES.get(path.name)
    return next((kind for name, kind in MARKER_FILES.items() if (path / name).is_file()), None)


def walk_artifacts(root: Path, max_depth: int, *, nested: bool) -> Iterator[tuple[Path, Kind]]:
    """The folders in ``root``, and it itself, that hold something; links and hidden folders are left out.

    Args:
        root: where to begin.
        max_depth: folders below it.
        nested: whether to look for more inside of what is found.
    """
    for folder, marker in find_folders(root, MARKER_FILES, max_depth=max_depth, nested=nested):
        yield folder, MARKER_FILES[marker]


def find_artifacts(folder: Path) -> dict[str, Artifact]:
    """Everything in a folder and those below it, by its path from there; inside of it nothing is looked for.

    Raises:
        UsageError: there is no such folder, nothing in it, or more than 1000 of them.
    """
    if not folder.is_dir():
        raise UsageError(f"report: {folder} does not exist; name a run, an audit, or a folder of them")
    artifacts: dict[str, Artifact] = {}
    for path, _ in walk_artifacts(folder, MAX_DEPTH, nested=False):
        artifacts[path.relative_to(folder).as_posix()] = open_artifact(path)
        if len(artifacts) > MAX_ARTIFACTS:
            raise UsageError(
                f"report: {folder} holds more than {MAX_ARTIFACTS} runs; name one of its folders"
            )
    if not artifacts:
        raise UsageError(f"report: no run and no audit lies in {folder}; name a folder with some below it")
    return dict(sorted(artifacts.items()))
