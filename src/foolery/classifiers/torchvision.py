"""Vision: networks of torchvision's, ``torchvision:NAME?weights=…&seed=N``.

``weights`` is one of torchvision's names (default: its best), ``none`` for a random start with ``seed``, or a
file of safetensors. Downloads are checked by their hash and read without running code.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from foolery.classifiers.base import Classifier
from foolery.classifiers.class_names import distinct, named_list, numbered
from foolery.classifiers.fingerprint import fingerprint_of_digests, network_digests
from foolery.classifiers.request import Request, seed_of
from foolery.classifiers.torch_model import load_weights, random_initialization, smoke_test, torch_classifier
from foolery.errors import MissingExtraError, UsageError, did_you_mean

_NMS_ERROR = "operator torchvision::nms does not exist"
_NMS_OPERATORS = ("nms", "qnms")
_LIBRARIES: list[Any] = []  # torch forgets operators when their library is collected


def import_torchvision(purpose: str) -> ModuleType:
    """The package torchvision.

    Where its import fails with exactly the complaint about ``nms``, the two operators are declared (without
    an implementation) and it is imported again.

    Args:
        purpose: what it is needed for, as the end of "is needed to …".

    Raises:
        MissingExtraError: where it is not installed.
    """
    try:
        import torch
    except ImportError:
        raise MissingExtraError("torch", "vision", purpose) from None
    try:
        import torchvision
    except ImportError:
        raise MissingExtraError("torchvision", "vision", purpose) from None
    except RuntimeError as error:
        if str(error) != _NMS_ERROR:
            raise
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for name in _NMS_OPERATORS:
            schema = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            library.define(schema)  # type: ignore[no-untyped-call]
        _LIBRARIES.append(library)
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        import torchvision
    module: ModuleType = torchvision
    return module


_NOTES = {
    "alexnet": "torchvision's alexnet is the later one-column variant (2014), not the network of 2012 with "
    "two groups, local normalisation and 227 pixels that the paper fooled."
}
_RESIZE, _CROP = 256, 224  # where there are no weights


def open_reference(request: Request) -> Classifier:
    """The classifier that ``torchvision:NAME`` names; its card is made of the transform of its weights.

    Raises:
        UsageError: for unknown names, and for weights that cannot be had.
        MissingExtraError: without torchvision.
    """
    name, options = request.name_and_options("weights", "seed")
    models = _models(name)
    choice = options.get("weights", "DEFAULT")
    seed = seed_of(request, options)
    available = list(models.get_model_weights(name))
    local = choice.endswith(".safetensors")
    weights = None if local or choice == "none" else _weights(request, models, name, choice)
    described = weights or (models.get_model_weights(name).DEFAULT if available else None)
    card = request.card_from(_card_fields(request.reference, described))
    architecture = f"torchvision:{name}"
    network = random_initialization(lambda: build_untrained(name, card.background + len(card.classes)), seed)
    if local:
        load_weights(network, Path(choice).expanduser(), architecture)
    elif weights is not None:
        network.load_state_dict(_download_weights(request, weights))
    digest = fingerprint_of_digests(network_digests(architecture, network), card)
    notes = (_NOTES[name],) if name in _NOTES else ()
    return smoke_test(
        torch_classifier(
            request.reference,
            network,
            card,
            digest,
            device=request.device,
            precision=request.precision,
            notes=notes,
        )
    )


def build_untrained(name: str, classes: int) -> nn.Module:
    """A network of torchvision's with ``classes`` outputs, its weights not yet set."""
    models = _models(name)
    extra = {"init_weights": True, "aux_logits": True} if name in ("googlenet", "inception_v3") else {}
    network: nn.Module = models.get_model(name, weights=None, num_classes=classes, **extra)
    return network


def _models(name: str) -> Any:
    """torchvision.models, if it has an image classifier of that name."""
    models = import_torchvision(f"run torchvision:{name}").models
    available = models.list_models(module=models)
    if name not in available:
        raise UsageError(f"classifier: torchvision has no {name!r}; {did_you_mean(name, available)}")
    return models


def _weights(request: Request, models: Any, name: str, choice: str) -> Any:
    enum = models.get_model_weights(name)
    choices = [each.name for each in enum] + ["none", "FILE.safetensors"]
    if choice != "DEFAULT" and choice not in choices:
        raise UsageError(
            f"classifier {request.reference}: no weights {choice!r}; {did_you_mean(choice, choices)}"
        )
    return enum[choice]


def _download_weights(request: Request, weights: Any) -> Any:
    try:
        return weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except OSError as error:
        raise UsageError(
            f"classifier {request.reference}: cannot fetch {weights.url} ({error}); give a file, "
            f"?weights=FILE.safetensors, or a random start, ?weights=none"
        ) from None


def _card_fields(reference: str, weights: Any) -> dict[str, Any]:
    """The fields of a card that torchvision's weights know: its transform, and the names of its classes."""
    names = tuple(weights.meta["categories"]) if weights is not None else numbered(1000)
    transforms = weights.transforms() if weights is not None else None
    resize = transforms.resize_size[0] if transforms is not None else _RESIZE
    crop = transforms.crop_size[0] if transforms is not None else _CROP
    return {
        "name": reference,
        "kind": "softmax",
        "classes": named_list("imagenet") if len(names) == 1000 else distinct(names),
        "preprocessing": {
            "canvas": {"channels": 3, "height": resize, "width": resize},
            "crop": {"height": crop, "width": crop},
            "mean": tuple(transforms.mean) if transforms is not None else (0.485, 0.456, 0.406),
            "std": tuple(transforms.std) if transforms is not None else (0.229, 0.224, 0.225),
            "channel_order": "rgb",
        },
    }
