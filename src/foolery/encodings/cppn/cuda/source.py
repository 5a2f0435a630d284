"""The text that is compiled: the constants of the renderer, then ``renderer.cu``."""

from __future__ import annotations

from importlib.resources import files

from foolery.encodings.cppn import constants

TILE_PIXELS = 4
"""Pixels that one thread draws: reading a link once serves them all."""

EXACT = ("--fmad=false", "--prec-div=true", "--prec-sqrt=true", "--ftz=false")
"""Options of nvcc and NVRTC under which every float32 operation rounds by itself."""

ENTRY = b"render"
"""The name of the kernel."""

MEANINGS = ("gray", "hsv", "hls")
"""What the planes of a canvas can mean."""


def source(meaning: str) -> str:
    """The whole text, in CUDA C++17, for planes of one of ``MEANINGS``."""
    names = (
        *("MAGIC", "PER_PI", "PI_1", "PI_2", "PI_3", "QUARTER_TURN"),
        *("PER_LN2", "LN2_1", "LN2_2", "FLATTEST"),
    )
    numbers = {name: getattr(constants, name) for name in names}
    numbers |= dict(zip(("S3", "S5", "S7", "S9"), constants.SINE, strict=True))
    numbers |= dict(zip(("E2", "E3", "E4", "E5"), constants.EXP, strict=True))
    lines = [f"#define {name} ({float(number).hex()}f)" for name, number in numbers.items()]
    text = files(__package__).joinpath("renderer.cu").read_text(encoding="utf-8")
    return "\n".join([*lines, f"#define TILE_PIXELS {TILE_PIXELS}", f"#define COLORS {meaning}", text])
