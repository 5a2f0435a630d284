"""Hardening: adversarial retraining, round by round. Does it save a classifier (paper 3.6 to 3.8)?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foolery.lazy import attach

if TYPE_CHECKING:
    from foolery.hardening.arms_race import ArmsRace as ArmsRace
    from foolery.hardening.arms_race import harden as harden
    from foolery.hardening.arms_race import read_arms_race as read_arms_race
    from foolery.hardening.config import FOOLING_CLASS as FOOLING_CLASS
    from foolery.hardening.config import ArmsRaceConfig as ArmsRaceConfig
    from foolery.hardening.loop import run_arms_race as run_arms_race
    from foolery.hardening.rounds import Round as Round

__all__ = [
    "FOOLING_CLASS",
    "ArmsRace",
    "ArmsRaceConfig",
    "Round",
    "harden",
    "read_arms_race",
    "run_arms_race",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "FOOLING_CLASS": "foolery.hardening.config",
        "ArmsRace": "foolery.hardening.arms_race",
        "ArmsRaceConfig": "foolery.hardening.config",
        "Round": "foolery.hardening.rounds",
        "harden": "foolery.hardening.arms_race",
        "read_arms_race": "foolery.hardening.arms_race",
        "run_arms_race": "foolery.hardening.loop",
    },
)
