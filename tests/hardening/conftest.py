"""A small, real arms race, held once for all tests of this folder."""

from pathlib import Path

import numpy as np
import pytest

from foolery.data import LabelledImages
from foolery.hardening import ArmsRaceConfig, Round, run_arms_race

SMALL = ArmsRaceConfig(
    rounds=3, first_runs=3, runs=2, reported_runs=2, generations=4, batch=60, iterations=60, copies=2
)


@pytest.fixture(scope="session")
def few(mnist, mnist_train) -> tuple[LabelledImages, LabelledImages]:
    """Digits to learn from and to measure with, few enough for a test."""
    return mnist_train.take(np.arange(2000)), mnist.take(np.arange(300))


@pytest.fixture(scope="session")
def held(few, tmp_path_factory) -> tuple[Path, tuple[Round, ...]]:
    """The folder and the rounds of the race."""
    pytest.importorskip("torch", reason="the extra torch is not installed")
    folder = tmp_path_factory.mktemp("race")
    return folder, run_arms_race(SMALL, folder, train_data=few[0], test_data=few[1])
