"""Data for tests: FOOLERY_DATA, else development data beside the checkout, else the network."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from foolery.data import LabelledImages, load_data
from foolery.errors import UsageError

_BESIDE = Path(__file__).parents[1] / ".." / "shared" / "data"
if "FOOLERY_DATA" not in os.environ and _BESIDE.is_dir():
    os.environ["FOOLERY_DATA"] = str(_BESIDE.resolve())

# A job in the background ignores Ctrl-C, and so would every process that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("steady", deadline=None)  # the first call of a kernel compiles it
settings.load_profile("steady")


def _mnist(split: str) -> LabelledImages:
    try:
        data = load_data("mnist", split)
    except UsageError as error:
        pytest.skip(str(error))
    assert isinstance(data, LabelledImages)
    return data


@pytest.fixture(scope="session")
def mnist() -> LabelledImages:
    """The 10 000 test digits; the test is skipped where they cannot be had."""
    return _mnist("test")


@pytest.fixture(scope="session")
def mnist_train() -> LabelledImages:
    """The 60 000 training digits; the test is skipped where they cannot be had."""
    return _mnist("train")
