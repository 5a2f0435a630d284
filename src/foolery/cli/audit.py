"""``foolery audit``: which nonsense convinces a classifier, under one budget, with a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._options import (
    BackendOption,
    CardOption,
    ClassNamesOption,
    DeviceOption,
    PrecisionOption,
    SetOption,
    TrustOption,
    command_line,
    default_run,
    load,
    whole_number,
)
from foolery.cli._output import note, print_json
from foolery.errors import GateError, UsageError

if TYPE_CHECKING:
    from foolery.audit.config import AuditConfig
    from foolery.audit.panel import Panel
    from foolery.audit.schema import Audit
    from foolery.classifiers.base import Classifier


def audit(
    context: typer.Context,
    classifier: Annotated[str, typer.Argument(metavar="REF", help="What to audit.")],
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="Real pictures, the yardstick; without, no score."),
    ] = None,
    split: Annotated[str, typer.Option("--split", metavar="train|test")] = "test",
    budget: Annotated[
        str,
        typer.Option("--budget", metavar="QUERIES|TIME", help="100000, 90s, 5m, or both: 100000,5m."),
    ] = "300000",
    attacks: Annotated[
        str | None, typer.Option("--attacks", metavar="A,B,…", help="Only these; a wrong name lists all.")
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="EXPR",
            help="Exit with 1 if it holds: 'score < 50'; a wrong name lists all.",
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="An earlier audit: exit with 1 if it was better."),
    ] = None,
    champions: Annotated[
        Path | None,
        typer.Option(
            "--champions", metavar="AUDIT", help="Attack nothing: ask about the champions of that audit."
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", parser=whole_number, help="Repeat; the budget is for each.")
    ] = 1,
    seed: Annotated[int, typer.Option("--seed", metavar="N", parser=whole_number)] = 0,
    panel: Annotated[
        list[str] | None,
        typer.Option("--panel", metavar="REF", help="Independent classifiers: is it really nonsense?"),
    ] = None,
    ensemble: Annotated[
        str | None,
        typer.Option("--ensemble", metavar="REF", help="Another seed of it: what would both together do?"),
    ] = None,
    hardened: Annotated[
        str | None, typer.Option("--hardened", metavar="REF", help="A hardened twin: does it help?")
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option("--leave-out", metavar="CLASS", help="Not to be fooled, as 'background'; repeatable."),
    ] = None,
    photos: Annotated[
        int, typer.Option("--photos", metavar="N", parser=whole_number, help="At most so many real pictures.")
    ] = 2000,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="Default: runs/CLASSIFIER-audit-seedN.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the audit in --out.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the audit in --out.")] = False,
    backend: BackendOption = "auto",
    card: CardOption = None,
    class_names: ClassNamesOption = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "float32",
    trust: TrustOption = False,
    changes: SetOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print audit.json.")] = False,
) -> None:
    """Audit a classifier: try all attacks under one budget, and judge. Exit code 1 when a gate fails.

    Ctrl-C saves; --resume goes on. audit.json, summary.md and the champions' pictures are in --out.
    """
    from foolery.audit.attacks import select_attacks
    from foolery.audit.attacks.base import TRANSFER
    from foolery.audit.attacks.transfer import transfer_images
    from foolery.audit.compare import check_comparable, compare_with, skipped_on_one_side
    from foolery.audit.config import AuditConfig, ReferenceData
    from foolery.audit.gates import Gate
    from foolery.audit.mitigations import check_mitigations, measure_mitigations
    from foolery.audit.rescore import EarlierAudit, rescore_champions
    from foolery.audit.runner import Auditor
    from foolery.classifiers.wrappers.metered import Budget

    if champions is not None and (resume or attacks is not None or ensemble or hardened):
        raise UsageError(
            "--champions: attacks nothing; leave out --resume, --attacks, --ensemble, --hardened"
        )
    gates = tuple(Gate.parse(text) for text in fail_on or ())
    listed = None if attacks is None else [each.strip() for each in attacks.split(",") if each.strip()]
    chosen, limit = select_attacks(listed), Budget.parse(budget)
    if champions is not None and baseline is not None:
        raise UsageError("--baseline: needs attacks of its own; --champions has none")
    earlier = None if baseline is None else earlier_audit(baseline)
    if resume and overwrite:
        raise UsageError("--resume: goes on with what --overwrite would replace; give one of them")
    if photos < 20:
        raise UsageError(f"--photos: expected at least 20, got {photos}")
    loaded = load(classifier, backend, card, device, class_names, trust, changes, precision)
    pictures = None
    if data is not None:
        from foolery.data import load_data

        pictures = ReferenceData(load_data(data, split), data, split, photos)
    order = AuditConfig(
        out=out if out is not None else default_run(classifier, "audit", seed),
        budget_text=budget,
        budget=limit,
        attacks=chosen,
        seeds=seeds,
        seed=seed,
        reference=pictures,
        panel=panel_for(loaded, panel),
        transfer_champions=transfer_images(loaded)
        if any(attack.name == TRANSFER for attack in chosen)
        else None,
        exclude=tuple(leave_out or ()),
        gates=gates,
        command=command_line(context),
    )
    order.check()
    if champions is not None:
        found = rescore_champions(loaded, EarlierAudit.read(champions), order, overwrite=overwrite)
        show(found, order, as_json=as_json)
        return
    others = {
        kind: load(reference, backend, None, device, None, trust, None, precision)
        for kind, reference in (("ensemble", ensemble), ("hardened", hardened))
        if reference is not None
    }
    check_mitigations(loaded, others, order.exclude)
    auditor = Auditor(loaded, order, note)
    if earlier is not None:
        check_comparable(earlier, auditor.plan(), pictures)
    with saying_where(order):
        if resume:
            auditor.resume()
        else:
            auditor.begin(overwrite=overwrite)
        auditor.run()
        auditor.finish()
        if earlier is not None and baseline is not None:
            auditor.put(
                compared=compare_with(earlier, auditor.audit, baseline.name),
                notes=(*auditor.audit.notes, *skipped_on_one_side(earlier, auditor.audit)),
            )
        auditor.put(helps=measure_mitigations(auditor, others))
    show(auditor.audit, order, as_json=as_json)


def earlier_audit(file: Path) -> Audit:
    """The audit to compare with."""
    from foolery.audit.schema import read_audit

    try:
        return read_audit(file)
    except UsageError as error:
        raise UsageError(f"--baseline: {str(error).removeprefix('audit: ')}") from None


def panel_for(classifier: Classifier, references: list[str] | None) -> Panel | None:
    """The panel that was asked for; for a classifier of the ten digits one of shipped networks."""
    from foolery.audit.panel import default_panel, make_panel
    from foolery.classifiers import load_classifier

    known = classifier.description
    if not references:
        return default_panel(known, load_classifier)
    try:
        members = [load_classifier(one) for text in references for one in text.split(",")]
    except UsageError as error:
        raise UsageError(f"--panel: {error}") from None
    found = make_panel(known, members)
    if found is None:
        raise UsageError(f"--panel: {', '.join(references)} is the audited classifier; name others")
    return found


@contextmanager
def saying_where(order: AuditConfig) -> Iterator[None]:
    """Say how to go on where an interrupt ends what is within."""
    try:
        yield
    except KeyboardInterrupt:
        note(f"interrupted; {order.out} is saved: the same command with --resume goes on")
        raise


def show(found: Audit, order: AuditConfig, *, as_json: bool) -> None:
    """Print the verdict.

    Raises:
        GateError: where a gate failed, or the score is worse than before.
    """
    from foolery.audit.markdown import gate_lines, headline, mitigation_lines, verdict_lines

    if as_json:
        print_json(found.model_dump(mode="json", by_alias=True))
    else:
        print(f"audit       {found.classifier.name}: {headline(found)}")
        print(*(f"- {line}" for line in [*verdict_lines(found), *gate_lines(found), *found.notes]), sep="\n")
        if found.helps:
            print("what helps", *(f"- {line}" for line in mitigation_lines(found)), sep="\n")
        print(f"next        {order.out / 'summary.md'}; foolery report {order.out} -o page")
    failed = [gate.expression for gate in found.gates if gate.failed]
    if found.compared is not None and found.compared.regression:
        failed.append("worse than --baseline")
    if failed:
        raise GateError(f"audit: {len(failed)} of the checks failed: {'; '.join(failed)}")
