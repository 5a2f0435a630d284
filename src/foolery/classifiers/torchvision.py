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
from foolery.classifiers.class_names import distinct, known_list, numbered
from foolery.classifiers.fingerprint import fingerprint_of, of_network
from foolery.classifiers.request import Request, seed_of
from foolery.classifiers.torch_model import classifier_of, fill, random_start, tried
from foolery.errors import MissingExtraError, UsageError, nearest

_COMPLAINT = "operator torchvision::nms does not exist"
_MISSING = ("nms", "qnms")
_KEPT: list[Any] = []  # torch forgets operators when their library is collected


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
        if str(error) != _COMPLAINT:
            raise
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for name in _MISSING:
            schema = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            library.define(schema)  # type: ignore[no-untyped-call]
        _KEPT.append(library)
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        import torchvision
    module: ModuleType = torchvision
    return module


_NOTES = {
    "alexnet": "torchvision's alexnet is the later one-column variant (2014), not the network of 2012 with "
    "two groups, local normalisation and 227 pixels that the paper fooled."
}
_RESIZE, _CROP = 256, 224  # where there are no weights that say otherwise


def open_reference(request: Request) -> Classifier:
    """The classifier that ``torchvision:NAME`` names; its card is made of what torchvision knows.

    Raises:
        UsageError: for unknown names, and for weights that cannot be had.
        MissingExtraError: without torchvision.
    """
    name, options = request.named("weights", "seed")
    models = _models(name)
    asked = options.get("weights", "DEFAULT")
    seed = seed_of(request, options)
    known = list(models.get_model_weights(name))
    local = asked.endswith(".safetensors")
    chosen = None if local or asked == "none" else _weights(request, models, name, asked)
    described = chosen or (models.get_model_weights(name).DEFAULT if known else None)
    card = request.card_from(_said_by(request.reference, described))
    architecture = f"torchvision:{name}"
    network = random_start(lambda: build_untrained(name, card.background + len(card.classes)), seed)
    if local:
        fill(network, Path(asked).expanduser(), architecture)
    elif chosen is not None:
        network.load_state_dict(_fetched(request, chosen))
    mark = fingerprint_of(of_network(architecture, network), card)
    notes = (_NOTES[name],) if name in _NOTES else ()
    return tried(
        classifier_of(
            request.reference,
            network,
            card,
            mark,
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
    known = models.list_models(module=models)
    if name not in known:
        raise UsageError(f"classifier: torchvision has no {name!r}; {nearest(name, known)}")
    return models


def _weights(request: Request, models: Any, name: str, asked: str) -> Any:
    enum = models.get_model_weights(name)
    known = [each.name for each in enum] + ["none", "FILE.safetensors"]
    if asked != "DEFAULT" and asked not in known:
        raise UsageError(f"classifier {request.reference}: no weights {asked!r}; {nearest(asked, known)}")
    return enum[asked]


def _fetched(request: Request, weights: Any) -> Any:
    try:
        return weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except OSError as error:
        raise UsageError(
            f"classifier {request.reference}: cannot fetch {weights.url} ({error}); give a file, "
            f"?weights=FILE.safetensors, or a random start, ?weights=none"
        ) from None


def _said_by(reference: str, weights: Any) -> dict[str, Any]:
    """The fields of a card that torchvision's weights know: its transform, and the names of its classes."""
    names = tuple(weights.meta["categories"]) if weights is not None else numbered(1000)
    how = weights.transforms() if weights is not None else None
    resize = how.resize_size[0] if how is not None else _RESIZE
    crop = how.crop_size[0] if how is not None else _CROP
    return {
        "name": reference,
        "kind": "softmax",
        "classes": known_list("imagenet") if len(names) == 1000 else distinct(names),
        "preprocessing": {
            "canvas": {"channels": 3, "height": resize, "width": resize},
            "crop": {"height": crop, "width": crop},
            "mean": tuple(how.mean) if how is not None else (0.485, 0.456, 0.406),
            "std": tuple(how.std) if how is not None else (0.229, 0.224, 0.225),
            "channel_order": "rgb",
        },
    }
