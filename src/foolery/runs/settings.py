"""Settings decide what a run computes; provenance says where and with what it was computed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from foolery.untrusted import MAX_WHOLE, check_class_names

ONNXRUNTIME_BUILD = "onnxruntime build"
_DECISIVE = ("onnxruntime", "torch", "numpy")  # what scores are computed with

OptionValue = bool | int | float | str


class RunSettings(BaseModel):
    """Everything that decides the genomes of a run; a resumed run must have the same.

    Attributes:
        search: name of the search, ``map-elites``, ``ascent``, or ``bred`` (by hand).
        search_options: of that search: ``memetic``, or preset, start and rule of an ascent.
        encoding: name in the registry of encodings, with all its ``encoding_options``.
        renderer: version of the encoding's renderer.
        canvas: channels, height, width.
        classifier: the reference by which the classifier was loaded.
        fingerprint: of weights, preprocessing and class names.
        backend: what ran the classifier; another one differs in the last bits of a score.
        forward: canvases in a chunk, and the precision, of a forward pass.
        kind: what a score is.
        classes: all class names of the classifier.
        cells: for each cell of the archive, the index of its class.
        objective: what selection maximizes, ``class-score`` or ``margin``.
        seed, batch, initial: of the search; ``initial`` is the size of generation 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    search: str = "map-elites"
    search_options: dict[str, OptionValue] = Field(default_factory=dict)
    encoding: str
    encoding_options: dict[str, OptionValue] = Field(default_factory=dict)
    renderer: int = Field(ge=1, lt=2**31)
    canvas: tuple[int, int, int]
    classifier: str
    fingerprint: str
    backend: str
    forward: dict[str, str | int] = Field(default_factory=dict)
    kind: Literal["softmax", "sigmoid", "similarity"]
    classes: tuple[str, ...] = Field(min_length=1)
    cells: tuple[int, ...] = Field(min_length=1)
    objective: str = "class-score"
    seed: int = Field(ge=0, lt=2**64)
    batch: int = Field(ge=1, lt=2**63)
    initial: int = Field(ge=1, lt=2**63)

    @model_validator(mode="after")
    def _bounded(self) -> RunSettings:
        check_class_names(self.classes)
        for name, value in _flat({"options": self.search_options, "encoding": self.encoding_options}).items():
            if type(value) is int and abs(value) >= MAX_WHOLE:
                raise ValueError(f"{name} is too large a number")
        return self

    def differences(self, other: RunSettings) -> list[str]:
        """One phrase for each setting that differs: its name, the value here, the value in ``other``."""
        mine, others = _flat(self.model_dump()), _flat(other.model_dump())
        return [
            f"{name} is {_brief(mine.get(name))}, not {_brief(others.get(name))}"
            for name in [*mine, *(others.keys() - mine.keys())]
            if mine.get(name) != others.get(name)
        ]


def _flat(settings: dict[str, Any]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in settings.items():
        if isinstance(value, dict):
            flat.update({f"{name}.{key}": item for key, item in value.items()})
        else:
            flat[name] = value
    return flat


def _brief(value: object) -> str:
    if value is None:
        return "unset"
    text = str(value) if not isinstance(value, tuple) else ", ".join(str(item) for item in value)
    return text if len(text) <= 80 else f"{text[:60]}… ({len(text)} characters)"


class Provenance(BaseModel):
    """Where and with what a run was made; a resume adds another one.

    Attributes:
        command: the command line, or ``python`` for the library.
        started: date and time, ISO 8601 with zone.
        device: what ran the classifier, in words.
        versions: package name to version (foolery, python, numpy, numba, the back end …).
        machine: processor and system, in words; never a host's name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str
    started: str
    device: str
    versions: dict[str, str]
    machine: str

    def moved_from(self, earlier: Provenance) -> str | None:
        """One line where scores may differ in their last bits from those of ``earlier``; None where not.

        Scores are bit for bit the same on one kind of processor and with one build of what runs the network.
        """
        facts = [("machine", earlier.machine, self.machine), ("device", earlier.device, self.device)]
        facts += [
            (name, earlier.versions[name], self.versions[name])
            for name in (*_DECISIVE, ONNXRUNTIME_BUILD)
            if name in earlier.versions and name in self.versions
        ]
        changes = [f"{name} {there} -> {here}" for name, there, here in facts if there != here]
        if not changes:
            return None
        return (
            f"resumed elsewhere ({'; '.join(changes)}): from here on the run need not equal one that was "
            "never interrupted to the last bit"
        )
