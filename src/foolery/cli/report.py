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
    from foolery.report.index_page import Card
    from foolery.report.model import Display
    from foolery.report.model.audit import AuditDisplay
    from foolery.report.model.discover import Found, Loader


@dataclass(frozen=True)
class Wish:
    """What was asked for besides the runs.

    Attributes:
        classifier: given on the command line, for all runs; None for the one that each names.
        loader: of those that runs name.
        budget: of questions to it; None for none.
        data: of real pictures.
        panel: of independent classifiers.
    """

    classifier: Classifier | None
    loader: Loader
    budget: Budget | None
    data: Any
    panel: Sequence[Classifier]
    figures: bool
    single_file: bool
    overwrite: bool


def write_runs(runs: Sequence[Path], out: Path, wish: Wish) -> tuple[Path, int]:
    """One page about all ``runs``, or one that says that the only one cannot be read; and how many cannot."""
    from foolery.report.figures import figure_files
    from foolery.report.index_page import broken_files
    from foolery.report.run_page import report_files, write_files

    try:
        displays = [display_run(path, wish) for path in runs]
    except UsageError as error:
        if len(runs) > 1:
            raise
        note(f"note: {error}")
        name = runs[0].resolve().parent.name if runs[0].is_file() else runs[0].resolve().name
        return write_files(broken_files(name, str(error)), out, overwrite=wish.overwrite), 1
    for said in dict.fromkeys(said for display in displays for said in display.notes):
        note(f"note: {said}")
    figures = _figures(displays, wish, figure_files)
    files = report_files(displays, single_file=wish.single_file, figures=figures)
    return write_files(files, out, overwrite=wish.overwrite), 0


def display_run(path: Path, wish: Wish) -> Display:
    """A run, drawn and scored as far as was asked for and is possible."""
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.report.model import display_of
    from foolery.runs import open_run_file

    run, notes = open_run_file(path), []
    classifier = wish.classifier
    if classifier is None and (wish.budget is not None or wish.data is not None):
        classifier, said = wish.loader(run.settings)
        notes += [said] if said else []
    return display_of(
        run,
        classifier,
        data=wish.data,
        panel=wish.panel,
        budget=wish.budget or Budget(queries=0),
        notes=notes,
    )


def write_index(shelf: Path, found: Sequence[Found], out: Path, wish: Wish) -> tuple[Path, int]:
    """An index of what was found on a shelf, and a page for each; and how many cannot be read."""
    from foolery.report.index_page import broken_card, index_files, title_of
    from foolery.report.run_page import write_files

    names = folder_names([each.name for each in found])
    first = write_files(index_files("…", []), out, overwrite=wish.overwrite)  # from here on it is ours
    cards: list[Card] = []
    for each, name in zip(found, names, strict=True):
        try:
            cards.append(_shelved(each, name, out, wish))
        except UsageError as error:
            note(f"note: {error}")
            cards.append(broken_card(each.name, str(error)))
    write_files(index_files(title_of(cards, shelf.resolve().name), cards), out, overwrite=wish.overwrite)
    return first, sum(card.page is None for card in cards)


def _shelved(found: Found, name: str, out: Path, wish: Wish) -> Card:
    from foolery.report.figures import figure_files
    from foolery.report.index_page import run_card
    from foolery.report.run_page import write_report

    if found.kind == "audit":
        return _shelved_audit(found, name, out, wish)
    if found.kind == "contest":
        return _shelved_contest(found, name, out, wish)
    display = display_run(found.folder, wish)
    figures = _figures([display], wish, figure_files)
    write_report([display], out / name, overwrite=wish.overwrite, figures=figures)
    return run_card(display.exhibit, found.name, name)


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


def _figures(displays: Sequence[Display], wish: Wish, draw: Any) -> dict[str, bytes]:
    if not wish.figures:
        return {}
    files: dict[str, bytes] = {}
    for position, display in enumerate(displays, start=1):
        drawn = draw(display)
        prefix = f"run-{position}-" if len(displays) > 1 else ""
        files |= {name.replace("figures/", f"figures/{prefix}"): content for name, content in drawn.items()}
    return files


def display_audited(path: Path, wish: Wish) -> AuditDisplay:
    """An audit, its pictures asked about again as far as was asked for and is possible."""
    from foolery.audit.schema import read_audit
    from foolery.classifiers.wrappers.metered import Budget
    from foolery.report.model.audit import display_audit

    classifier = wish.classifier
    if classifier is None and (wish.budget is not None or wish.data is not None):
        known = read_audit(path).classifier
        classifier, said = wish.loader.load(known.name, known.fingerprint, known.classes)
        if said:
            note(f"note: {said}")
    return display_audit(path, classifier, data=wish.data, budget=wish.budget or Budget(queries=0))


def write_audit(path: Path, out: Path, wish: Wish) -> Path:
    """The page of an audit."""
    from foolery.report.audit_page import audit_files
    from foolery.report.run_page import write_files

    files = audit_files(display_audited(path, wish), single_file=wish.single_file)
    return write_files(files, out, overwrite=wish.overwrite)


def _shelved_audit(found: Found, name: str, out: Path, wish: Wish) -> Card:
    from foolery.report.audit_page import audit_card, audit_files
    from foolery.report.run_page import write_files

    display = display_audited(found.folder, wish)
    write_files(audit_files(display), out / name, overwrite=wish.overwrite)
    return audit_card(display, found.name, name)


def write_contest(path: Path, out: Path, wish: Wish) -> Path:
    """The page of an arms race."""
    from foolery.hardening.rounds import standing_of
    from foolery.report.arms_race_page import contest_files
    from foolery.report.run_page import write_files

    standing = standing_of(path.parent if path.is_file() else path)
    return write_files(contest_files(standing), out, overwrite=wish.overwrite)


def _shelved_contest(found: Found, name: str, out: Path, wish: Wish) -> Card:
    from foolery.hardening.rounds import standing_of
    from foolery.report.arms_race_page import contest_finding
    from foolery.report.index_page import Card

    standing = standing_of(found.folder)
    write_contest(found.folder, out / name, wish)
    done, planned = len(standing.rounds), standing.contest.rounds
    return Card(
        name=found.name,
        page=f"{name}/index.html",
        kind=f"arms race, {standing.contest.architecture}, {standing.contest.encoding}",
        state=f"{done} of {planned} rounds done",
        open=done < planned,
        said=f"{contest_finding(standing)}.",
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
    from foolery.data import open_data
    from foolery.report.model.discover import Loader, found_in, kind_of

    kinds = [kind_of(path) for path in runs]
    shelves = [path for path, kind in zip(runs, kinds, strict=True) if kind is None]
    found = [found_in(path) for path in shelves]
    if len(runs) > 1 and set(kinds) != {"run"}:
        raise UsageError("report: name several runs, or one audit, arms race or folder; not some of each")
    if single_file and (figures or shelves or "contest" in kinds):
        raise UsageError("--single-file goes with runs or an audit, and without --figures; leave one out")
    if figures and ("audit" in kinds or "contest" in kinds):
        raise UsageError("--figures are drawn of runs; leave it out, or name a run")
    if classifier is None and (trust or class_names is not None):
        raise UsageError("--trust and --class-names go with --classifier: name the classifier too")
    wish = Wish(
        classifier=None
        if classifier is None
        else load(classifier, backend, card, device, class_names, trust, None),
        loader=Loader(backend, card, device),
        budget=None if budget.strip() == "0" else Budget.parse(budget),
        data=None if data is None else open_data(data, split),
        panel=[load(each, backend, None, device, None, False, None) for each in panel or []],
        figures=figures,
        single_file=single_file,
        overwrite=overwrite,
    )
    folder = out if out is not None else (runs[0].parent if runs[0].is_file() else runs[0]) / "report"
    if shelves:
        page, broken = write_index(shelves[0], found[0], folder, wish)
    elif kinds == ["audit"]:
        page, broken = write_audit(runs[0], folder, wish), 0
    elif kinds == ["contest"]:
        page, broken = write_contest(runs[0], folder, wish), 0
    else:
        page, broken = write_runs(runs, folder, wish)
    if as_json:
        print_json({"page": str(page), "runs": len(found[0]) if shelves else len(runs), "broken": broken})
        return
    print(page)
