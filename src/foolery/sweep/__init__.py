"""A board: many classifiers against many searches, in pieces that any number of machines work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.sweep.board import Board as Board
    from foolery.sweep.board import read_board as read_board
    from foolery.sweep.engines import EngineChoice as EngineChoice
    from foolery.sweep.pieces import BoardPlan as BoardPlan
    from foolery.sweep.pieces import make_plan as make_plan
    from foolery.sweep.pieces import stored_plan as stored_plan
    from foolery.sweep.status import BoardStatus as BoardStatus
    from foolery.sweep.status import board_status as board_status
    from foolery.sweep.sweeping import SweepOptions as SweepOptions
    from foolery.sweep.sweeping import sweep as sweep

_HOMES = {
    "Board": "foolery.sweep.board",
    "BoardPlan": "foolery.sweep.pieces",
    "BoardStatus": "foolery.sweep.status",
    "EngineChoice": "foolery.sweep.engines",
    "SweepOptions": "foolery.sweep.sweeping",
    "board_status": "foolery.sweep.status",
    "make_plan": "foolery.sweep.pieces",
    "read_board": "foolery.sweep.board",
    "stored_plan": "foolery.sweep.pieces",
    "sweep": "foolery.sweep.sweeping",
}

__all__ = [
    "Board",
    "BoardPlan",
    "BoardStatus",
    "EngineChoice",
    "SweepOptions",
    "board_status",
    "make_plan",
    "read_board",
    "stored_plan",
    "sweep",
]

__getattr__, __dir__ = attach(__name__, _HOMES)
