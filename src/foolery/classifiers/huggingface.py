"""Hugging Face: image classifiers of transformers, ``hf:org/name`` of the hub or ``hf:./folder``.

CLIP-like models need class names, which become prompts (``hf:org/name?prompt=a photo of a {}``); a score is
their cosine. Only safetensors are read, and no code of a model's own is ever run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from foolery.canvas import CanvasShape, to_image
from foolery.classifiers.base import Classifier
from foolery.classifiers.card import Card
from foolery.classifiers.class_names import distinct
from foolery.classifiers.fingerprint import fingerprint_of_digests, network_digests
from foolery.classifiers.preprocess import preprocess
from foolery.classifiers.request import Request
from foolery.classifiers.torch_model import smoke_test, torch_classifier
from foolery.classifiers.torchvision import import_torchvision
from foolery.errors import MissingExtraError, UsageError

_PROMPT = "a photo of a {}"
_SLACK = 1e-5  # between the network input of a processor and ours


class _LogitsModel(nn.Module):
    """An image classifier that gives its logits alone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.model(pixel_values=images).logits
        return logits


class _CosineModel(nn.Module):
    """The cosines of an image's embedding with those of the prompts."""

    prompts: Tensor

    def __init__(self, model: Any, prompts: Tensor) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("prompts", prompts)

    def forward(self, images: Tensor) -> Tensor:
        embedding = _pooled(self.model.get_image_features(pixel_values=images))
        cosines: Tensor = nn.functional.normalize(embedding, dim=-1) @ self.prompts.T
        return cosines


def open_reference(request: Request) -> Classifier:
    """The classifier that ``hf:NAME`` names; its card is made of its processor's and its own settings.

    Raises:
        UsageError: for a model that cannot be had, has no safetensors, needs code of its own, or is no
            classifier; for a CLIP-like one without class names.
        MissingExtraError: without transformers.
    """
    transformers = _transformers(request)
    name, options = request.name_and_options("prompt", "revision")
    source = _source(request, name) | ({"revision": options["revision"]} if "revision" in options else {})
    with _quiet(transformers), _errors_explained(request):
        config = transformers.AutoConfig.from_pretrained(**source)
        processor = transformers.AutoImageProcessor.from_pretrained(**source)
        if _is_zero_shot(transformers, config):
            fields, network = _zero_shot(transformers, request, source, options.get("prompt", _PROMPT))
        else:
            model = transformers.AutoModelForImageClassification.from_pretrained(
                **source, use_safetensors=True
            )
            fields, network = _config_fields(config), _LogitsModel(model)
    channels = int(getattr(config, "num_channels", 3))
    card = request.card_from(
        {"name": request.reference, "preprocessing": _preprocessing_fields(processor, channels)} | fields
    )
    if request.card is None:
        _check_against(processor, card, request)
    digest = fingerprint_of_digests(network_digests(f"hf:{config.model_type}", network), card)
    return smoke_test(
        torch_classifier(
            request.reference,
            network.float(),
            card,
            digest,
            device=request.device,
            precision=request.precision,
        )
    )


def _transformers(request: Request) -> Any:
    purpose = f"run {request.reference}"
    try:
        import transformers
    except ImportError:
        raise MissingExtraError("transformers", "hf", purpose) from None
    import_torchvision(purpose)  # which the processors of transformers use
    return transformers


def _source(request: Request, name: str) -> dict[str, Any]:
    """Arguments that name the model: a folder, or a repository of the hub."""
    common = {"trust_remote_code": False}
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        if not list(folder.glob("*.safetensors")):
            raise UsageError(
                f"classifier {request.reference}: {folder} has no .safetensors file; pickles are never read: "
                f"save it again with model.save_pretrained(FOLDER)"
            )
        return common | {"pretrained_model_name_or_path": str(folder), "local_files_only": True}
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) or name.startswith("."):
        raise UsageError(f"classifier {request.reference}: no folder {name!r}, and no hub name like org/name")
    return common | {"pretrained_model_name_or_path": name}


def _is_zero_shot(transformers: Any, config: Any) -> bool:
    if any("ImageClassification" in name for name in config.architectures or []):
        return False
    mapping = transformers.models.auto.modeling_auto.MODEL_FOR_ZERO_SHOT_IMAGE_CLASSIFICATION_MAPPING_NAMES
    return config.model_type in mapping


def _config_fields(config: Any) -> dict[str, Any]:
    """Class names and kind."""
    names = [str(config.id2label[row]) for row in range(config.num_labels)]
    several = config.problem_type == "multi_label_classification"
    return {"classes": distinct(names), "kind": "sigmoid" if several else "softmax"}


def _zero_shot(
    transformers: Any, request: Request, source: dict[str, Any], prompt: str
) -> tuple[dict[str, Any], nn.Module]:
    classes = request.changes.get("classes")
    if not classes:
        raise UsageError(
            f"classifier {request.reference}: a CLIP-like model needs class names: give a list, "
            f"or a file of them, with classes"
        )
    if prompt.count("{}") != 1:
        raise UsageError(
            f"classifier {request.reference}: prompt needs one {{}} for the class, got {prompt!r}"
        )
    model = transformers.AutoModel.from_pretrained(**source, use_safetensors=True).float().eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(**source)
    padding: bool | str = "max_length" if "siglip" in model.config.model_type else True
    words = tokenizer(
        [prompt.replace("{}", name) for name in classes],
        padding=padding,
        truncation=True,
        return_tensors="pt",
    )
    with torch.inference_mode():
        embedding = nn.functional.normalize(_pooled(model.get_text_features(**words)), dim=-1)
    return {"kind": "similarity", "classes": tuple(classes)}, _CosineModel(model, embedding.clone())


def _pooled(output: Any) -> Tensor:
    """The embeddings, bare or within an output object, as versions of transformers differ."""
    pooled: Tensor = output if isinstance(output, Tensor) else output.pooler_output
    return pooled


def _preprocessing_fields(processor: Any, channels: int) -> dict[str, Any]:
    """The preprocessing that a processor describes: it resizes to the canvas, then crops."""
    size = dict(getattr(processor, "size", None) or {})
    size = {name: value for name, value in size.items() if value is not None}
    short = size.get("shortest_edge")
    canvas = crop = {"height": size.get("height", short), "width": size.get("width", short)}
    percent = getattr(processor, "crop_pct", None)
    if percent and short and short < 384:  # the rule of ConvNeXt's processor
        canvas = {"height": int(short / percent), "width": int(short / percent)}
    elif getattr(processor, "do_center_crop", None):
        crop_size = dict(processor.crop_size)
        crop = {"height": crop_size["height"], "width": crop_size["width"]}
    normalised = bool(getattr(processor, "do_normalize", None))
    return {
        "canvas": {"channels": channels} | canvas,
        "crop": crop,
        "scale": processor.rescale_factor if getattr(processor, "do_rescale", None) else 1.0,
        "mean": tuple(processor.image_mean)[:channels] if normalised else (0.0,) * channels,
        "std": tuple(processor.image_std)[:channels] if normalised else (1.0,) * channels,
        "channel_order": "rgb" if channels == 3 else "gray",
    }


def _check_against(processor: Any, card: Card, request: Request) -> None:
    """Raise UsageError unless the processor makes of a canvas what the card makes of it."""
    shape: CanvasShape = card.preprocessing.shape
    canvas = np.random.default_rng(0).integers(0, 256, shape.axes, dtype=np.uint8)
    theirs = np.asarray(processor(images=to_image(canvas), return_tensors="np")["pixel_values"])
    ours = preprocess(canvas[None], card.preprocessing)
    if theirs.shape != ours.shape or not np.abs(theirs - ours).max() <= _SLACK * max(1, np.abs(ours).max()):
        raise UsageError(
            f"classifier {request.reference}: its {type(processor).__name__} does what no card can say; "
            f"write a card that comes near, and give it with --card"
        )


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """No progress bars, and errors only."""
    chatter = transformers.utils.logging
    level, bars = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
    try:
        yield
    finally:
        chatter.set_verbosity(level)
        if bars:
            chatter.enable_progress_bar()


@contextmanager
def _errors_explained(request: Request) -> Iterator[None]:
    """Whatever transformers raises, as one line."""
    try:
        yield
    except UsageError:
        raise
    except Exception as error:  # no network, no file, code of its own: all of different kinds
        message = " ".join(str(error).split())
        if "trust_remote_code" in message:
            message = (
                "it needs code of its own, which is never run; load it in your own module: python:MODULE:NAME"
            )
        raise UsageError(f"classifier {request.reference}: cannot load it: {message[:300]}") from None
