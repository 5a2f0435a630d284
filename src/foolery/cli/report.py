"""``foolery report``: runs and audits as web pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foolery.cli._options import BackendOption, CardOption, ClassNamesOption, DeviceOption, TrustOption
from foolery.cli._output import print_json
from foolery.cli.loading import load
from foolery.errors import UsageError


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
    from foolery.cli.pages import Wish, write_audit, write_contest, write_index, write_runs
    from foolery.data import open_data
    from foolery.report.model.asking import Loader
    from foolery.report.model.discover import found_in, kind_of

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
