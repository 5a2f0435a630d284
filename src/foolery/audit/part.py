"""Part: what all parts of ``audit.json`` have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen value; a field that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
