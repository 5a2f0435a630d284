"""Everything that an arms race needs is found and checked before its first round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from foolery.classifiers.architectures import build, list_architectures
from foolery.classifiers.card import card_beside, read_card
from foolery.data import LabelledData, load_data
from foolery.data.class_matching import match_classes
from foolery.data.labelled import StrictData
from foolery.data.opened import data_for
from foolery.encodings import make_encoding
from foolery.errors import UsageError
from foolery.hardening.config import ArmsRaceConfig, Method, OnBroken
from foolery.hardening.fine_tuning import load_trainable
from foolery.hardening.training_set import weights_file
from foolery.training.export import check_exporter

IN_MEMORY = 1 << 28  # bytes of images that fine-tuning holds decoded; more of them are read again and again
LISTED = 5  # names of broken images in a message


@dataclass(frozen=True)
class PreparedArmsRace:
    """Settings of an arms race, with its data.

    Attributes:
        config: settings.
        train_data: in memory, except for fine-tuning.
        test_data: to measure errors with.
        notes: what the user should know before it starts, a line each.
    """

    config: ArmsRaceConfig
    train_data: LabelledData
    test_data: LabelledData
    notes: tuple[str, ...]


def prepare_arms_race(
    network: str,
    data: str,
    method: Method,
    *,
    broken: OnBroken = "refuse",
    over_represent: float | None = None,
    settings: Mapping[str, object],
) -> PreparedArmsRace:
    """Find network and data, and check that they belong together.

    Args:
        network: an architecture, to be trained from scratch; or a reference, to be fine-tuned.
        data: a data reference.
        method: of hardening.
        broken: whether images that cannot be read are left out, or end it.
        over_represent: how large the fooling class is to be, in average classes; None: every image once.
        settings: further fields of ``ArmsRaceConfig``.

    Raises:
        UsageError: for anything that cannot be used, in one line.
        MissingExtraError: without torch.
    """
    if method == "fine-tune":
        return _prepare_fine_tuning(network, data, broken, over_represent, settings)
    architecture, start = _resolve_network(network, method)
    if settings.get("card") is not None:
        raise UsageError("card: only method fine-tune takes one; the others find it beside the network")
    config = _make_config(
        {"architecture": architecture, "data": data, "method": method, "start": start}, settings
    )
    shape = config.recipe().preprocessing.shape
    make_encoding(config.encoding, shape)
    build(architecture, 2)
    check_exporter()
    source = load_data(data, "train")
    (train_data,) = source.batches(len(source), shape)
    notes = _notes_on_broken(source.unreadable, broken)
    if start is not None and read_card(card_beside(weights_file(start))).classes != train_data.classes:
        raise UsageError(f"data: its classes are not those of {network}, in their order")
    if over_represent is not None:
        config = config.model_copy(update={"copies": _copies(config, train_data, over_represent)})
    return PreparedArmsRace(config, train_data, load_data(data, "test"), notes)


def _make_config(fixed: Mapping[str, object], settings: Mapping[str, object]) -> ArmsRaceConfig:
    options = {key: value for key, value in settings.items() if value is not None}
    try:
        return ArmsRaceConfig.model_validate({**options, **fixed})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).replace("_", "-")
        raise UsageError(f"{name}: {first['msg'].lower()}, got {first['input']!r}") from None


def _prepare_fine_tuning(
    network: str,
    data: str,
    broken: OnBroken,
    over_represent: float | None,
    settings: Mapping[str, object],
) -> PreparedArmsRace:
    """Settings for a pretrained network; its images are read as they are needed."""
    check_exporter()
    if settings.get("side") is not None:
        raise UsageError("side: a pretrained network has its canvas; leave it out")
    card = None if settings.get("card") is None else Path(str(settings["card"]))
    classifier = load_trainable(network, card)
    description = classifier.description
    config = _make_config(
        {
            "architecture": classifier.card.architecture or description.name,
            "data": data,
            "method": "fine-tune",
            "start": network,
        },
        settings,
    )
    make_encoding(config.encoding, description.canvas)
    with data_for(description.classes):
        train_data, test_data = load_data(data, "train"), load_data(data, "test")
    for each in (train_data, test_data):
        match_classes(each.classes, description.classes, description.name)
    notes: tuple[str, ...] = (f"{network} is fine-tuned, not trained from scratch",)
    if len(train_data) * description.canvas.size <= IN_MEMORY:
        source = train_data
        (train_data,) = source.batches(len(source), description.canvas)
        notes += _notes_on_broken(source.unreadable, broken)
    elif broken == "refuse":
        train_data = StrictData(train_data)
    if over_represent is not None:
        config = config.model_copy(update={"copies": _copies(config, train_data, over_represent)})
    return PreparedArmsRace(config, train_data, test_data, notes)


def _resolve_network(network: str, method: Method) -> tuple[str, str | None]:
    """Architecture, and what to start from."""
    if method == "class":
        if network not in list_architectures():
            raise UsageError(
                f"network: method class trains from scratch, so it takes an architecture "
                f"({', '.join(list_architectures())}), got {network!r}"
            )
        return network, None
    weights = weights_file(network)
    return str(read_card(card_beside(weights)).architecture), network


def _notes_on_broken(unreadable: list[str], broken: OnBroken) -> tuple[str, ...]:
    if not unreadable:
        return ()
    listed = "; ".join(unreadable[:LISTED]) + (" …" if len(unreadable) > LISTED else "")
    if broken == "refuse":
        raise UsageError(
            f"data: {len(unreadable)} images cannot be read ({listed}); repair them, or give --broken skip"
        )
    return (f"skipped {len(unreadable)} images that cannot be read: {listed}",)


def _copies(config: ArmsRaceConfig, train_data: LabelledData, over_represent: float) -> int:
    if not 0 < over_represent <= 1000:
        raise UsageError(f"over-represent: expected a number above 0 and up to 1000, got {over_represent:g}")
    ordinary = len(train_data) / len(train_data.classes)
    images = 2 * len(train_data.classes) * config.first_runs
    copies = round(over_represent * ordinary / images)
    if copies < 1:
        raise UsageError(
            f"over-represent: {images} images of the first round are more than {over_represent:g} times the "
            f"{ordinary:.0f} of a class already; give fewer --first-runs, or leave it out"
        )
    return copies
