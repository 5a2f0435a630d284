"""Python: classifiers that the user's own code makes, ``python:package.module:name``.

The module is looked for on Python's path and in the current folder. The name is one of these, or a class or
function without required arguments that gives one of these:

- a classifier: it has ``description`` and ``scores``;
- a torch module;
- an estimator of scikit-learn's: it has ``predict_proba`` and ``classes_``, and gets flat pixels;
- any callable from canvases ``(N, C, H, W) uint8`` to ``(N, K)`` numbers.

What the last three cannot say, a card says, or attributes: ``canvas`` ``(channels, height, width)`` and
``classes``, and, where the defaults do not fit, ``kind`` (``softmax``), ``output`` (``logits``), ``scale``
(1, of values 0 to 255) and ``fingerprint`` (of the weights, the pickled estimator, or the module's source).
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.card import Card
from foolery.classifiers.class_names import distinct
from foolery.classifiers.fingerprint import fingerprint_of_digests, network_digests
from foolery.classifiers.inference import CanvasFunction, scores_of_canvases
from foolery.classifiers.preprocess import preprocess
from foolery.classifiers.request import Request
from foolery.classifiers.scores import SATURATES
from foolery.errors import UsageError

#: Canvases per call.
CHUNK = 256


ImageFunction: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.floating]]
"""From preprocessed images ``(N, C, H, W) float32`` to ``(N, K)`` numbers."""


@dataclass(frozen=True)
class PythonClassifier:
    """A callable behind the contract of a classifier; one call at a time.

    Attributes:
        description: name, canvas, classes.
        card: from its attributes, or given.
        call: from canvases to ``(N, K)`` numbers.
        model: the same from what is preprocessed; None where that is not apart.
    """

    description: Description
    card: Card
    call: CanvasFunction
    model: ImageFunction | None = None

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` for canvases ``(N, C, H, W) uint8``; see ``Description.kind``."""
        return scores_of_canvases(self.call, canvases, self.description, self.card, workers=1)


def open_reference(request: Request) -> Classifier:
    """The classifier that ``python:module:name`` names.

    Raises:
        UsageError: where the module or the name is not there or fails, or it is no classifier of any kind.
    """
    model = load_object(request)
    if _is_classifier(model):
        classifier: Classifier = model
        return classifier
    if _is_torch(model):
        from foolery.classifiers.torch_model import smoke_test, torch_classifier

        card = request.card_from(card_fields(model, request))
        digest = fingerprint_of_digests(network_digests(type(model).__qualname__, model), card)
        return smoke_test(
            torch_classifier(
                request.reference, model, card, digest, device=request.device, precision=request.precision
            )
        )
    if hasattr(model, "predict_proba"):
        fields = {"classes": distinct([str(name) for name in model.classes_]), "output": "probabilities"}
        card = request.card_from(fields | card_fields(model, request))
        return wrap_call(request, model, card, lambda canvases: _probabilities(model, canvases, card))
    if callable(model):
        card = request.card_from(card_fields(model, request))
        return wrap_call(request, model, card, lambda canvases: _as_array(model(canvases)))
    raise UsageError(
        f"classifier {request.reference}: gave {type(model).__name__}, which is none of: a classifier, "
        f"a torch module, an estimator with predict_proba, a callable"
    )


def load_object(request: Request) -> Any:
    """The object that the reference names; a class or a function without required arguments is called."""
    module, colon, name = request.rest.partition(":")
    if not (module and colon and name):
        raise UsageError(f"classifier {request.reference}: expected python:package.module:name")
    with _current_folder():
        try:
            value: Any = importlib.import_module(module)
        except Exception as error:  # the user's code can raise anything
            raise _failure(request, f"cannot import {module}", error) from error
        for part in name.split("."):
            if not hasattr(value, part):
                raise UsageError(f"classifier {request.reference}: {module} has no {name!r}")
            value = getattr(value, part)
        if not _is_factory(value):
            return value
        try:
            return value()
        except Exception as error:
            raise _failure(request, f"{name}() failed", error) from error


def _is_factory(value: Any) -> bool:
    if isinstance(value, type):
        return True
    if not inspect.isroutine(value):
        return False
    parameters = inspect.signature(value).parameters.values()
    flexible = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(each.default is not each.empty or each.kind in flexible for each in parameters)


def _is_classifier(model: Any) -> bool:
    return isinstance(getattr(model, "description", None), Description) and callable(
        getattr(model, "scores", None)
    )


def _is_torch(model: Any) -> bool:
    """Without an import of torch: its modules cannot exist before it is imported."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(model, torch.nn.Module)


def card_fields(model: Any, request: Request) -> dict[str, Any]:
    """Fields of a card from attributes; values from 0 to 255 where there is no other scale."""
    names = ("kind", "output", "classes")
    fields = {
        name: getattr(model, name)
        for name in names
        if isinstance(getattr(model, name, None), (str, list, tuple))
    }
    fields = {"name": request.reference, "kind": "softmax"} | fields
    if "classes" in fields and not isinstance(fields["classes"], str):
        fields["classes"] = tuple(str(name) for name in fields["classes"])
    canvas = getattr(model, "canvas", None)
    axes = getattr(canvas, "axes", canvas)
    if canvas is None:
        if request.card is None and "canvas" not in request.changes:
            raise UsageError(
                f"classifier {request.reference}: its canvas is not known; give it the attribute canvas = "
                f"(channels, height, width), or give a card with --card"
            )
        return fields
    if not isinstance(axes, (tuple, list)) or len(axes) != 3:
        raise UsageError(
            f"classifier {request.reference}: canvas must be (channels, height, width), got {canvas!r}"
        )
    channels, height, width = (int(side) for side in axes)
    return fields | {
        "preprocessing": {
            "canvas": {"channels": channels, "height": height, "width": width},
            "scale": float(getattr(model, "scale", 1.0)),
            "mean": (0.0,) * channels,
            "std": (1.0,) * channels,
            "channel_order": "gray" if channels == 1 else "rgb",
        }
    }


def wrap_call(request: Request, model: Any, card: Card, call: CanvasFunction) -> PythonClassifier:
    """A classifier of ``call``; by the source of ``model`` it is known again."""
    fingerprint = getattr(model, "fingerprint", None)
    digest = fingerprint if isinstance(fingerprint, str) else fingerprint_of_digests([digest_of(model)], card)
    description = Description(
        name=request.reference,
        fingerprint=digest,
        canvas=card.preprocessing.shape,
        classes=card.classes,
        kind=card.kind,
        backend="python",
        forward={"chunk": CHUNK},
        notes=(SATURATES,) if card.output == "probabilities" else (),
    )
    return PythonClassifier(description, card, call)


def digest_of(model: Any) -> bytes:
    """SHA-256 of an estimator as pickle writes it (it is not read back), else of the source of a callable."""
    if hasattr(model, "predict_proba"):
        return hashlib.sha256(pickle.dumps(model, protocol=4)).digest()
    try:
        source = inspect.getsourcefile(model if inspect.isroutine(model) else type(model))
        return hashlib.sha256(Path(str(source)).read_bytes()).digest()
    except (OSError, TypeError):
        return hashlib.sha256(repr(type(model)).encode()).digest()


def _probabilities(model: Any, canvases: Canvases, card: Card) -> NDArray[np.floating]:
    images = preprocess(canvases, card.preprocessing)
    return _as_array(model.predict_proba(images.reshape(len(images), -1)))


def _as_array(values: Any) -> NDArray[np.floating]:
    """Lists and foreign arrays as numpy arrays; integers stay what they are, and are refused later."""
    array: NDArray[np.floating] = np.asarray(values)
    return array


def _failure(request: Request, step: str, error: Exception) -> UsageError:
    message = next(iter(str(error).splitlines()), "")
    return UsageError(f"classifier {request.reference}: {step}: {type(error).__name__}: {message}")


@contextmanager
def _current_folder() -> Iterator[None]:
    """The current folder last on Python's path, as ``python -m`` has it first."""
    folder = str(Path.cwd())
    if folder in sys.path:
        yield
        return
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
