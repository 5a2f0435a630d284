"""Reports: pages of results, or of what lies in folders, for the command line and for Python alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from foolery.analysis.transfer_matrix import TransferMatrix
from foolery.audit.schema import Audit
from foolery.classifiers import as_classifier
from foolery.classifiers.wrappers.metered import Budget
from foolery.engine.run import RunResult
from foolery.errors import UsageError
from foolery.hardening.arms_race import ArmsRace
from foolery.report.artifact import (
    Artifact,
    ArtifactCard,
    ClassifierFinder,
    ClassifierLoader,
    ReportOptions,
    artifact_kind,
    find_artifacts,
    open_artifact,
)
from foolery.report.html import PAGE
from foolery.report.index_page import (
    IndexEntry,
    folder_names,
    index_files,
    index_title,
    unreadable_files,
)
from foolery.report.model import RunReport
from foolery.report.model.champion import OCCLUSION
from foolery.report.model.run import LINEAGES
from foolery.report.output_folder import OutputFolder
from foolery.report.page import PICTURES
from foolery.report.result_page import result_files
from foolery.report.run_page import RunArtifact, runs_files
from foolery.report.transfer_page import transfer_files
from foolery.results import Result
from foolery.stages import Stage, plan_stages

if TYPE_CHECKING:
    from foolery.classifiers.base import Classifier
    from foolery.data.labelled import LabelledData

Source: TypeAlias = Any
"""A path, a result (of ``evolve``, ``audit``, ``harden``, ``transfer`` …), or several paths or runs."""

BUDGET = "20000,30s"


@dataclass(frozen=True)
class WrittenReport:
    """Pages that were written.

    Attributes:
        page: the first one.
        count: runs, audits and arms races on them.
        unreadable: how many of these could not be read; a page says why.
    """

    page: Path
    count: int
    unreadable: int


def write_report(
    source: Source,
    out: Path | str | None = None,
    *,
    classifier: Classifier | str | None = None,
    data: LabelledData | str | None = None,
    split: str = "test",
    panel: Sequence[Classifier | str] = (),
    budget: Budget | str | None = BUDGET,
    figures: bool = False,
    single_file: bool = False,
    overwrite: bool = False,
    on_note: Callable[[str], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> Path:
    """Write a result, or what lies in a folder, as web pages that need no network.

    ``foolery.report(…)`` is this function; ``foolery report`` on the command line does the same.

    Args:
        source: a result; the path of a run, an audit or an arms race, or of a folder of them, which gets an
            index; or several runs, which get one page.
        out: folder to write to; by default ``report`` in the folder of ``source``. A report that is there
            already is replaced; what is not part of it is never touched.
        classifier: that the runs fooled, to be asked again; None for the one that each of them names, unless
            loading it would run code.
        data: labelled images, to show real ones beside the champions: a data reference, or loaded.
        split: of a data reference.
        panel: independent classifiers that score every champion of a run.
        budget: of queries to ``classifier``, for top predictions and then occlusion maps; ``"0"`` or None
            asks none.
        figures: draw figures for a manuscript, too (extra ``plots``).
        single_file: put everything into one HTML file.
        overwrite: write also into a folder that holds other files, over those of the same names.
        on_note: gets notes about what could not be done, one sentence each.
        on_progress: gets, from time to time, the number of champions that are done.

    Returns:
        The path of the page.

    Raises:
        UsageError: for what cannot be read or is no result with pages, and for a folder with other files.

    Example:
        >>> import foolery
        >>> run = foolery.evolve("lenet", generations=2, batch=20)
        >>> foolery.report(run, "first-report").name
        'index.html'
    """
    options = report_options(
        classifier=classifier,
        data=data,
        split=split,
        panel=panel,
        budget=budget,
        figures=figures,
        single_file=single_file,
        on_note=on_note,
        on_progress=on_progress,
    )
    return write_pages(source, out, options, overwrite=overwrite).page


def report_options(
    *,
    classifier: Classifier | str | None,
    data: LabelledData | str | None,
    split: str,
    panel: Sequence[Classifier | str],
    budget: Budget | str | None,
    figures: bool,
    single_file: bool,
    on_note: Callable[[str], None] | None,
    on_progress: Callable[[int], None] | None = None,
    loader: ClassifierLoader | None = None,
) -> ReportOptions:
    """The arguments of ``write_report``, with everything loaded; ``loader`` loads what runs name."""
    from foolery.data import load_data

    limit = _budget(budget)
    find: ClassifierFinder | None = None
    if classifier is not None:
        chosen = as_classifier(classifier)
        find = lambda name, fingerprint, classes: (chosen, "")  # noqa: E731
    elif data is not None or limit.queries != 0:
        find = loader or ClassifierLoader()
    return ReportOptions(
        find_classifier=find,
        budget=limit,
        data=load_data(data, split) if isinstance(data, str) else data,
        panel=[as_classifier(each) for each in panel],
        figures=figures,
        single_file=single_file,
        on_note=on_note,
        on_progress=on_progress,
    )


def write_pages(
    source: Source, out: Path | str | None, options: ReportOptions, *, overwrite: bool = False
) -> WrittenReport:
    """As ``write_report``, and say what was written."""
    sources = _listed(source)
    first = sources[0]
    folder = _folder(out, first)
    if len(sources) == 1 and isinstance(first, Path) and artifact_kind(first) is None:
        return _write_index(first, folder, options, overwrite=overwrite)
    if len(sources) == 1 and isinstance(first, Result) and _folder_of(first) is None:
        files = _files_of(first, options)
        return WrittenReport(write_files(files, folder, overwrite=overwrite), count=1, unreadable=0)
    artifacts = [_artifact(each) for each in sources]
    _check(artifacts, options)
    plan_stages([Stage(name, 0) for _ in artifacts for name in (LINEAGES, OCCLUSION)])
    plan_stages([Stage(PICTURES, 0) for _ in artifacts])
    runs = [each for each in artifacts if isinstance(each, RunArtifact)]
    try:
        files = runs_files(runs, options) if runs else artifacts[0].report_files(options)
    except UsageError as error:
        if len(sources) > 1 or not runs or not isinstance(first, Path):
            raise
        if options.on_note is not None:
            options.on_note(str(error))
        name = (first.parent if first.is_file() else first).resolve().name
        page = write_files(unreadable_files(name, str(error)), folder, overwrite=overwrite)
        return WrittenReport(page, count=1, unreadable=1)
    page = write_files(files, folder, overwrite=overwrite)
    return WrittenReport(page, count=len(sources), unreadable=0)


def write_files(files: Mapping[str, bytes], out: Path, *, overwrite: bool = False) -> Path:
    """Write a page and what lies beside it into the folder ``out``; returns the path of the page."""
    folder = OutputFolder.claim(out, files, overwrite=overwrite)
    for name, content in files.items():
        folder.write(name, content)
    folder.finish()
    return out / PAGE


def _listed(source: Source) -> list[Any]:
    several = isinstance(source, Sequence) and not isinstance(source, str)
    sources = [Path(each) if isinstance(each, str) else each for each in (source if several else [source])]
    if not sources:
        raise UsageError("report: expected at least one run, got none")
    return sources


def _artifact(source: Any) -> Artifact:
    """What is shown of a source: of a result with files these, so that its ancestors are shown, too."""
    if isinstance(source, Path):
        kind = artifact_kind(source)
        if kind is None:
            find_artifacts(source)  # says what is wrong with it
            raise UsageError("report: name several runs, or one audit, arms race or folder; not some of each")
        return open_artifact(source)
    if isinstance(source, RunResult | RunReport):
        return RunArtifact(source)
    folder = _folder_of(source)
    if folder is not None:
        return open_artifact(folder)
    raise UsageError(f"report: expected a result or a path, got {type(source).__name__}, which has no pages")


def _folder_of(source: Any) -> Path | None:
    """Of a path, or of a run, an audit or an arms race that is kept in one."""
    if isinstance(source, Path):
        return source.parent if source.is_file() else source
    return source.path if isinstance(source, RunResult | Audit | ArmsRace) else None


def _files_of(result: Result, options: ReportOptions) -> dict[str, bytes]:
    """Pages of a result that is held in memory."""
    if isinstance(result, RunResult):
        return RunArtifact(result).report_files(options)
    if isinstance(result, TransferMatrix):
        return transfer_files(result, single_file=options.single_file)
    return result_files(result, single_file=options.single_file)


def _check(artifacts: Sequence[Artifact], options: ReportOptions) -> None:
    kinds = {each.kind for each in artifacts}
    if len(artifacts) > 1 and kinds != {"run"}:
        raise UsageError("report: name several runs, or one audit, arms race or folder; not some of each")
    if options.figures and kinds != {"run"}:
        raise UsageError("--figures are drawn of runs; leave it out, or name a run")
    if options.figures and options.single_file:
        raise UsageError("--single-file goes without --figures, which are files of their own; leave one out")


def _folder(out: Path | str | None, source: Any) -> Path:
    if out is not None:
        return Path(out)
    folder = _folder_of(source)
    if folder is None:
        raise UsageError("out: a result that is held in memory has no folder; name one to write to")
    return folder / "report"


def _budget(budget: Budget | str | None) -> Budget:
    if budget is None or (isinstance(budget, str) and budget.strip() == "0"):
        return Budget(queries=0)
    return Budget.parse(budget) if isinstance(budget, str) else budget


def _write_index(folder: Path, out: Path, options: ReportOptions, *, overwrite: bool) -> WrittenReport:
    """An index of what lies in ``folder``, and a page for each."""
    if options.single_file:
        raise UsageError("--single-file goes with runs, an audit or an arms race, not with a folder of them")
    artifacts = find_artifacts(folder)
    names = folder_names(artifacts)
    page = write_files(index_files("…", []), out, overwrite=overwrite)  # from here on the folder is ours
    entries = []
    plan_stages([Stage(stage, 0) for _ in artifacts for stage in (LINEAGES, OCCLUSION, PICTURES)])
    for (path, artifact), name in zip(artifacts.items(), names, strict=True):
        quiet = replace(options, on_note=None, figures=options.figures and artifact.kind == "run")
        try:
            files = artifact.report_files(quiet)
            card = replace(artifact.card(), name=path)
            write_files(files, out / name, overwrite=overwrite)
            entries.append(IndexEntry(card, name))
        except UsageError as error:
            if options.on_note is not None:
                options.on_note(str(error))
            reason = str(error).replace(str(folder / path), path)  # the page may be read on another machine
            entries.append(IndexEntry(_unreadable(path, artifact, reason), None))
    write_files(index_files(index_title(entries, folder.resolve().name), entries), out, overwrite=overwrite)
    return WrittenReport(page, len(entries), sum(each.folder is None for each in entries))


def _unreadable(name: str, artifact: Artifact, reason: str) -> ArtifactCard:
    return ArtifactCard(name, artifact.kind, "", reason, "cannot be read", running=False, attention=True)
