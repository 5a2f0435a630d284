"""Registry: from a classifier reference, such as ``lenet`` or ``onnx:net.onnx``, to a classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from foolery.classifiers.base import Classifier
from foolery.classifiers.builtin import card_of, is_numpy, names, open_builtin
from foolery.classifiers.device import (
    check_backend,
    check_described,
    check_device,
    check_precision,
    only_torch_has,
    prefers_torch,
)
from foolery.classifiers.request import Request, class_names_from
from foolery.classifiers.wrappers import WRAPPERS, guards, is_wrapper, leaves, open_wrapper
from foolery.data.download import data_folders
from foolery.data.registry import DATA
from foolery.detectors.registry import DETECTORS, split_reference
from foolery.errors import MissingExtraError, UsageError, did_you_mean
from foolery.registry import Entry, Registry

BACKENDS = ("auto", "onnx", "torch")
_SCHEME_OF = {
    ".onnx": "onnx",
    ".safetensors": "torch",
    ".pt": "torch",
    ".pth": "torch",
    ".pt2": "torch",
}


_HERE = "foolery.classifiers"

ADAPTERS = Registry(
    "classifier",
    "foolery.classifiers",
    (
        Entry(
            "onnx",
            "an ONNX file with its card beside it (FILE's name with .card.json)",
            f"{_HERE}.onnx:open_reference",
            extra="onnx",
            form="onnx:FILE",
        ),
        Entry(
            "torch",
            "safetensors of an architecture that its card names; an exported program (.pt2) with --trust",
            f"{_HERE}.torch:open_reference",
            extra="torch",
            form="torch:FILE",
        ),
        Entry(
            "torchvision",
            "a network of torchvision's, for instance torchvision:resnet50",
            f"{_HERE}.torchvision:open_reference",
            extra="vision",
            form="torchvision:NAME",
        ),
        Entry(
            "timm",
            "a network of timm's, for instance timm:resnet50.a1_in1k",
            f"{_HERE}.timm:open_reference",
            extra="vision",
            form="timm:NAME",
        ),
        Entry(
            "hf",
            "an image classifier of the Hugging Face hub or a folder (hf:./FOLDER); CLIP with class names",
            f"{_HERE}.huggingface:open_reference",
            extra="hf",
            form="hf:ORG/NAME",
        ),
        Entry(
            "python",
            "a classifier, callable or estimator that your own code makes",
            f"{_HERE}.python:open_reference",
            form="python:MODULE:NAME",
        ),
        Entry(
            "maite",
            "a model of the MAITE protocols that your own code makes",
            f"{_HERE}.maite:open_reference",
            form="maite:MODULE:NAME",
        ),
    ),
)
"""A target takes a ``Request`` (``foolery.classifiers.request``) and gives a ``Classifier``."""

#: What foolery's own adapters run on; a plugin's can be anything.
_BACKEND_OF = {"onnx": "onnx", "python": "python", "maite": "python"} | dict.fromkeys(
    ("torch", "torchvision", "timm", "hf"), "torch"
)
#: Forms that run code or call an endpoint, as a plugin may too: never loaded because a run file says so.
_NEVER_RECORDED = ("python", "maite", "kserve", "http", "https", "grpc")


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

    Example:
        >>> import foolery
        >>> classifier = foolery.load_classifier("lenet")
        >>> classifier.description.classes[:3]
        ('0', '1', '2')
        >>> classifier.description.canvas.axes
        (1, 28, 28)

    Args:
        reference: a built-in name, or one of the forms of ``list_classifiers``.
        backend: ``onnx``, ``torch``, or ``auto``: for a built-in, onnxruntime where it is installed, else
            torch; for an ONNX file onnxruntime, or torch where only that reaches ``device`` (the file is
            then converted, and its scores are compared with onnxruntime's).
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
    _check_text(reference)
    changed = dict(changes or {})
    if classes is not None:
        changed["classes"] = class_names_from(classes)
    scheme, colon, _ = reference.partition(":")
    if colon and scheme in ADAPTERS:
        return _open_adapter(scheme, backend, Request(reference, card, device, trust, changed, precision))
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
        own = [*names(), *(entry.usage for entry in WRAPPERS.entries())]
        hint = _file_without_scheme(reference)
        raise UsageError(
            f"classifier: {reference!r} is unknown; {hint or ADAPTERS.suggestion(reference, *own)}"
        )
    if card is not None or changed:
        raise UsageError(f"card: the built-in classifier {reference} has its own; leave --card out")
    if is_numpy(reference):
        backend = "python"
    elif backend == "auto":
        backend = _choose_backend(reference, device) if precision == "float32" else "torch"
    check_backend(reference, backend, precision)
    return open_builtin(reference, backend, device, precision)


def _check_text(reference: object) -> None:
    if not isinstance(reference, str):
        raise UsageError(
            f"classifier: expected a reference such as 'lenet', got {type(reference).__name__}; wrap a model "
            f"that lives in Python: foolery.wrap(model, canvas=(3, 32, 32), classes=…)"
        )


def _open_adapter(scheme: str, backend: str, request: Request) -> Classifier:
    reference, runs_on = request.reference, _BACKEND_OF.get(scheme, backend)
    if scheme == "onnx" and (backend == "torch" or (backend == "auto" and only_torch_has(request.device))):
        from foolery.classifiers.onnx_torch import open_on_torch

        return open_on_torch(request)
    if backend not in ("auto", runs_on):
        raise UsageError(f"backend: {reference} runs on {runs_on}, got {backend!r}; leave --backend out")
    if runs_on == "onnx":
        check_backend(reference, "onnx", request.precision)
    classifier: Classifier = ADAPTERS.load(scheme, purpose=f"run {reference}")(request)
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
        UsageError: where loading it would run code, call an endpoint or fetch anything.
    """
    if reference.startswith("wrapped:"):
        raise UsageError(
            f"classifier: the run names {reference!r}, a model that foolery.wrap took from a running Python; "
            f"give it again, there as classifier=, on the command line as --classifier python:MODULE:NAME"
        )
    foreign = any(_foreign_guard(each) for each in guards(reference))
    if foreign or any(_runs_code(leaf.partition(":")[0]) for leaf in leaves(reference)):
        raise UsageError(
            f"classifier: the run names {reference!r}, which is not loaded because a run file says so; if "
            f"you trust it, repeat it with --classifier"
        )
    missing = [leaf for leaf in leaves(reference) if _may_fetch(leaf)]
    missing += [detector for detector in guards(reference) if _may_fetch_data(detector)]
    fetched = next(iter(missing), None)
    if fetched is not None:
        raise UsageError(
            f"classifier: the run names {fetched!r}, which may have to be fetched from the network, and "
            f"nothing is fetched because a run file says so; if you want it, repeat it with --classifier"
        )
    names_of_classes = classes if reference.startswith("hf:") else None
    return load_classifier(reference, backend=backend, card=card, device=device, classes=names_of_classes)


def _runs_code(scheme: str) -> bool:
    return scheme in _NEVER_RECORDED or (scheme in ADAPTERS and ADAPTERS.entry(scheme).package is not None)


def _foreign_guard(detector: str) -> bool:
    """Whether a detector, or the data that it is fitted on, is a plugin's."""
    name, options = split_reference(detector)
    data = options.get("fit", "mnist").partition(":")[0]
    return any(
        each in registry and registry.entry(each).package is not None
        for each, registry in ((name, DETECTORS), (data, DATA))
    )


def _may_fetch_data(detector: str) -> bool:
    """Whether the data that a detector is fitted on are foolery's own, and are not on this machine."""
    data = split_reference(detector)[1].get("fit", "mnist")
    return data in ("mnist", "cifar10") and not any((folder / data).is_dir() for folder in data_folders())


def _may_fetch(leaf: str) -> bool:
    """Whether a reference names what lies on a hub, and not a file or folder, or a random start."""
    scheme, _, rest = leaf.partition(":")
    name, _, query = rest.partition("?")
    if scheme == "hf":
        return not Path(name).expanduser().is_dir()
    if scheme not in ("timm", "torchvision"):
        return False
    weights = dict(parse_qsl(query)).get("weights", "")
    return weights != "none" and not Path(weights).expanduser().is_file()


def list_classifiers() -> dict[str, str]:
    """Every form of classifier reference with one line about it.

    Example:
        >>> import foolery
        >>> "lenet" in foolery.list_classifiers()
        True
    """
    lines = {}
    for name in names():
        card = card_of(name)
        shape = card.preprocessing.shape
        colour = "gray" if shape.channels == 1 else "RGB"
        error = "" if card.test_error is None else f", test error {card.test_error:.2%}"
        lines[name] = f"{len(card.classes)} classes, {colour} {shape.height} x {shape.width}{error}"
    return lines | {entry.usage: entry.about for entry in (*ADAPTERS.entries(), *WRAPPERS.entries())}


def _choose_backend(reference: str, device: str) -> str:
    if prefers_torch(device):
        return "torch"
    for package, backend in (("onnxruntime", "onnx"), ("torch", "torch")):
        if find_spec(package) is not None:
            return backend
    raise MissingExtraError("onnxruntime", "onnx", f"run the classifier {reference}")
