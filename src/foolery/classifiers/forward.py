"""Forward: a batch of canvases through a network, slice by slice, on the lanes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from foolery.canvas import Canvases
from foolery.classifiers.card import Preprocessing
from foolery.classifiers.contract import Description
from foolery.classifiers.preprocess import preprocess
from foolery.classifiers.scores import check_form, check_values, from_outputs
from foolery.lanes import share

#: ``(n, C, H, W) float32`` to ``(n, K) float32``, on one thread and without the GIL.
Network: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.floating]]


def scores(
    network: Network, canvases: Canvases, description: Description, how: Preprocessing
) -> NDArray[np.float64]:
    """``(N, K) float64`` scores of ``(N, C, H, W) uint8`` canvases.

    Every slice holds ``description.forward["grain"]`` canvases (the last one what is left), so the
    numbers do not depend on how many lanes there are.

    Raises:
        UsageError: for canvases of another shape, and for a network that gives what no search can use.
    """
    description.canvas.check(canvases)
    name, classes = description.name, len(description.classes)
    outputs = np.empty((len(canvases), classes), np.float32)

    def work(start: int, stop: int) -> None:
        given = network(preprocess(canvases[start:stop], how))
        outputs[start:stop] = check_form(given, stop - start, name, classes)

    share(work, len(canvases), grain=int(description.forward["grain"]))
    return from_outputs(check_values(outputs, name), description.kind)
