"""Registry: from a classifier reference, such as ``lenet`` or ``onnx:net.onnx``, to a classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from foolery.classifiers.base import Classifier
from foolery.classifiers.builtin import card_of, is_numpy, names, open_builtin
from foolery.classifiers.device import (
    check_backend,
    check_described,
    check_device,
    check_precision,
    prefers_torch,
)
from foolery.classifiers.request import Request, class_names_from
from foolery.classifiers.wrappers import FORMS as WRAPPERS
from foolery.classifiers.wrappers import is_wrapper, leaves, open_wrapper
from foolery.errors import MissingExtraError, UsageError, did_you_mean

BACKENDS = ("auto", "onnx", "torch")
_SCHEME_OF = {
    ".onnx": "onnx",
    ".safetensors": "torch",
    ".pt": "torch",
    ".pth": "torch",
    ".pt2": "torch",
}


@dataclass(frozen=True)
class Adapter:
    """One form of reference.

    Attributes:
        module: has ``open_reference(Request) -> Classifier``; imported when it is used.
        backend: that it runs on.
        form: what people write.
        about: one line.
        extra: of foolery that brings what the module imports.
    """

    module: str
    backend: str
    form: str
    about: str
    extra: str = "torch"


_ADAPTERS = {
    "onnx": Adapter(
        "onnx", "onnx", "onnx:FILE", "an ONNX file with its card beside it (FILE's name with .card.json)"
    ),
    "torch": Adapter(
        "torch",
        "torch",
        "torch:FILE",
        "safetensors of an architecture that its card names; an exported program (.pt2) with --trust",
    ),
    "torchvision": Adapter(
        "torchvision",
        "torch",
        "torchvision:NAME",
        "a network of torchvision's, for instance torchvision:resnet50",
        "vision",
    ),
    "timm": Adapter(
        "timm",
        "torch",
        "timm:NAME",
        "a network of timm's, for instance timm:resnet50.a1_in1k",
        "vision",
    ),
    "hf": Adapter(
        "huggingface",
        "torch",
        "hf:ORG/NAME",
        "an image classifier of the Hugging Face hub, or of a folder (hf:./FOLDER); CLIP with class names",
        "hf",
    ),
    "python": Adapter(
        "python",
        "python",
        "python:MODULE:NAME",
        "a classifier, callable or estimator that your own code makes",
    ),
}
#: Forms that run code or call an endpoint: never loaded because a run file says so.
_NEVER_RECORDED = ("python", "kserve", "http", "https", "grpc")


def _file_without_scheme(reference: str) -> str:
    """What to write instead, where ``reference`` is the path of a network's file; else empty."""
    scheme = _SCHEME_OF.get(Path(reference).suffix.lower())
    return f"a file is written {scheme}:{reference}" if scheme and ":" not in reference else ""


def load_classifier(
    reference: str,
    *,
    backend: str = "auto",
    card: Path | None = None,
    device: str = "auto",
    trust: bool = False,
    classes: Path | str | Sequence[str] | None = None,
    changes: Mapping[str, Any] | None = None,
    precision: str = "float32",
) -> Classifier:
    """The classifier that ``reference`` names.

    Args:
        reference: a built-in name, or one of the forms of ``list_classifiers``.
        backend: ``onnx``, ``torch``, or ``auto``: for a built-in, onnxruntime where it is installed, else
            torch.
        card: of a file, where it does not lie beside it as ``NAME.card.json``.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        trust: open exported programs too; these can carry code.
        classes: class names, a file of them, or the name of one of foolery's lists (``imagenet``); they
            override the card's, and are the prompts of a CLIP-like model.
        changes: other fields of the card that override it, for instance ``{"mean": [0.5, 0.5, 0.5]}``.
        precision: what torch computes in: ``float32``, ``tf32`` (on cuda), ``bf16`` or ``fp16``.

    Raises:
        UsageError: for a name that is unknown, a file or card that cannot be used.
        MissingExtraError: where what runs it is not installed.
    """
    if backend not in BACKENDS:
        raise UsageError(f"backend: unknown {backend!r}; {did_you_mean(backend, list(BACKENDS))}")
    check_device(device)
    check_precision(precision)
    changed = dict(changes or {})
    if classes is not None:
        changed["classes"] = class_names_from(classes)
    scheme, colon, _ = reference.partition(":")
    if colon and scheme in _ADAPTERS:
        adapter = _ADAPTERS[scheme]
        if backend not in ("auto", adapter.backend):
            raise UsageError(
                f"backend: {reference} runs on {adapter.backend}, got {backend!r}; leave --backend out"
            )
        if adapter.backend == "onnx":
            check_backend(reference, "onnx", precision)
        return _open(adapter, Request(reference, card, device, trust, changed, precision))
    if is_wrapper(reference):
        if card is not None or changed:
            raise UsageError(
                f"card: {reference} has none of its own; put the cards beside its members' files"
            )
        return open_wrapper(
            reference,
            lambda part: load_classifier(
                part, backend=backend, device=device, trust=trust, precision=precision
            ),
        )
    if reference not in names():
        choices = list(list_classifiers())
        hint = _file_without_scheme(reference)
        raise UsageError(f"classifier: unknown {reference!r}; {hint or did_you_mean(reference, choices)}")
    if card is not None or changed:
        raise UsageError(f"card: the built-in classifier {reference} has its own; leave --card out")
    if is_numpy(reference):
        backend = "python"
    elif backend == "auto":
        backend = _choose_backend(reference, device) if precision == "float32" else "torch"
    check_backend(reference, backend, precision)
    return open_builtin(reference, backend, device, precision)


def _open(adapter: Adapter, request: Request) -> Classifier:
    try:
        module = import_module(f"foolery.classifiers.{adapter.module}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "foolery":
            raise
        raise MissingExtraError(error.name, adapter.extra, f"run {request.reference}") from None
    classifier: Classifier = module.open_reference(request)
    check_described(classifier.description, request.precision)
    return classifier


def load_recorded(
    reference: str,
    *,
    backend: str = "auto",
    card: Path | None = None,
    device: str = "auto",
    classes: Sequence[str] | None = None,
) -> Classifier:
    """As ``load_classifier``, for a reference that comes from a run file, which a stranger may have written.

    It computes in float32, whatever the run did.

    Args:
        reference: as it was recorded.
        backend: as in ``load_classifier``.
        card: likewise.
        device: likewise.
        classes: as they were recorded; a CLIP-like model has none of its own.

    Raises:
        UsageError: where loading it would run code or call an endpoint.
    """
    if any(leaf.partition(":")[0] in _NEVER_RECORDED for leaf in leaves(reference)):
        raise UsageError(
            f"classifier: the run names {reference!r}, which is not loaded because a run file says so; if "
            f"you trust it, repeat it with --classifier"
        )
    names_of_classes = classes if reference.startswith("hf:") else None
    return load_classifier(reference, backend=backend, card=card, device=device, classes=names_of_classes)


def list_classifiers() -> dict[str, str]:
    """Every form of classifier reference with one line about it."""
    lines = {}
    for name in names():
        card = card_of(name)
        shape = card.preprocessing.shape
        colour = "gray" if shape.channels == 1 else "RGB"
        error = "" if card.test_error is None else f", test error {card.test_error:.2%}"
        lines[name] = f"{len(card.classes)} classes, {colour} {shape.height} x {shape.width}{error}"
    return lines | {adapter.form: adapter.about for adapter in _ADAPTERS.values()} | WRAPPERS


def _choose_backend(reference: str, device: str) -> str:
    if prefers_torch(device):
        return "torch"
    for package, backend in (("onnxruntime", "onnx"), ("torch", "torch")):
        if find_spec(package) is not None:
            return backend
    raise MissingExtraError("onnxruntime", "onnx", f"run the classifier {reference}")
