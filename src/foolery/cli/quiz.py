"""``foolery quiz``: a page that asks people what a network saw, and a score of their answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foolery.cli._options import (
    BackendOption,
    CardOption,
    DeviceOption,
    load,
    one_of,
    real_number,
    whole_number,
)
from foolery.cli._output import note, open_page, print_json
from foolery.errors import UsageError

if TYPE_CHECKING:
    from foolery.classifiers.base import Classifier
    from foolery.engine.run import RunResult
    from foolery.quiz import Agreement
    from foolery.quiz.scoring import AgreementInterval

SCORE = "score"


def quiz(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN… | score FILES…", help="Runs to ask about; or score, and files of answers."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="The page: one file that needs no network.")
    ] = Path("quiz.html"),
    seed: Annotated[
        int,
        typer.Option("--seed", metavar="N", parser=whole_number, help="The seed of images, foils and order."),
    ] = 0,
    images: Annotated[
        int, typer.Option("--images", metavar="N", parser=whole_number, help="At most so many images.")
    ] = 40,
    catches: Annotated[
        int,
        typer.Option(
            "--catches", metavar="N", parser=whole_number, help="Trials that catch who does not look."
        ),
    ] = 4,
    foils: Annotated[
        str,
        typer.Option(
            "--foils",
            metavar="random|competitive|both",
            help="The other label: of another image, the network's second answer, or one trial of each.",
        ),
    ] = "random",
    min_confidence: Annotated[
        float,
        typer.Option(
            "--min-confidence", metavar="P", parser=real_number, help="Skip images below this confidence."
        ),
    ] = 0.0,
    classifier: Annotated[
        str | None,
        typer.Option(
            "--classifier", "-c", metavar="REF", help="For competitive foils (default: as the run names it)."
        ),
    ] = None,
    plan: Annotated[
        int | None,
        typer.Option(
            "--plan", metavar="PEOPLE", parser=whole_number, help="With score: the power of so many people."
        ),
    ] = None,
    browse: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file in --out.")] = False,
    card: CardOption = None,
    backend: BackendOption = "auto",
    device: DeviceOption = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask people which of two labels a network gave to an image, and score their answers against chance.

    The page saves a person's answers as a file; foolery quiz score FILES reads them.
    """
    if str(runs[0]) == SCORE:
        print_score(runs[1:], plan, as_json=as_json)
        return
    if plan is not None:
        raise UsageError("--plan goes with score: foolery quiz score FILES --plan 40")
    from foolery.engine.run import open_run
    from foolery.files import write_atomic
    from foolery.quiz import make_quiz, quiz_page
    from foolery.quiz.trials import FOILS

    one_of("--foils", foils, FOILS)
    if out.exists() and not overwrite:
        raise UsageError(f"--out: {out} exists; name another file or give --overwrite")
    opened = [open_run(run) for run in runs]
    scorer = None if foils == "random" else _scorer(opened, classifier, backend, card, device)
    result = make_quiz(
        opened,
        seed=seed,
        images=images,
        catches=catches,
        foils=foils,  # type: ignore[arg-type]
        classifier=scorer,
        min_confidence=min_confidence,
    )
    write_atomic(out, quiz_page(result))
    if as_json:
        print_json({"page": str(out), "quiz": result.identity, "trials": len(result.trials)})
    else:
        about_images = sum(trial.kind != "catch" for trial in result.trials)
        catch = len(result.trials) - about_images
        print(f"trials      {about_images} about images, {catch} to catch guessers, quiz {result.identity}")
        print("next        foolery quiz score FILES, once people have answered")
        print(out.resolve(), flush=True)
    if browse:
        open_page(out.resolve().as_uri())


def print_score(files: list[Path], plan: int | None, *, as_json: bool) -> None:
    """Read answers, and print how far people agree with the network."""
    from foolery.quiz import power_of, read_answers, score_answers

    if not files:
        raise UsageError("score: name the files of answers that the page saved")
    agreement = score_answers([read_answers(file) for file in files])
    shares = [share for share, _ in agreement.by_person.values()]
    power = None if plan is None else power_of(shares, plan)
    if as_json:
        planned = {} if plan is None else {"plan": {"people": plan, "power": power}}
        print_json(agreement.to_dict() | planned)
        return
    print(*score_lines(agreement), sep="\n")
    if power is not None:
        print(f"power       {power:.0%} for {plan} people like these (one-sided t test against 50 %, 2.5 %)")


def score_lines(agreement: Agreement) -> list[str]:
    """The score in words."""
    people, images = agreement.above_chance
    lines = [
        f"people      {len(agreement.people)} counted, {len(agreement.left_out)} left out by catch trials",
        f"agreement   {_percent(agreement.overall)}; chance is 50 %",
    ]
    lines += [f"  {kind:<12}{_percent(interval)}" for kind, interval in agreement.by_kind.items()]
    lines.append(f"above 50 %  {people:.0%} of people, {images:.0%} of images")
    lines += [
        f"  {name[:24]:<26}{share:6.1%}  p {p:.2g}"
        for name, (share, p) in sorted(agreement.by_person.items())
    ]
    return lines


def _percent(interval: AgreementInterval) -> str:
    if interval.low != interval.low:
        note("note: an interval needs two people and two images or more")
        return f"{interval.mean:.1%}"
    return f"{interval.mean:.1%} ({interval.low:.1%} to {interval.high:.1%})"


def _scorer(
    runs: list[RunResult], reference: str | None, backend: str, card: Path | None, device: str
) -> Classifier:
    fingerprints = {run.settings.fingerprint for run in runs}
    if len(fingerprints) != 1:
        raise UsageError("--foils: competitive ones need runs of one network; make a quiz for each")
    settings = runs[0].settings
    if reference is None:
        from foolery.classifiers import load_recorded

        return load_recorded(
            settings.classifier, backend=backend, card=card, device=device, classes=settings.classes
        )
    loaded = load(reference, backend, card, device, None, False, None)
    if loaded.description.fingerprint not in fingerprints:
        raise UsageError(f"--classifier: {reference} is not the network of the runs, {settings.classifier}")
    return loaded
