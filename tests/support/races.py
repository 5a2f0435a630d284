"""Arms races made by hand: settings, and the rounds that are done."""

from pathlib import Path

from foolery.hardening.rounds import Round
from foolery.hardening.settings import ArmsRaceConfig


def round_of(number: int, confidence: float) -> Round:
    """A round after which the median fooling image gets ``confidence``."""
    return Round(
        number=number, error=0.012, real_as_fooling=0.0005, pictures=60000, fooling=3000, runs=30,
        confidence=confidence, quartiles=(confidence / 2, (1 + confidence) / 2), first_confidence=0.4,
        run_medians=(confidence,), class_medians=(confidence,) * 10, fooled={"0.99": 0.5},
        seconds={"training": 60.0, "search": 100.0},
    )  # fmt: skip


def race_in(folder: Path, *confidences: float) -> Path:
    """Write an arms race of three rounds of which two are done, or as many as there are ``confidences``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "contest.json").write_text(ArmsRaceConfig(rounds=3, data="<b>mnist</b>").model_dump_json())
    for number, confidence in enumerate(confidences or (0.9999, 0.97), start=1):
        place = folder / f"round-{number:02d}"
        place.mkdir()
        (place / "round.json").write_text(round_of(number, confidence).model_dump_json())
    return folder
