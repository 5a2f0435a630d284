"""Plans: with which an audit can be resumed, and with which it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.conftest import Cool
from foolery.audit import run_audit
from foolery.errors import UsageError


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budget": 3000}, "--budget"),
        ({"seeds": 2}, "--seeds"),
        ({"attacks": ["cppn"]}, "--attacks"),
        ({"data": None}, "--data"),
    ],
)
def test_resuming_something_else_is_refused(lenet, config, change, message):
    run_audit(lenet, config)
    with pytest.raises(
        UsageError, match=f"--resume: .* begun with {message} .*; give that, or another --out"
    ):
        run_audit(lenet, replace(config, **change), resume=True)


def test_another_classifier_is_not_resumed(lenet, config):
    run_audit(lenet, config)
    with pytest.raises(UsageError, match="another classifier"):
        run_audit(Cool(lenet), config, resume=True)
