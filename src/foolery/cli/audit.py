"""``foolery audit``: which unrecognizable images a classifier accepts, under one budget, with a verdict."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from foolery.cli._next import next_command
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
from foolery.cli._signals import saying_what_became_of
from foolery.cli._stage_bars import stage_bars
from foolery.errors import GateError

if TYPE_CHECKING:
    from foolery.audit import Audit


def audit(
    context: typer.Context,
    classifier: Annotated[str, typer.Argument(metavar="REF", help="The classifier to audit.")],
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="Labelled real images; required for a score."),
    ] = None,
    split: Annotated[
        str, typer.Option("--split", metavar="train|test", help="Which part of the data.")
    ] = "test",
    protocol: Annotated[
        str | None,
        typer.Option(
            "--protocol",
            metavar="NAME",
            help="Budget, attacks, seeds and images of digits-1, cifar-1, imagenet-quick-1, …",
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            metavar="QUERIES|TIME",
            help="Queries, time, or both: 100000, 5m, or 100000,5m. Default: 300000.",
        ),
    ] = None,
    attacks: Annotated[
        str | None,
        typer.Option(
            "--attacks", metavar="A,B,…", help="Only these attacks; an unknown name lists them all."
        ),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="EXPR",
            help="Exit with 1 if this holds: 'score < 50'; repeatable; an unknown figure lists them all.",
        ),
    ] = None,
    allow_unfinished: Annotated[
        bool,
        typer.Option("--allow-unfinished", help="Let a gate pass that the time left undecided."),
    ] = False,
    baseline: Annotated[
        Path | None,
        typer.Option(
            "--baseline", metavar="AUDIT", help="Compare with an earlier audit; exit with 1 if this is worse."
        ),
    ] = None,
    champions: Annotated[
        Path | None,
        typer.Option(
            "--champions", metavar="AUDIT", help="No attacks: score the champions of an earlier audit."
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            "--seeds",
            metavar="N",
            parser=whole_number,
            help="Repeat with N seeds, each with the budget; 3 with a gate or a baseline, else 1.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", parser=whole_number, help="Seed, or the first of them.")
    ] = 0,
    panel: Annotated[
        list[str] | None,
        typer.Option(
            "--panel",
            metavar="REF",
            help="Independent classifiers that tell whether champions are recognizable; repeatable.",
        ),
    ] = None,
    mitigations: Annotated[
        bool | None,
        typer.Option(
            "--mitigations/--no-mitigations", help="Measure what makes the classifier safer; default: no."
        ),
    ] = None,
    ensemble: Annotated[
        str | None,
        typer.Option("--ensemble", metavar="REF", help="Mitigation: an ensemble with this network."),
    ] = None,
    hardened: Annotated[
        str | None,
        typer.Option("--hardened", metavar="REF", help="Mitigation: this hardened network instead."),
    ] = None,
    guard: Annotated[
        list[str] | None,
        typer.Option("--guard", metavar="DETECTOR", help="Mitigation: this detector; repeatable."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude", metavar="CLASS", help="Do not attack this class: 'background'; repeatable."
        ),
    ] = None,
    max_images: Annotated[
        int,
        typer.Option(
            "--max-images", metavar="N", parser=whole_number, help="Score at most N of the real images."
        ),
    ] = 2000,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Default: runs/CLASSIFIER-audit-seedN."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the gates as JUnit XML.")
    ] = None,
    sarif: Annotated[
        Path | None, typer.Option("--sarif", metavar="FILE", help="Write what was found as SARIF 2.1.0.")
    ] = None,
    keep: Annotated[
        str,
        typer.Option("--keep", metavar="all|light", help="light: without the files of the attacks."),
    ] = "all",
    resume: Annotated[bool, typer.Option("--resume", help="Continue the audit in --out.")] = False,
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
    """Audit a classifier: search for unrecognizable images that it accepts, and score it.

    All attacks share one budget. audit.json, summary.md and the champions' images are in --out. Exit code 1
    means that a gate (--fail-on, --baseline) failed or is undecided. Ctrl-C saves; --resume continues.
    """
    begun = monotonic()
    from foolery.audit import AuditConfig, run_audit
    from foolery.data.opened import data_for

    config = AuditConfig(
        data=data,
        split=split,
        max_images=max_images,
        protocol=protocol,
        budget=budget,
        attacks=None if attacks is None else [name.strip() for name in attacks.split(",") if name.strip()],
        seeds=seeds,
        seed=seed,
        panel=panel or None,
        exclude=exclude or (),
        fail_on=fail_on or (),
        allow_unfinished=allow_unfinished,
        baseline=baseline,
        champions=champions,
        mitigations=mitigations,
        ensemble=ensemble,
        hardened=hardened,
        guards=tuple(guard or ()),
        out=out if out is not None else default_run(classifier, "audit", seed),
        load=lambda reference: load(reference, backend, None, device, None, trust, None, precision),
        keep=cast('Literal["all", "light"]', keep),
        junit=junit,
        sarif=sarif,
        command=command_line(context),
    )
    with stage_bars("audit"), saying_what_became_of(config.out), ExitStack() as within:
        loaded = load(classifier, backend, card, device, class_names, trust, changes, precision)
        within.enter_context(data_for(loaded.description.classes))
        audited = run_audit(loaded, config, on_progress=note, resume=resume, overwrite=overwrite, begun=begun)
    _print(audited, as_json=as_json)


def _print(audited: Audit, *, as_json: bool) -> None:
    """Print the verdict.

    Raises:
        GateError: where a gate failed or is undecided, or the score is worse than before.
    """
    from foolery.audit.markdown import advice_lines, gate_lines, headline, mitigation_lines, verdict_lines

    if as_json:
        print_json(audited.to_dict())
    else:
        print(f"audit       {audited.classifier.name}: {headline(audited)}")
        lines = [*verdict_lines(audited), *gate_lines(audited), *audited.notes, *advice_lines(audited)]
        print(*(f"- {line}" for line in lines), sep="\n")
        if audited.mitigations:
            print("mitigations", *(f"- {line}" for line in mitigation_lines(audited)), sep="\n")
        folder = audited.folder
        shown = next_command("report", folder, "-o", "page")
        print(f"next        {folder / 'summary.md'}; {shown}")
    _check(audited)


def _check(audited: Audit) -> None:
    """Raise GateError unless the build may go on."""
    if audited.passed:
        return
    judged = [(gate.expression, gate.outcome) for gate in audited.gates]
    if audited.comparison is not None:
        judged.append(("no worse than --baseline", audited.comparison.outcome))
    parts = [
        f"{len(names)} of the checks {outcome}: {'; '.join(names)}"
        for outcome in ("failed", "undecided")
        if (names := [name for name, other in judged if other == outcome])
    ]
    remedy = (
        "; a larger budget decides, --allow-unfinished lets it pass" if audited.outcome == "undecided" else ""
    )
    raise GateError(f"audit: {', '.join(parts)}{remedy}")
