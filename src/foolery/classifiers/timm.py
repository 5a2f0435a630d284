"""Timm: networks of timm's, ``timm:NAME.TAG?weights=…&seed=N``.

``weights`` is ``none`` for a random start with ``seed``, or a file of safetensors; by default those of the
tag are fetched from the hub, as safetensors only.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from torch import nn

from foolery.classifiers.base import Classifier
from foolery.classifiers.class_names import distinct, named_list, numbered
from foolery.classifiers.fingerprint import fingerprint_of_digests, network_digests
from foolery.classifiers.request import Request, seed_of
from foolery.classifiers.torch_model import random_initialization, smoke_test, torch_classifier
from foolery.classifiers.torchvision import import_torchvision
from foolery.errors import MissingExtraError, UsageError, did_you_mean

#: First words of tags whose recipe trains with binary cross-entropy: each output is a sigmoid of its own
#: (Wightman, Touvron, Jégou, "ResNet strikes back", 2021: procedures A1, A2, A3, and timm's A1h).
_SIGMOID_TAGS = ("a1", "a2", "a3", "a1h")


def open_reference(request: Request) -> Classifier:
    """The classifier that ``timm:NAME`` names; its card is made of timm's own configuration.

    Raises:
        UsageError: for unknown names, and for weights that cannot be had.
        MissingExtraError: without timm.
    """
    name, options = request.name_and_options("weights", "seed")
    timm = _timm(name)
    weights, seed = options.get("weights"), seed_of(request, options)
    file = None if weights == "none" else _file(request, timm, name, weights)

    def build() -> nn.Module:
        overlay = {} if file is None else {"pretrained": True, "pretrained_cfg_overlay": {"file": str(file)}}
        network: nn.Module = timm.create_model(name, **overlay)
        return network

    try:
        network = random_initialization(build, seed)
    except Exception as error:  # timm raises almost anything for weights that do not fit
        message = " ".join(str(error).split())[:300]
        raise UsageError(f"classifier {request.reference}: timm cannot load it: {message}") from None
    card = request.card_from(_card_fields(request.reference, timm, network))
    digest = fingerprint_of_digests(network_digests(f"timm:{name.partition('.')[0]}", network), card)
    return smoke_test(
        torch_classifier(
            request.reference, network, card, digest, device=request.device, precision=request.precision
        )
    )


def build_untrained(name: str, classes: int) -> nn.Module:
    """A network of timm's with ``classes`` outputs, its weights not yet set."""
    network: nn.Module = _timm(name).create_model(name, num_classes=classes)
    return network


def _timm(name: str) -> Any:
    """timm, if it has a network of that name, and of that tag."""
    import_torchvision(f"run timm:{name}")
    try:
        import timm
    except ImportError:
        raise MissingExtraError("timm", "vision", f"run timm:{name}") from None
    bare, dot, tag = name.partition(".")
    if not timm.is_model(bare):
        raise UsageError(f"classifier: timm has no {bare!r}; {did_you_mean(bare, timm.list_models())}")
    tags = timm.list_pretrained(f"{bare}.*")
    if dot and name not in tags:
        raise UsageError(f"classifier: timm's {bare} has no tag {tag!r}; {did_you_mean(name, tags)}")
    return timm


def _file(request: Request, timm: Any, name: str, weights: str | None) -> Path:
    """The safetensors file to load: the one that was named, else the hub's."""
    if weights is not None:
        path = Path(weights).expanduser()
        if path.suffix != ".safetensors" or not path.is_file():
            raise UsageError(
                f"classifier {request.reference}: weights must be 'none' or a file of safetensors, "
                f"got {weights!r}"
            )
        return path
    config = timm.get_pretrained_cfg(name)
    place = config.hf_hub_id if config is not None else None
    if not place:
        raise UsageError(
            f"classifier {request.reference}: timm has no weights for it on the hub; give a file, "
            f"?weights=FILE.safetensors, or a random start, ?weights=none"
        )
    repository = f"{place}{config.architecture}.{config.tag}" if place.endswith("/") else place
    try:
        from huggingface_hub import hf_hub_download

        return Path(hf_hub_download(repository, "model.safetensors"))
    except Exception as error:  # no network, no file, no access: all of different kinds
        message = next(iter(str(error).splitlines()), type(error).__name__)
        raise UsageError(
            f"classifier {request.reference}: cannot fetch model.safetensors of {repository} ({message}); "
            f"give "
            f"a file, ?weights=FILE.safetensors, or a random start, ?weights=none"
        ) from None


def _card_fields(reference: str, timm: Any, network: Any) -> dict[str, Any]:
    """Fields of a card from timm: as its evaluation transform resizes and crops."""
    config = timm.data.resolve_model_data_config(network)
    channels, height, width = config["input_size"]
    tag = network.pretrained_cfg.get("tag") or ""
    sides = {
        "height": math.floor(height / config["crop_pct"]),
        "width": math.floor(width / config["crop_pct"]),
    }
    return {
        "name": reference,
        "kind": "sigmoid" if tag.split("_")[0] in _SIGMOID_TAGS else "softmax",
        "classes": _names(timm, network),
        "preprocessing": {
            "canvas": {"channels": channels, **sides},
            "crop": {"height": height, "width": width},
            "mean": tuple(config["mean"]),
            "std": tuple(config["std"]),
            "channel_order": "rgb" if channels == 3 else "gray",
        },
    }


def _names(timm: Any, network: Any) -> tuple[str, ...]:
    count = int(network.num_classes)
    label_names = network.pretrained_cfg.get("label_names")
    if label_names and len(label_names) == count:
        return distinct(list(label_names))
    if count == 1000:
        return named_list("imagenet")
    subset = timm.data.infer_imagenet_subset(network)
    if subset:
        info = timm.data.ImageNetInfo(subset)
        return distinct([info.index_to_description(row) for row in range(count)])
    return numbered(count)
