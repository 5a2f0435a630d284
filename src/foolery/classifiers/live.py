"""Live models: what exists in this Python already becomes a classifier in one line."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description, Kind
from foolery.classifiers.card import Card, Output, Preprocessing, make_card
from foolery.classifiers.class_names import distinct
from foolery.classifiers.fingerprint import fingerprint_of_digests, network_digests
from foolery.classifiers.preprocess import preprocess
from foolery.classifiers.python import CHUNK, ImageFunction, PythonClassifier, digest_of
from foolery.classifiers.registry import load_classifier
from foolery.classifiers.request import class_names_from
from foolery.classifiers.scores import SATURATES
from foolery.errors import UsageError

TRAINING = (
    "The module was in training mode, where dropout and batch normalization vary: it was set to eval()."
)


class ModelNotice(UserWarning):
    """Something about a wrapped model was changed, and its owner should know."""


def wrap(
    model: Any,
    *,
    canvas: tuple[int, int, int],
    classes: int | str | Sequence[str] | None = None,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    scale: float | None = None,
    kind: Kind = "softmax",
    output: Output | None = None,
    name: str | None = None,
    device: str = "auto",
    precision: str = "float32",
) -> Classifier:
    """A classifier from a model that lives in this Python.

    Its preprocessing is ``(canvas * scale - mean) / std``, as in a model card.

    Example:
        >>> import numpy as np
        >>> import foolery
        >>> def brightness(images):          # (N, 1, 8, 8) uint8 to (N, 2) logits
        ...     light = images.mean(axis=(1, 2, 3)) / 255
        ...     return np.stack([light, 1 - light], axis=1)
        >>> classifier = foolery.wrap(brightness, canvas=(1, 8, 8), classes=["bright", "dark"])
        >>> sorted(foolery.evolve(classifier, generations=2, batch=20).champions)
        ['bright', 'dark']

    Args:
        model: a torch module; an estimator or pipeline of scikit-learn's with ``predict_proba`` (it gets
            ``(N, C * H * W) float32``); or a function from ``(N, C, H, W)`` to an array ``(N, K)`` (it gets
            ``uint8`` canvases or, where ``scale``, ``mean`` or ``std`` is given, preprocessed ``float32``).
        canvas: channels (1 or 3), height and width of its images.
        classes: a name for every output, their number, or one of foolery's lists (``"imagenet"``); of an
            estimator its own ``classes_`` where None.
        mean: of each channel after scaling, or one for all.
        std: likewise.
        scale: of the 8-bit values: 1/255 where None, but 1 for estimators and functions without mean and std.
        kind: ``softmax``, ``sigmoid`` or ``similarity``.
        output: ``logits`` or ``probabilities``; of an estimator always the latter, else logits where None.
        name: for runs and reports; the name of the model's class or function where None.
        device: of a torch module: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: of a torch module: ``float32``, ``tf32``, ``bf16`` or ``fp16``.

    Returns:
        A classifier for ``evolve``, ``audit`` and all others. A torch module stays the same object, in eval
        mode on its device; wrap it again after its weights have changed. A run records the name and a
        fingerprint of the weights (of an estimator's pickle, of a function's source): to read the run
        elsewhere, give the commands a reference ``python:MODULE:NAME`` to the wrapped classifier.

    Raises:
        UsageError: the model is none of these, or its output is not ``(N, K)`` finite numbers.
    """
    is_torch, is_estimator = _is_torch(model), hasattr(model, "predict_proba")
    if not (is_torch or is_estimator or callable(model)):
        remedy = (
            "; wrap sklearn.calibration.CalibratedClassifierCV(model)" if hasattr(model, "predict") else ""
        )
        raise UsageError(
            f"model: expected a torch module, an estimator with predict_proba, or a function, got "
            f"{type(model).__name__}{remedy}"
        )
    raw = not is_torch and scale is None and mean is None and std is None
    fields: dict[str, Any] = {
        "name": name or getattr(model, "__name__", type(model).__name__),
        "kind": kind,
        "classes": _names_of(model, classes),
        "output": "probabilities" if is_estimator else output or "logits",
        "preprocessing": _preprocessing(canvas, 1.0 if raw else scale or 1 / 255, mean, std),
    }
    card = make_card(fields, "model")
    title = f"wrapped:{card.name}"
    if is_torch:
        return _checked(_torch(model, title, card, device, precision))
    if is_estimator:
        return _checked(_python(model, title, card, lambda images: _flat_probabilities(model, images)))
    if raw:
        own = replace(_python(model, title, card, None), call=lambda pixels: _array(model(pixels), title))
        return _checked(own)
    return _checked(_python(model, title, card, lambda images: _array(model(images), title)))


def with_preprocessing(classifier: Classifier, preprocessing: Preprocessing) -> Classifier | None:
    """The same model with another preprocessing; None where its own is part of it.

    Args:
        classifier: a torch network, or a wrapped estimator or function.
        preprocessing: of the same canvas.
    """
    card = getattr(classifier, "card", None)
    if card is None:
        return None
    changed = card.model_copy(update={"preprocessing": preprocessing})
    if isinstance(classifier, PythonClassifier):
        return None if classifier.model is None else _with_model(classifier, changed, classifier.model)
    return replace(classifier, card=changed) if hasattr(classifier, "network") else None  # type: ignore[type-var]


def as_classifier(classifier: Classifier | str) -> Classifier:
    """``classifier``, loaded where it is a reference.

    Raises:
        UsageError: it is neither; a model that is not wrapped is told how to be.
    """
    if isinstance(classifier, str):
        return load_classifier(classifier)
    if isinstance(getattr(classifier, "description", None), Description):
        return classifier
    raise UsageError(
        f"classifier: expected a reference such as 'lenet', or a classifier, got "
        f"{type(classifier).__name__}; wrap a model first: foolery.wrap(model, canvas=(3, 32, 32), classes=…)"
    )


def _is_torch(model: Any) -> bool:
    """Without an import of torch: its modules cannot exist before it is imported."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module)


def _names_of(model: Any, classes: int | str | Sequence[str] | None) -> tuple[str, ...]:
    if classes is None:
        own = getattr(model, "classes_", None)
        if own is None:
            raise UsageError(
                f"classes: {type(model).__name__} does not say what its outputs are; give a name for each, "
                f"or their number"
            )
        return tuple(distinct([str(each) for each in own]))
    if isinstance(classes, int):
        if not 1 <= classes <= 1_000_000:
            raise UsageError(f"classes: expected 1 to 1000000, got {classes}")
        return tuple(map(str, range(classes)))
    if isinstance(classes, str | Path):
        return tuple(class_names_from(classes))
    return tuple(str(each) for each in classes)


def _preprocessing(
    canvas: tuple[int, int, int],
    scale: float,
    mean: float | Sequence[float] | None,
    std: float | Sequence[float] | None,
) -> dict[str, Any]:
    axes = getattr(canvas, "axes", canvas)
    if not isinstance(axes, tuple | list) or len(axes) != 3:
        raise UsageError(f"canvas: expected (channels, height, width), got {canvas!r}")
    channels, height, width = (int(side) for side in axes)
    if channels not in (1, 3):
        raise UsageError(
            f"canvas: expected 1 or 3 channels first, as (channels, height, width), got {canvas!r}"
        )
    return {
        "canvas": {"channels": channels, "height": height, "width": width},
        "scale": float(scale),
        "mean": _per_channel("mean", 0.0 if mean is None else mean, channels),
        "std": _per_channel("std", 1.0 if std is None else std, channels),
        "channel_order": "gray" if channels == 1 else "rgb",
    }


def _per_channel(name: str, values: float | Sequence[float], channels: int) -> tuple[float, ...]:
    each = np.atleast_1d(np.asarray(values, dtype=np.float64)).reshape(-1)
    if len(each) not in (1, channels):
        raise UsageError(
            f"{name}: expected one number, or one for each of {channels} channels, got {values!r}"
        )
    return tuple(float(value) for value in np.broadcast_to(each, (channels,)))


def _torch(model: Any, title: str, card: Card, device: str, precision: str) -> Classifier:
    from foolery.classifiers.torch_model import torch_classifier

    digest = fingerprint_of_digests(network_digests(type(model).__qualname__, model), card)
    notes: tuple[str, ...] = ()
    if any(part.training for part in model.modules()):
        notes = (TRAINING,)
        warnings.warn(TRAINING, ModelNotice, stacklevel=4)
    learned = [each for each in model.parameters() if each.requires_grad]
    classifier = torch_classifier(title, model, card, digest, device=device, precision=precision, notes=notes)
    for each in learned:  # the module is its owner's, who may go on training it
        each.requires_grad_(True)
    return classifier


def _with_model(classifier: PythonClassifier, card: Card, model: ImageFunction) -> PythonClassifier:
    return replace(
        classifier, card=card, call=lambda pixels: model(preprocess(pixels, card.preprocessing)), model=model
    )


def _python(model: Any, title: str, card: Card, of_images: ImageFunction | None) -> PythonClassifier:
    """``of_images`` takes what is preprocessed; None where the model takes canvases, by a call to be set."""
    description = Description(
        name=title,
        fingerprint=fingerprint_of_digests([digest_of(model)], card),
        canvas=card.preprocessing.shape,
        classes=card.classes,
        kind=card.kind,
        backend="python",
        forward={"chunk": CHUNK},
        notes=(SATURATES,) if card.output == "probabilities" else (),
    )
    classifier = PythonClassifier(description, card, _no_call)
    return classifier if of_images is None else _with_model(classifier, card, of_images)


def _no_call(canvases: Canvases) -> NDArray[np.float64]:
    raise TypeError("the call of a wrapped function is not set")


def _flat_probabilities(model: Any, images: NDArray[np.float32]) -> Any:
    return np.asarray(model.predict_proba(images.reshape(len(images), -1)), dtype=np.float64)


def _array(values: Any, title: str) -> Any:
    """The outputs of a function as floating-point numbers."""
    if isinstance(values, tuple | list | dict) and any(hasattr(each, "shape") for each in _values(values)):
        raise UsageError(f"classifier {title}: {_several(values)}")
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    array = np.asarray(values)
    return array.astype(np.float64) if array.dtype.kind in "iu" else array


def _values(several: Any) -> list[Any]:
    return list(several.values()) if isinstance(several, dict) else list(several)


def _several(values: Any) -> str:
    return (
        f"the model gave a {type(values).__name__} of {len(values)} in place of one array (N, K); wrap a "
        f"function that picks the logits, for instance lambda images: model(images)[0]"
    )


def _checked(classifier: Classifier) -> Classifier:
    """``classifier``, once it has scored three canvases: a batch is not taken for two classes.

    Raises:
        UsageError: what it gives is not ``(N, K)`` finite numbers.
    """
    description = classifier.description
    canvases = np.zeros((3, *description.canvas.axes), np.uint8)
    canvases[1:] = 255
    try:
        classifier.scores(canvases)
    except UsageError:
        raise
    except Exception as error:  # a foreign model can raise anything
        message = next(iter(str(error).splitlines()), "")
        network = getattr(classifier, "network", None)
        if network is not None:
            gave = _given(classifier, canvases)
            if isinstance(gave, tuple | list | dict):
                raise UsageError(f"classifier {description.name}: {_several(gave)}") from None
        raise UsageError(
            f"classifier {description.name}: cannot score canvases {canvases.shape}: "
            f"{type(error).__name__}: {message}"
        ) from None
    return classifier


def _given(classifier: Any, canvases: Canvases) -> Any:
    """What a torch module gives for canvases, whatever it is; None where it fails itself."""
    import torch

    images = torch.from_numpy(preprocess(canvases, classifier.card.preprocessing))
    try:
        with torch.inference_mode():
            return classifier.network(images.to(classifier.description.device))
    except Exception:  # the first error says more
        return None
