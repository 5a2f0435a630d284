"""Prepare: everything that an arms race needs is found and checked before its first round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from foolery.classifiers.architectures import build, known_architectures
from foolery.classifiers.card import card_beside, read_card
from foolery.data import LabelledData, open_data
from foolery.data.class_matching import match_classes
from foolery.data.unbroken import Unbroken
from foolery.encodings import make_encoding
from foolery.errors import UsageError
from foolery.hardening.fine_tuning import trainable
from foolery.hardening.settings_contest import Contest, Method
from foolery.hardening.training_set import weights_of
from foolery.training.export import check_exporter

Broken = Literal["refuse", "skip"]
IN_MEMORY = 1 << 28  # bytes of pictures that fine-tuning holds decoded; more of them are read again and again
LISTED = 5  # names of broken pictures in a message


@dataclass(frozen=True)
class Ready:
    """A contest with its data.

    Attributes:
        contest: settings.
        pictures: to learn from; in memory, except for fine-tuning.
        tests: to measure with.
        notes: what the user should know before it starts, a line each.
    """

    contest: Contest
    pictures: LabelledData
    tests: LabelledData
    notes: tuple[str, ...]


def prepared(
    network: str,
    data: str,
    method: Method,
    *,
    broken: Broken = "refuse",
    over_represent: float | None = None,
    settings: Mapping[str, object],
) -> Ready:
    """Find network and data, and check that they belong together.

    Args:
        network: an architecture, to be trained from scratch; or a reference, to be fine-tuned.
        data: a data reference.
        method: of hardening.
        broken: whether pictures that cannot be read are left out, or end it.
        over_represent: how large the fooling class is to be, in average classes; None: every image once.
        settings: further fields of ``Contest``.

    Raises:
        UsageError: for anything that cannot be used, in one line.
        MissingExtraError: without torch.
    """
    if method == "fine-tune":
        return _to_fine_tune(network, data, broken, over_represent, settings)
    architecture, start = _found(network, method)
    if settings.get("card") is not None:
        raise UsageError("card: only method fine-tune takes one; the others find it beside the network")
    contest = _contest(
        {"architecture": architecture, "data": data, "method": method, "start": start}, settings
    )
    shape = contest.recipe().preprocessing.shape
    make_encoding(contest.encoding, shape)
    build(architecture, 2)
    check_exporter()
    opened = open_data(data, "train")
    (pictures,) = opened.batches(len(opened), shape)
    notes = _about_broken(opened.unreadable, broken)
    if start is not None and read_card(card_beside(weights_of(start))).classes != pictures.classes:
        raise UsageError(f"data: its classes are not those of {network}, in their order")
    if over_represent is not None:
        contest = contest.model_copy(update={"copies": _copies(contest, pictures, over_represent)})
    return Ready(contest, pictures, open_data(data, "test"), notes)


def _contest(known: Mapping[str, object], settings: Mapping[str, object]) -> Contest:
    chosen = {key: value for key, value in settings.items() if value is not None}
    try:
        return Contest.model_validate({**chosen, **known})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).replace("_", "-")
        raise UsageError(f"{name}: {first['msg'].lower()}, got {first['input']!r}") from None


def _to_fine_tune(
    network: str,
    data: str,
    broken: Broken,
    over_represent: float | None,
    settings: Mapping[str, object],
) -> Ready:
    """A contest of a pretrained network; its pictures are read as they are needed."""
    check_exporter()
    if settings.get("side") is not None:
        raise UsageError("side: a pretrained network has its canvas; leave it out")
    card = None if settings.get("card") is None else Path(str(settings["card"]))
    found = trainable(network, card)
    known = found.description
    contest = _contest(
        {
            "architecture": found.card.architecture or known.name,
            "data": data,
            "method": "fine-tune",
            "start": network,
        },
        settings,
    )
    make_encoding(contest.encoding, known.canvas)
    pictures, tests = open_data(data, "train"), open_data(data, "test")
    for each in (pictures, tests):
        match_classes(each.classes, known.classes, known.name)
    notes: tuple[str, ...] = (f"{network} is fine-tuned, not trained from scratch",)
    if len(pictures) * known.canvas.size <= IN_MEMORY:
        opened = pictures
        (pictures,) = opened.batches(len(opened), known.canvas)
        notes += _about_broken(opened.unreadable, broken)
    elif broken == "refuse":
        pictures = Unbroken(pictures)
    if over_represent is not None:
        contest = contest.model_copy(update={"copies": _copies(contest, pictures, over_represent)})
    return Ready(contest, pictures, tests, notes)


def _found(network: str, method: Method) -> tuple[str, str | None]:
    """Architecture, and what to start from."""
    if method == "class":
        if network not in known_architectures():
            raise UsageError(
                f"network: method class trains from scratch, so it takes an architecture "
                f"({', '.join(known_architectures())}), got {network!r}"
            )
        return network, None
    weights = weights_of(network)
    return str(read_card(card_beside(weights)).architecture), network


def _about_broken(unreadable: list[str], broken: Broken) -> tuple[str, ...]:
    if not unreadable:
        return ()
    listed = "; ".join(unreadable[:LISTED]) + (" …" if len(unreadable) > LISTED else "")
    if broken == "refuse":
        raise UsageError(
            f"data: {len(unreadable)} pictures cannot be read ({listed}); mend them, or give --broken skip"
        )
    return (f"left out {len(unreadable)} pictures that cannot be read: {listed}",)


def _copies(contest: Contest, pictures: LabelledData, over_represent: float) -> int:
    if not 0 < over_represent <= 1000:
        raise UsageError(f"over-represent: expected a number above 0 and up to 1000, got {over_represent:g}")
    ordinary = len(pictures) / len(pictures.classes)
    images = 2 * len(pictures.classes) * contest.first_runs
    copies = round(over_represent * ordinary / images)
    if copies < 1:
        raise UsageError(
            f"over-represent: {images} images of the first round are more than {over_represent:g} times the "
            f"{ordinary:.0f} of a class already; give fewer --first-runs, or leave it out"
        )
    return copies
