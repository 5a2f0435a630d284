"""Request: a classifier reference with the options of ``load_classifier``, as an adapter gets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from foolery.classifiers.card import Card, card_beside, make_card, read_card
from foolery.classifiers.class_names import distinct, list_names, named_list, read_class_names
from foolery.errors import UsageError, did_you_mean


@dataclass(frozen=True)
class Request:
    """A classifier reference and its options.

    Attributes:
        reference: for instance ``onnx:net.onnx``.
        card: file of a card that replaces the one beside the weights, or the vendor's own data.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.
        trust: whether a file that can carry code may be opened.
        changes: fields of the card that override it.
        precision: what a network of torch computes in: ``float32``, ``tf32``, ``bf16`` or ``fp16``.
    """

    reference: str
    card: Path | None = None
    device: str = "auto"
    trust: bool = False
    changes: Mapping[str, Any] = field(default_factory=dict)
    precision: str = "float32"

    @property
    def rest(self) -> str:
        """What follows the scheme: ``net.onnx`` of ``onnx:net.onnx``."""
        return self.reference.partition(":")[2]

    @property
    def file(self) -> Path:
        """``rest`` as a path.

        Raises:
            UsageError: where there is no such file.
        """
        path = Path(self.rest).expanduser()
        if not path.is_file():
            raise UsageError(f"classifier {self.reference}: no file {path}{_similar_files(path)}")
        return path

    def card_of_file(self) -> Card:
        """The card that was named, else the one beside the file.

        Raises:
            UsageError: where there is none, or it is not one.
        """
        beside = card_beside(self.file)
        if self.card is None and not beside.is_file():
            raise UsageError(
                f"classifier {self.reference}: its card is missing, which tells how images go in and what "
                f"the outputs mean; {_card_hint(self.file)}, or name the file that has it with --card"
            )
        return read_card(self.card or beside, self.changes)

    def card_from(self, content: Mapping[str, Any]) -> Card:
        """The card that was named, else one made of ``content``, which an adapter found by itself."""
        if self.card is not None:
            return read_card(self.card, self.changes)
        return make_card(dict(content), f"classifier {self.reference}", self.changes)

    def name_and_options(self, *options: str) -> tuple[str, dict[str, str]]:
        """Name and options of a reference of the form ``scheme:NAME?option=value&option=value``.

        Raises:
            UsageError: for an option that is not among ``options``.
        """
        name, _, query = self.rest.partition("?")
        try:
            values = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
        except ValueError:
            raise UsageError(
                f"classifier {self.reference}: expected NAME?option=value&option=value, "
                f"got {query!r} after '?'"
            ) from None
        for option in values:
            if option not in options:
                raise UsageError(
                    f"classifier {self.reference}: unknown option {option!r}; "
                    f"{did_you_mean(option, list(options))}"
                )
        return name, values


def _similar_files(path: Path) -> str:
    """Files beside ``path`` of the same kind and nearly the same name, as a question."""
    from difflib import get_close_matches

    beside = [each.name for each in path.parent.glob(f"*{path.suffix}")] if path.suffix else []
    beside += [each.name for each in path.parent.glob("*.onnx")] if path.suffix != ".onnx" else []
    close = get_close_matches(path.name, beside, n=1, cutoff=0.7)
    return f"; did you mean {path.parent / close[0]}?" if close else ""


def _card_hint(file: Path) -> str:
    if file.suffix == ".onnx":
        return f"let foolery find it: foolery card {file} --data folder:PHOTOS --class-names FILE"
    return f"write {card_beside(file).name} beside it (docs/cards shows some)"


def class_names_from(classes: Path | str | Sequence[str]) -> tuple[str, ...]:
    """Class names from a sequence, from a file, or from the name of one of foolery's lists."""
    if isinstance(classes, str) and classes in list_names():
        return named_list(classes)
    if isinstance(classes, (str, Path)):
        return read_class_names(Path(classes).expanduser())
    return distinct([str(name) for name in classes])


def seed_of(request: Request, options: Mapping[str, str]) -> int:
    """The option ``seed`` of a reference; 0 where it is left out."""
    text = options.get("seed", "0")
    if not text.isdecimal() or int(text) >= 2**63:
        raise UsageError(f"classifier {request.reference}: seed must be a whole number from 0, got {text!r}")
    return int(text)
