"""Arms races made by hand: settings, and the rounds that are done."""

from pathlib import Path

from foolery.hardening import ArmsRaceConfig, Round


def round_of(number: int, confidence: float) -> Round:
    """A round after which the median fooling image gets ``confidence``."""
    return Round(
        number=number, test_error=0.012, real_as_fooling=0.0005, training_images=60000, fooling_images=3000,
        runs=30, median_confidence=confidence, quartiles=(confidence / 2, (1 + confidence) / 2),
        first_generation_median=0.4, run_medians=(confidence,),
        class_medians=(confidence,) * 10, fooled={"0.99": 0.5},
        seconds={"training": 60.0, "search": 100.0},
    )  # fmt: skip


def race_in(folder: Path, *confidences: float) -> Path:
    """Write an arms race of three rounds of which two are done, or as many as there are ``confidences``."""
    folder.mkdir(parents=True, exist_ok=True)
    ArmsRaceConfig(rounds=3, data="<b>mnist</b>").write(folder)
    for number, confidence in enumerate(confidences or (0.9999, 0.97), start=1):
        place = folder / f"round-{number:02d}"
        place.mkdir()
        round_of(number, confidence).write(place / "round.json")
    return folder
