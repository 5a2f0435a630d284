"""The trials of a quiz: an image, the label that the network gave it, a foil, and trials that catch guessers.

Two-alternative forced choice, as Zhou and Firestone (2019, "Humans can decipher adversarial images") asked,
whose foils were labels of other images. Dujmovic, Malhotra and Bowers (2020, "What do adversarial images tell
us about human vision?") found that agreement depends on the foils, so there are two kinds: ``random``, the
label of another image of the quiz, and ``competitive``, the label that the network ranks second for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from foolery.canvas import Canvases, CanvasShape, canvas_hash, from_image
from foolery.classifiers.base import Classifier
from foolery.engine.run import Champion, RunResult
from foolery.errors import UsageError
from foolery.rng import check_seed

TrialKind = Literal["random", "competitive", "catch"]
Foils = Literal["random", "competitive", "both"]
FOILS = ("random", "competitive", "both")
VERSION = 1
IMAGES = 40
CATCHES = 4


@dataclass(frozen=True)
class QuizTrial:
    """One question.

    Attributes:
        name: of the trial in answers: the hash of its canvas, and its kind.
        kind: of its foil, or ``catch``: a trial that everybody who looks answers rightly.
        canvas: ``(C, H, W) uint8``.
        target: the label that the network gave, or the word that a catch trial shows.
        foil: the other label.
        confidence: of the network in the target; 1 for a catch trial.
    """

    name: str
    kind: TrialKind
    canvas: Canvases
    target: str
    foil: str
    confidence: float


@dataclass(frozen=True)
class Quiz:
    """All trials, in the order of the seed.

    Attributes:
        seed: of order, foils and choice of images.
        networks: references of the networks whose images are shown.
    """

    seed: int
    networks: tuple[str, ...]
    trials: tuple[QuizTrial, ...]

    @property
    def identity(self) -> str:
        """SHA-256 (hex, 16 digits) of all that a person is shown: answers of one quiz are scored together."""
        shown = [[each.name, each.target, each.foil] for each in self.trials]
        return hashlib.sha256(json.dumps([VERSION, self.seed, shown]).encode()).hexdigest()[:16]


def make_quiz(
    runs: Sequence[RunResult],
    *,
    seed: int = 0,
    images: int = IMAGES,
    catches: int = CATCHES,
    foils: Foils = "random",
    classifier: Classifier | None = None,
    min_confidence: float = 0.0,
) -> Quiz:
    """A quiz about champions of ``runs``.

    Example:
        >>> import foolery
        >>> from foolery.quiz import make_quiz
        >>> run = foolery.evolve("lenet", generations=2, batch=20)
        >>> quiz = make_quiz([run], images=10, catches=2)
        >>> len(quiz.trials), sum(trial.kind == "catch" for trial in quiz.trials)
        (12, 2)

    Args:
        runs: whose champions are shown, each image once.
        seed: the same seed gives the same quiz.
        images: at most so many, drawn at random.
        catches: trials that show a label as a written word.
        foils: ``random``, ``competitive``, or ``both``: every image twice, with either foil.
        classifier: of all runs; needed for competitive foils.
        min_confidence: that a champion must have.

    Raises:
        UsageError: fewer than two different labels are left, or a number that is none.
    """
    check_seed(seed)
    if foils not in FOILS:
        raise UsageError(f"foils: expected {', '.join(FOILS)}, got {foils!r}")
    if images < 2 or catches < 0:
        raise UsageError(f"images: expected at least 2, and 0 or more catches, got {images} and {catches}")
    random = np.random.default_rng(seed)
    champions = _distinct([each for run in runs for each in run.champions.values()], min_confidence)
    order = random.permutation(len(champions))[:images]
    champions = [champions[row] for row in order]
    labels = sorted({each.label for each in champions})
    if len(labels) < 2:
        raise UsageError(
            f"runs: a quiz needs images of two classes or more, got {len(labels)}; name more runs, or a "
            f"lower --min-confidence"
        )
    trials: list[QuizTrial] = []
    if foils in ("random", "both"):
        others = [[label for label in labels if label != each.label] for each in champions]
        picked = [names[random.integers(len(names))] for names in others]
        trials += [_trial("random", each, foil) for each, foil in zip(champions, picked, strict=True)]
    if foils in ("competitive", "both"):
        trials += [
            _trial("competitive", each, foil)
            for each, foil in zip(champions, _second_labels(champions, classifier), strict=True)
        ]
    shape = CanvasShape(*champions[0].canvas.shape)
    for word in [labels[row % len(labels)] for row in random.permutation(len(labels) * 8)[:catches]]:
        foil = str(random.choice([label for label in labels if label != word]))
        trials.append(QuizTrial(f"catch-{len(trials)}", "catch", written(word, shape), word, foil, 1.0))
    mixed = tuple(trials[row] for row in random.permutation(len(trials)))
    return Quiz(seed, tuple(dict.fromkeys(run.settings.classifier for run in runs)), mixed)


def written(word: str, shape: CanvasShape) -> Canvases:
    """``(C, H, W) uint8``: a word as an image, as large as its canvas or 128 pixels, for a catch trial."""
    from PIL import Image, ImageDraw, ImageFont

    side = max(128, shape.height, shape.width)
    image, size = Image.new("L", (side, side), 255), side // 2
    drawing = ImageDraw.Draw(image)
    while size > 6 and drawing.textlength(word, ImageFont.load_default(size)) > 0.9 * side:
        size -= 2
    font = ImageFont.load_default(max(size, 6))
    drawing.text((side / 2, side / 2), word, fill=0, font=font, anchor="mm")
    return from_image(image)


def _distinct(champions: Sequence[Champion], min_confidence: float) -> list[Champion]:
    """Each canvas once, with the class that it is most confident in."""
    best: dict[str, Champion] = {}
    for each in champions:
        if each.confidence >= min_confidence and (
            each.canvas_hash not in best or each.confidence > best[each.canvas_hash].confidence
        ):
            best[each.canvas_hash] = each
    return list(best.values())


def _trial(kind: TrialKind, champion: Champion, foil: str) -> QuizTrial:
    name = f"{canvas_hash(champion.canvas)[:16]}-{kind}"
    return QuizTrial(name, kind, champion.canvas, champion.label, foil, champion.confidence)


def _second_labels(champions: Sequence[Champion], classifier: Classifier | None) -> list[str]:
    """For each champion the class, other than its own, that the network scores highest."""
    if classifier is None:
        raise UsageError("foils: competitive ones are the network's second answers; give its classifier")
    scores = np.array(classifier.scores(np.stack([each.canvas for each in champions])))
    scores[np.arange(len(champions)), [each.index for each in champions]] = -np.inf
    return [classifier.description.classes[place] for place in scores.argmax(axis=1)]
