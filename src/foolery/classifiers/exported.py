"""Exported: programs that ``torch.export`` saved (``.pt2``), opened only where the user trusts them."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from foolery.classifiers.fingerprint import fingerprint
from foolery.classifiers.preprocess import input_shape
from foolery.classifiers.request import Request
from foolery.classifiers.torch_model import TorchClassifier, classifier_of, tried
from foolery.errors import UsageError


class _Program(nn.Module):
    """The program as a module that gives the first of its outputs."""

    def __init__(self, program: nn.Module) -> None:
        super().__init__()
        self.program = program

    def train(self, mode: bool = True) -> _Program:
        """A program stays in the mode it was exported in; torch raises where it is asked for another."""
        return self

    def forward(self, pictures: Tensor) -> Tensor:
        given: Any = self.program(pictures)
        while isinstance(given, (tuple, list, dict)):
            given = next(iter(given.values())) if isinstance(given, dict) else given[0]
        outputs: Tensor = given
        return outputs


def open_exported(request: Request) -> TorchClassifier:
    """The classifier in an exported program.

    Raises:
        UsageError: without trust, since the file can carry pickles, and these can run code; where torch
            cannot read it, or the card does not fit it.
    """
    file = request.file
    if not request.trust:
        raise UsageError(
            f"classifier {request.reference}: an exported program can carry code; give --trust if you made "
            f"it, or convert it to safetensors or, with torch.onnx.export, to ONNX"
        )
    card = request.card_of_file()
    from torch.export import load

    try:
        program = load(file)
        module = program.module()
    except Exception as error:  # torch raises almost anything for a damaged file
        said = next(iter(str(error).splitlines()), "")
        raise UsageError(
            f"classifier {request.reference}: torch cannot read it: {type(error).__name__}: {said}"
        ) from None
    batch = _batch(program, request, input_shape(card.preprocessing))
    mark = fingerprint([file], card)
    return tried(
        classifier_of(
            request.reference,
            _Program(module),
            card,
            mark,
            device=request.device,
            precision=request.precision,
            batch=batch,
        )
    )


def _batch(program: Any, request: Request, wanted: tuple[int, ...]) -> int | None:
    """The number of pictures that the program was exported for; None if any."""
    names = set(program.graph_signature.user_inputs)
    inputs = [
        node.meta["val"] for node in program.graph.nodes if node.op == "placeholder" and node.name in names
    ]
    if len(inputs) != 1:
        raise UsageError(f"classifier {request.reference}: must have one input, and has {len(inputs)}")
    shape = [side if isinstance(side, int) else None for side in inputs[0].shape]
    fits = len(shape) == 4 and all(side in (None, ours) for side, ours in zip(shape[1:], wanted, strict=True))
    if not fits:
        raise UsageError(
            f"classifier {request.reference}: takes {tuple(inputs[0].shape)}, but its card makes "
            f"(N, {', '.join(map(str, wanted))})"
        )
    return shape[0]
