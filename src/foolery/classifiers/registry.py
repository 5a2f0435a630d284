"""Registry: from a classifier reference, such as ``lenet`` or ``onnx:net.onnx``, to a classifier."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from foolery.classifiers.builtin import card_of, names, open_builtin
from foolery.classifiers.card import Card, card_beside, read_card
from foolery.classifiers.contract import Classifier
from foolery.classifiers.fingerprint import fingerprint
from foolery.errors import MissingExtraError, UsageError, nearest

BACKENDS = ("auto", "onnx", "torch")


def load_classifier(reference: str, *, backend: str = "auto", card: Path | None = None) -> Classifier:
    """The classifier that ``reference`` names.

    Args:
        reference: a built-in name, ``onnx:FILE``, or ``torch:FILE`` (safetensors of a known architecture).
        backend: ``onnx``, ``torch``, or ``auto``: for a built-in, onnxruntime where it is installed, else
            torch.
        card: of a file, where it does not lie beside it as ``NAME.card.json``.

    Raises:
        UsageError: for a name that is unknown, a file or card that cannot be used.
        MissingExtraError: where what runs it is not installed.
    """
    if backend not in BACKENDS:
        raise UsageError(f"backend: unknown {backend!r}; {nearest(backend, list(BACKENDS))}")
    scheme, colon, rest = reference.partition(":")
    if colon and scheme in _ADAPTERS:
        if backend not in ("auto", scheme):
            raise UsageError(f"backend: {reference} runs on {scheme}, got {backend!r}; leave --backend out")
        return _ADAPTERS[scheme](reference, Path(rest).expanduser(), card)
    if reference not in names():
        known = list(known_classifiers())
        raise UsageError(f"classifier: unknown {reference!r}; {nearest(reference, known)}")
    if card is not None:
        raise UsageError(f"card: the built-in classifier {reference} has its own; leave --card out")
    return open_builtin(reference, _installed(reference) if backend == "auto" else backend)


def known_classifiers() -> dict[str, str]:
    """Every form of classifier reference with one line about it."""
    known = {}
    for name in names():
        card = card_of(name)
        shape = card.preprocessing.shape
        colour = "gray" if shape.channels == 1 else "RGB"
        error = "" if card.test_error is None else f", test error {card.test_error:.2%}"
        known[name] = f"{len(card.classes)} classes, {colour} {shape.height} x {shape.width}{error}"
    known["onnx:FILE"] = "an ONNX file with its card beside it (FILE's name with .card.json)"
    known["torch:FILE"] = "safetensors of an architecture that foolery trains, with its card beside it"
    return known


def _installed(reference: str) -> str:
    for package, backend in (("onnxruntime", "onnx"), ("torch", "torch")):
        if find_spec(package) is not None:
            return backend
    raise MissingExtraError("onnxruntime", "onnx", f"run the classifier {reference}")


def _onnx(reference: str, file: Path, card: Path | None) -> Classifier:
    from foolery.classifiers.external import external_files
    from foolery.classifiers.onnx import open_onnx

    said = _card(reference, file, card)
    return open_onnx(reference, file, said, fingerprint([file, *external_files(file)], said))


def _torch(reference: str, file: Path, card: Path | None) -> Classifier:
    if file.suffix != ".safetensors":
        raise UsageError(f"classifier {reference}: expected a .safetensors file; pickles are never read")
    said = _card(reference, file, card)
    from foolery.classifiers.torch import open_torch

    return open_torch(reference, file, said, fingerprint([file], said))


def _card(reference: str, file: Path, card: Path | None) -> Card:
    if not file.is_file():
        raise UsageError(f"classifier {reference}: no file {file}")
    beside = card_beside(file)
    if card is None and not beside.is_file():
        raise UsageError(
            f"classifier {reference}: its card is missing; write canvas, scale, mean, std, channel_order and "
            f"classes to {beside.name} beside it, or give another file with --card"
        )
    return read_card(card or beside)


_ADAPTERS: dict[str, Callable[[str, Path, Path | None], Classifier]] = {"onnx": _onnx, "torch": _torch}
