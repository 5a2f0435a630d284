"""``foolery report``: runs and audits as web pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foolery.cli._options import BackendOption, CardOption, ClassNamesOption, DeviceOption, TrustOption, load
from foolery.cli._output import note, print_json
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.classifiers.base import Classifier
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.report.index_page import IndexEntry
    from foolery.report.model import RunReport
    from foolery.report.model.audit import AuditReport
    from foolery.report.model.discover import ClassifierLoader, FoundArtifact


@dataclass(frozen=True)
class ReportOptions:
    """What was asked for besides the runs.

    Attributes:
        classifier: given on the command line, for all runs; None for the one that each names.
        loader: of those that runs name.
        budget: of questions to it; None for none.
        data: of real pictures.
        panel: of independent classifiers.
    """

    classifier: Classifier | None
    loader: ClassifierLoader
    budget: Budget | None
    data: Any
    panel: Sequence[Classifier]
    figures: bool
    single_file: bool
    overwrite: bool


def write_runs(runs: Sequence[Path], out: Path, options: ReportOptions) -> tuple[Path, int]:
    """One page about all ``runs``, or one that says that the only one cannot be read; and how many cannot."""
    from foolery.report.figures import figure_files
    from foolery.report.index_page import unreadable_files
    from foolery.report.run_page import report_files, write_files

    try:
        reports = [display_run(path, options) for path in runs]
    except UsageError as error:
        if len(runs) > 1:
            raise
        note(f"note: {error}")
        name = runs[0].resolve().parent.name if runs[0].is_file() else runs[0].resolve().name
        return write_files(unreadable_files(name, str(error)), out, overwrite=options.overwrite), 1
    for text in dict.fromkeys(said for report in reports for said in report.notes):
        note(f"note: {text}")
    figures = _figures(reports, options, figure_files)
    files = report_files(reports, single_file=options.single_file, figures=figures)
    return write_files(files, out, overwrite=options.overwrite), 0


def display_run(path: Path, options: ReportOptions) -> RunReport:
    """A run, drawn and scored as far as was asked for and is possible."""
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.report.model import make_run_report
    from foolery.runs import open_run_file

    run, notes = open_run_file(path), []
    classifier = options.classifier
    if classifier is None and (options.budget is not None or options.data is not None):
        classifier, reason = options.loader(run.settings)
        notes += [reason] if reason else []
    return make_run_report(
        run,
        classifier,
        data=options.data,
        panel=options.panel,
        budget=options.budget or Budget(queries=0),
        notes=notes,
    )


def write_index(
    folder: Path, artifacts: Sequence[FoundArtifact], out: Path, options: ReportOptions
) -> tuple[Path, int]:
    """An index of what was found on a shelf, and a page for each; and how many cannot be read."""
    from foolery.report.index_page import index_files, index_title, unreadable_entry
    from foolery.report.run_page import write_files

    names = folder_names([each.name for each in artifacts])
    first = write_files(index_files("…", []), out, overwrite=options.overwrite)  # from here on it is ours
    cards: list[IndexEntry] = []
    for each, name in zip(artifacts, names, strict=True):
        try:
            cards.append(_shelved(each, name, out, options))
        except UsageError as error:
            note(f"note: {error}")
            cards.append(unreadable_entry(each.name, str(error)))
    write_files(
        index_files(index_title(cards, folder.resolve().name), cards), out, overwrite=options.overwrite
    )
    return first, sum(card.page is None for card in cards)


def _shelved(artifact: FoundArtifact, name: str, out: Path, options: ReportOptions) -> IndexEntry:
    from foolery.report.figures import figure_files
    from foolery.report.index_page import run_entry
    from foolery.report.run_page import write_report

    if artifact.kind == "audit":
        return _shelved_audit(artifact, name, out, options)
    if artifact.kind == "contest":
        return _shelved_contest(artifact, name, out, options)
    report = display_run(artifact.folder, options)
    figures = _figures([report], options, figure_files)
    write_report([report], out / name, overwrite=options.overwrite, figures=figures)
    return run_entry(report.result, artifact.name, name)


def folder_names(paths: Iterable[str]) -> list[str]:
    """A folder name of plain letters for each path, no two alike."""
    names: list[str] = []
    for path in paths:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", path).strip("-.")[:80] or "run"
        taken = {name.casefold() for name in names}
        numbered = (f"{plain}-{number}" for number in range(2, 2 + len(names)))
        free = (name for name in (plain, *numbered) if name.casefold() not in taken)
        names.append(next(free))
    return names


def _figures(reports: Sequence[RunReport], options: ReportOptions, draw: Any) -> dict[str, bytes]:
    if not options.figures:
        return {}
    files: dict[str, bytes] = {}
    for position, report in enumerate(reports, start=1):
        figures = draw(report)
        prefix = f"run-{position}-" if len(reports) > 1 else ""
        files |= {name.replace("figures/", f"figures/{prefix}"): content for name, content in figures.items()}
    return files


def display_audited(path: Path, options: ReportOptions) -> AuditReport:
    """An audit, its pictures asked about again as far as was asked for and is possible."""
    from foolery.audit.schema import read_audit
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.report.model.audit import make_audit_report

    classifier = options.classifier
    if classifier is None and (options.budget is not None or options.data is not None):
        description = read_audit(path).classifier
        classifier, reason = options.loader.load(
            description.name, description.fingerprint, description.classes
        )
        if reason:
            note(f"note: {reason}")
    return make_audit_report(path, classifier, data=options.data, budget=options.budget or Budget(queries=0))


def write_audit(path: Path, out: Path, options: ReportOptions) -> Path:
    """The page of an audit."""
    from foolery.report.audit_page import audit_files
    from foolery.report.run_page import write_files

    files = audit_files(display_audited(path, options), single_file=options.single_file)
    return write_files(files, out, overwrite=options.overwrite)


def _shelved_audit(artifact: FoundArtifact, name: str, out: Path, options: ReportOptions) -> IndexEntry:
    from foolery.report.audit_page import audit_entry, audit_files
    from foolery.report.run_page import write_files

    report = display_audited(artifact.folder, options)
    write_files(audit_files(report), out / name, overwrite=options.overwrite)
    return audit_entry(report, artifact.name, name)


def write_contest(path: Path, out: Path, options: ReportOptions) -> Path:
    """The page of an arms race."""
    from foolery.hardening.rounds import read_arms_race
    from foolery.report.arms_race_page import arms_race_files
    from foolery.report.run_page import write_files

    progress = read_arms_race(path.parent if path.is_file() else path)
    return write_files(arms_race_files(progress), out, overwrite=options.overwrite)


def _shelved_contest(artifact: FoundArtifact, name: str, out: Path, options: ReportOptions) -> IndexEntry:
    from foolery.hardening.rounds import read_arms_race
    from foolery.report.arms_race_page import arms_race_headline
    from foolery.report.index_page import IndexEntry

    progress = read_arms_race(artifact.folder)
    write_contest(artifact.folder, out / name, options)
    finished, planned = len(progress.rounds), progress.config.rounds
    return IndexEntry(
        name=artifact.name,
        page=f"{name}/index.html",
        kind=f"arms race, {progress.config.architecture}, {progress.config.encoding}",
        state=f"{finished} of {planned} rounds done",
        open=finished < planned,
        said=f"{arms_race_headline(progress)}.",
    )


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN|AUDIT|FOLDER", help="Runs, an audit, or a folder with some of them."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Folder to write to (default: report in the first)."),
    ] = None,
    single_file: Annotated[
        bool, typer.Option("--single-file", help="Write one index.html with everything in it.")
    ] = False,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="Real pictures to show beside: mnist, folder:DIR …"),
    ] = None,
    split: Annotated[str, typer.Option("--split", metavar="train|test")] = "test",
    panel: Annotated[
        list[str] | None,
        typer.Option("--panel", metavar="REF", help="An independent classifier to ask too; once for each."),
    ] = None,
    figures: Annotated[
        bool, typer.Option("--figures", help="Draw PDF and PNG figures for a manuscript too (extra plots).")
    ] = False,
    classifier: Annotated[
        str | None,
        typer.Option("--classifier", "-c", metavar="REF", help="Default: the one that each run names."),
    ] = None,
    budget: Annotated[
        str,
        typer.Option(
            "--budget",
            metavar="QUERIES|TIME",
            help="For questions to it: first answers, then occlusion maps; 0 asks none.",
        ),
    ] = "20000,30s",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Write also into a folder with other files.")
    ] = False,
    backend: BackendOption = "auto",
    card: CardOption = None,
    device: DeviceOption = "auto",
    class_names: ClassNamesOption = None,
    trust: TrustOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write runs, an audit, or an index of a folder of them as web pages that need no network."""
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.data import load_data
    from foolery.report.model.discover import ClassifierLoader, artifact_kind, find_artifacts

    kinds = [artifact_kind(path) for path in runs]
    folders = [path for path, kind in zip(runs, kinds, strict=True) if kind is None]
    artifacts = [find_artifacts(path) for path in folders]
    if len(runs) > 1 and set(kinds) != {"run"}:
        raise UsageError("report: name several runs, or one audit, arms race or folder; not some of each")
    if single_file and (figures or folders or "contest" in kinds):
        raise UsageError("--single-file goes with runs or an audit, and without --figures; leave one out")
    if figures and ("audit" in kinds or "contest" in kinds):
        raise UsageError("--figures are drawn of runs; leave it out, or name a run")
    if classifier is None and (trust or class_names is not None):
        raise UsageError("--trust and --class-names go with --classifier: name the classifier too")
    options = ReportOptions(
        classifier=None
        if classifier is None
        else load(classifier, backend, card, device, class_names, trust, None),
        loader=ClassifierLoader(backend, card, device),
        budget=None if budget.strip() == "0" else Budget.parse(budget),
        data=None if data is None else load_data(data, split),
        panel=[load(each, backend, None, device, None, False, None) for each in panel or []],
        figures=figures,
        single_file=single_file,
        overwrite=overwrite,
    )
    folder = out if out is not None else (runs[0].parent if runs[0].is_file() else runs[0]) / "report"
    if folders:
        page, broken = write_index(folders[0], artifacts[0], folder, options)
    elif kinds == ["audit"]:
        page, broken = write_audit(runs[0], folder, options), 0
    elif kinds == ["contest"]:
        page, broken = write_contest(runs[0], folder, options), 0
    else:
        page, broken = write_runs(runs, folder, options)
    if as_json:
        print_json({"page": str(page), "runs": len(artifacts[0]) if folders else len(runs), "broken": broken})
        return
    print(page)
