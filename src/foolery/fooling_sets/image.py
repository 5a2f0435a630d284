"""Image: one picture of a fooling set, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace

COLUMNS = {
    "label": "int64",
    "class": "string",
    "confidence": "float64",
    "run": "string",
    "seed": "uint64",
    "encoding": "string",
    "generation": "int64",
    "classifier": "string",
    "fingerprint": "string",
    "canvas_hash": "string",
}
"""What is said of every picture, beside ``image``: name and type."""

ABOUT = {
    "label": "index of the class in the classifier's output",
    "class": "name of the class that the classifier sees",
    "confidence": "of the classifier in that class, when it was asked",
    "run": "that found it; `runs` in `fooling_set.json` has the command of each",
    "seed": "of the run",
    "encoding": "how a run describes pictures; of an audit the attack that made it",
    "generation": "in which it was born; none for an audit's",
    "classifier": "that is fooled",
    "fingerprint": "SHA-256 of that classifier's weights and card",
    "canvas_hash": "SHA-256 of the picture's axes and pixels",
}


@dataclass(frozen=True)
class FoolingImage:
    """One picture; the names mean what ``ABOUT`` says.

    Attributes:
        png: the picture as a PNG file.
    """

    png: bytes
    label: int
    label_name: str
    confidence: float
    run: str
    seed: int
    encoding: str
    generation: int | None
    classifier: str
    fingerprint: str
    canvas_hash: str

    @property
    def file(self) -> str:
        """A name that no other picture has."""
        return f"{self.canvas_hash[:20]}.png"

    def row(self) -> dict[str, str | int | float | None]:
        """A value for each of ``COLUMNS``."""
        return {
            name: getattr(self, {"class": "label_name"}.get(name, name)) for name in COLUMNS
        }  # fmt: skip

    def of_run(self, name: str) -> FoolingImage:
        """The same, of a run by another name."""
        return replace(self, run=name)
