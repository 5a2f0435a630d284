"""``foolery verify``: render and score the champions of runs again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._options import (
    BackendOption,
    CardOption,
    ClassNamesOption,
    DeviceOption,
    SetOption,
    TrustOption,
    load,
)
from foolery.cli._output import print_json
from foolery.cli._runs import runs_in
from foolery.cli._stage_bars import stage_bars
from foolery.errors import GateError, UsageError
from foolery.stages import Stage, plan_stages

if TYPE_CHECKING:
    from foolery.analysis.verification import Verification


def verify(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Runs, or folders of runs.")],
    classifier: Annotated[
        str | None,
        typer.Option("--classifier", "-c", metavar="REF", help="Default: the one that the run names."),
    ] = None,
    backend: BackendOption = "auto",
    card: CardOption = None,
    class_names: ClassNamesOption = None,
    device: DeviceOption = "auto",
    trust: TrustOption = False,
    changes: SetOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Render every champion again from its genome, write and read its PNG, score it in float32, and compare.

    Exit code 1 when a canvas or a confidence is not the recorded one.
    """
    from foolery.analysis.verification import KIND
    from foolery.analysis.verification import verify as check

    if classifier is None and (trust or changes or class_names is not None):
        raise UsageError("--trust, --set and --class-names go with --classifier: name the classifier too")
    with stage_bars("verify"):
        loaded = None
        if classifier is not None:
            loaded = load(classifier, backend, card, device, class_names, trust, changes)
        paths = runs_in(runs)
        plan_stages([Stage(path.name, 0, kind=KIND) for path in paths])
        verifications = [check(path, loaded, backend=backend, card=card, device=device) for path in paths]
    failed = [each for each in verifications if not each.passed]
    if as_json:
        print_json({"passed": not failed, "runs": [each.to_dict() for each in verifications]})
    else:
        for each in verifications:
            print(*verification_lines(each), sep="\n")
    if failed:
        raise GateError(f"verify: {len(failed)} of {len(verifications)} runs failed")


def verification_lines(verification: Verification) -> list[str]:
    """One line for the verification, and one for each problem."""
    word = "passed" if verification.passed else "FAILED"
    backend = "the same backend" if verification.same_backend else "another backend"
    how = ""
    if verification.precision != verification.precision_now:
        how = f", scored in {verification.precision_now} where the run used {verification.precision}"
    equal = f"{verification.hashes_equal} of {verification.champions} canvases equal"
    first = (
        f"{word}  {verification.run}: {equal}; largest difference of a confidence "
        f"{verification.largest_difference:.2g}, allowed {verification.tolerance:g} "
        f"on {backend} ({verification.backend}){how}"
    )
    return [first, *(f"        {problem}" for problem in verification.problems)]
