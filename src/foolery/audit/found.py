"""Found: the parts of ``audit.json`` that say what attacks have found."""

from __future__ import annotations

from typing import Literal

from foolery.audit.part import Part

AttackStatus = Literal["waiting", "running", "finished", "skipped"]


class Attack(Part):
    """One attack of one seed, by itself.

    Attributes:
        name: for instance ``cppn``; ``seed`` is its seed.
        about: one line.
        status: ``skipped`` has a ``reason``.
        share: queries that it was given.
        queries: that it took.
        fooled_at_keep95: share of classes of which it has a picture above the threshold; null without data.
        beats_real: share of classes of which it has a picture above the median real one.
        median_confidence: over classes, of its best picture of each.
        run: folder of its run file, or null.
    """

    name: str
    seed: int
    about: str
    status: AttackStatus
    reason: str | None = None
    share: int = 0
    queries: int = 0
    seconds: float = 0.0
    fooled_at_keep95: float | None = None
    beats_real: float | None = None
    median_confidence: float | None = None
    run: str | None = None


class Champion(Part):
    """The best picture of one class, of all attacks and seeds: the largest ``value``.

    Attributes:
        index: of its class; ``label`` is the class name.
        confidence: of the classifier in it.
        score: of the classifier in it, a logarithm for probabilities.
        value: what pictures are compared by, see ``Yardstick.measure``.
        attack: that made it, and ``seed``.
        passed_at: for each seed, queries of the quickest attack, from its own start, when the first picture
            of this class passed keep95; null for never.
        fooled: whether this picture passes keep95; null without data.
        beats_real: whether it is above the median real picture; null without data.
        recognised_by: share of the panel that gives the class as its first answer; null without a panel
            that knows the class.
        image: a PNG file.
        canvas_hash: SHA-256 of the canvas.
    """

    index: int
    label: str
    confidence: float
    score: float
    value: float
    attack: str
    seed: int
    passed_at: tuple[int | None, ...]
    fooled: bool | None
    beats_real: bool | None
    recognised_by: float | None
    image: str
    canvas_hash: str


class Curve(Part):
    """Share of classes that some attack of one seed fools at keep95 within so many queries: a staircase."""

    seed: int
    queries: tuple[int, ...]
    fooled: tuple[float, ...]


class Interval(Part):
    """A mean with a 95 % interval."""

    value: float
    low: float
    high: float


class Verdict(Part):
    """The headline figures. Over seeds they are means; intervals are bootstraps over classes.

    Attributes:
        score: 100 x (1 - area under fooled@keep95 over log10 queries, from 100 to the budget).
        score_of_nonsense: the same without the attacks whose best picture of a class the panel recognises;
            null without a panel.
        score_of_search: the same without the champions of other networks (``starter``), which cost somebody
            else's queries; null where these were not asked.
        fooled_at_keep95: share of classes whose champion passes keep95.
        fooled_by_nonsense: share of classes that pass keep95 by a picture that the panel rejects.
        beats_real: share of classes whose champion is above the median real picture.
        recognised: share of champions that the panel recognises.
        seed_scores: the score of each seed; their spread is another thing than the interval.
        median_confidence: over champions.
        above: share of champions with at least that confidence: 0.5, 0.9, 0.99, 0.9999.
        queries_to_half: queries until half of the classes were fooled, the median of the seeds; null for
            never.
    """

    score: Interval | None = None
    score_of_nonsense: Interval | None = None
    score_of_search: Interval | None = None
    fooled_at_keep95: Interval | None = None
    fooled_by_nonsense: float | None = None
    beats_real: Interval | None = None
    recognised: float | None = None
    seed_scores: tuple[float, ...] = ()
    median_confidence: float
    above: dict[str, float]
    queries_to_half: float | None = None
