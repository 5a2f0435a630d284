"""Import of torchvision, also where its compiled operators do not fit the build of torch.

Wheels of torchvision are built against torch for NVIDIA GPUs. Beside the CPU build they fail at import,
because two operators for object detection are not defined. No classifier uses these.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from foolery.errors import MissingExtraError

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
