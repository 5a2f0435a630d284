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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.base import Classifier, Description
from foolery.classifiers.card import Card
from foolery.classifiers.class_names import distinct
from foolery.classifiers.fingerprint import fingerprint_of, of_network
from foolery.classifiers.inference import Whole, scores_of
from foolery.classifiers.preprocess import preprocess
from foolery.classifiers.request import Request
from foolery.classifiers.scores import SATURATES
from foolery.errors import UsageError

#: Canvases per call.
GRAIN = 256


@dataclass(frozen=True)
class PythonClassifier:
    """A callable behind the contract of a classifier; one call at a time.

    Attributes:
        description: what is known of it.
        card: what its attributes, or its card, say of it.
        call: from canvases to ``(N, K)`` numbers.
    """

    description: Description
    card: Card
    call: Whole

    def scores(self, canvases: Canvases) -> NDArray[np.float64]:
        """``(N, K) float64`` for canvases ``(N, C, H, W) uint8``; see ``Description.kind``."""
        return scores_of(self.call, canvases, self.description, self.card, lanes=1)


def open_reference(request: Request) -> Classifier:
    """The classifier that ``python:module:name`` names.

    Raises:
        UsageError: where the module or the name is not there or fails, or it is no classifier of any kind.
    """
    made = _made(request)
    if _is_classifier(made):
        classifier: Classifier = made
        return classifier
    if _is_torch(made):
        from foolery.classifiers.torch_model import classifier_of, tried

        card = request.card_from(_said_by(made, request))
        mark = fingerprint_of(of_network(type(made).__qualname__, made), card)
        return tried(
            classifier_of(
                request.reference, made, card, mark, device=request.device, precision=request.precision
            )
        )
    if hasattr(made, "predict_proba"):
        said = {"classes": distinct([str(name) for name in made.classes_]), "output": "probabilities"}
        card = request.card_from(said | _said_by(made, request))
        return _wrapped(request, made, card, lambda canvases: _probabilities(made, canvases, card))
    if callable(made):
        card = request.card_from(_said_by(made, request))
        return _wrapped(request, made, card, lambda canvases: _floating(made(canvases)))
    raise UsageError(
        f"classifier {request.reference}: gave {type(made).__name__}, which is none of: a classifier, "
        f"a torch module, an estimator with predict_proba, a callable"
    )


def _made(request: Request) -> Any:
    """The object that the reference names; a class or a function without required arguments is called."""
    module, colon, name = request.rest.partition(":")
    if not (module and colon and name):
        raise UsageError(f"classifier {request.reference}: expected python:package.module:name")
    with _current_folder():
        try:
            found: Any = importlib.import_module(module)
        except Exception as error:  # the user's code can raise anything
            raise _failed(request, f"cannot import {module}", error) from error
        for part in name.split("."):
            if not hasattr(found, part):
                raise UsageError(f"classifier {request.reference}: {module} has no {name!r}")
            found = getattr(found, part)
        if not _is_factory(found):
            return found
        try:
            return found()
        except Exception as error:
            raise _failed(request, f"{name}() failed", error) from error


def _is_factory(found: Any) -> bool:
    if isinstance(found, type):
        return True
    if not inspect.isroutine(found):
        return False
    parameters = inspect.signature(found).parameters.values()
    flexible = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return all(each.default is not each.empty or each.kind in flexible for each in parameters)


def _is_classifier(made: Any) -> bool:
    return isinstance(getattr(made, "description", None), Description) and callable(
        getattr(made, "scores", None)
    )


def _is_torch(made: Any) -> bool:
    """Without an import of torch: its modules cannot exist before it is imported."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(made, torch.nn.Module)


def _said_by(made: Any, request: Request) -> dict[str, Any]:
    """The fields of a card that attributes give; the whole range 0 to 255 where they say nothing else."""
    names = ("kind", "output", "classes")
    said = {
        name: getattr(made, name)
        for name in names
        if isinstance(getattr(made, name, None), (str, list, tuple))
    }
    said = {"name": request.reference, "kind": "softmax"} | said
    if "classes" in said and not isinstance(said["classes"], str):
        said["classes"] = tuple(str(name) for name in said["classes"])
    canvas = getattr(made, "canvas", None)
    axes = getattr(canvas, "axes", canvas)
    if canvas is None:
        if request.card is None and "canvas" not in request.changes:
            raise UsageError(
                f"classifier {request.reference}: its canvas is not known; give it the attribute canvas = "
                f"(channels, height, width), or give a card with --card"
            )
        return said
    if not isinstance(axes, (tuple, list)) or len(axes) != 3:
        raise UsageError(
            f"classifier {request.reference}: canvas must be (channels, height, width), got {canvas!r}"
        )
    channels, height, width = (int(side) for side in axes)
    return said | {
        "preprocessing": {
            "canvas": {"channels": channels, "height": height, "width": width},
            "scale": float(getattr(made, "scale", 1.0)),
            "mean": (0.0,) * channels,
            "std": (1.0,) * channels,
            "channel_order": "gray" if channels == 1 else "rgb",
        }
    }


def _wrapped(request: Request, made: Any, card: Card, call: Whole) -> PythonClassifier:
    given = getattr(made, "fingerprint", None)
    mark = given if isinstance(given, str) else fingerprint_of([_digest(made)], card)
    description = Description(
        name=request.reference,
        fingerprint=mark,
        canvas=card.preprocessing.shape,
        classes=card.classes,
        kind=card.kind,
        backend="python",
        forward={"grain": GRAIN},
        notes=(SATURATES,) if card.output == "probabilities" else (),
    )
    return PythonClassifier(description, card, call)


def _digest(made: Any) -> bytes:
    """SHA-256 of an estimator as pickle writes it (it is not read back), else of the source of a callable."""
    if hasattr(made, "predict_proba"):
        return hashlib.sha256(pickle.dumps(made, protocol=4)).digest()
    try:
        source = inspect.getsourcefile(made if inspect.isroutine(made) else type(made))
        return hashlib.sha256(Path(str(source)).read_bytes()).digest()
    except (OSError, TypeError):
        return hashlib.sha256(repr(type(made)).encode()).digest()


def _probabilities(made: Any, canvases: Canvases, card: Card) -> NDArray[np.floating]:
    pictures = preprocess(canvases, card.preprocessing)
    return _floating(made.predict_proba(pictures.reshape(len(pictures), -1)))


def _floating(given: Any) -> NDArray[np.floating]:
    """Lists and foreign arrays as numpy arrays; integers stay what they are, and are refused later."""
    found: NDArray[np.floating] = np.asarray(given)
    return found


def _failed(request: Request, what: str, error: Exception) -> UsageError:
    said = next(iter(str(error).splitlines()), "")
    return UsageError(f"classifier {request.reference}: {what}: {type(error).__name__}: {said}")


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
