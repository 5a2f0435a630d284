"""Named protocols: what they freeze, what contradicts them, and what compares."""

import numpy as np
import pytest

from audit.conftest import small_config
from foolery.audit import AuditConfig, run_audit
from foolery.audit import protocols as protocols_module
from foolery.audit.attacks import select_attacks
from foolery.audit.compare import check_comparable
from foolery.audit.protocols import PROTOCOLS, AuditProtocol, find_protocol
from foolery.errors import UsageError
from support.plain import Plain

#: What the first versions froze; a protocol is never changed.
FROZEN = {
    "digits-1": (20_000, 3, 2000, 1000),
    "digits-quick-1": (3000, 3, 1000, 500),
    "cifar-1": (20_000, 3, 2000, 1000),
    "cifar-quick-1": (3000, 3, 1000, 500),
    "imagenet-1": (20_000, 3, 2000, 400),
    "imagenet-quick-1": (5000, 2, 1000, 400),
}


@pytest.mark.parametrize("name", sorted(FROZEN))
def test_what_is_frozen_stays_so(name):
    protocol = PROTOCOLS[name]
    assert (protocol.queries, protocol.seeds, protocol.max_images, protocol.min_images) == FROZEN[name]
    shipped = [one.name for one in select_attacks()]
    assert set(protocol.attacks) <= set(shipped)
    assert list(protocol.attacks) == [one for one in shipped if one in protocol.attacks]


def test_it_fills_the_plan(lenet, mnist):
    plan = AuditConfig(data=mnist, protocol="digits-1").resolve(lenet)
    assert (plan.budget.queries, plan.budget.seconds, plan.seeds, plan.seed) == (20_000, None, 3, 0)
    assert tuple(one.name for one in plan.attacks) == PROTOCOLS["digits-1"].attacks
    assert plan.reference.max_images == 2000
    assert plan.new_audit().protocol == "digits-1"
    timed = AuditConfig(data=mnist, protocol="digits-1", budget="20000,5m", seeds=3).resolve(lenet)
    assert (timed.budget.queries, timed.budget.seconds) == (20_000, 300.0)


@pytest.mark.parametrize(
    ("fields", "option"),
    [
        ({"budget": 3000}, "--budget"),
        ({"budget": "5m"}, None),
        ({"seeds": 2}, "--seeds"),
        ({"seed": 1}, "--seed"),
        ({"attacks": ["cppn"]}, "--attacks"),
        ({"max_images": 100}, "--max-images"),
        ({"split": "train"}, "--split"),
        ({"exclude": ["0"]}, "--exclude"),
        ({"champions": "earlier"}, "--champions"),
    ],
)
def test_what_contradicts_it_is_refused(fields, option):
    fields = {"data": "mnist", "protocol": "digits-1"} | fields
    if option is None:
        AuditConfig(**fields)  # a limit of time alone is added
        return
    with pytest.raises(UsageError, match=f"{option}: contradicts --protocol digits-1"):
        AuditConfig(**fields)


def test_others_are_named():
    with pytest.raises(UsageError, match="--protocol: 'digits' is unknown; did you mean digits-1"):
        find_protocol("digits")
    with pytest.raises(UsageError, match="--protocol: digits-1 compares with real images; give --data"):
        AuditConfig(protocol="digits-1")


def test_it_is_for_certain_classes(lenet, mnist):
    with pytest.raises(
        UsageError, match=r"--protocol: digits-1 is for .*digits, plain0 has 3 classes: cat, dog"
    ):
        AuditConfig(data=mnist, protocol="digits-1").resolve(Plain())
    with pytest.raises(UsageError, match="imagenet-1 is for classifiers of the 1000"):
        AuditConfig(data=mnist, protocol="imagenet-1").resolve(lenet)


@pytest.fixture
def tiny(monkeypatch):
    """A protocol of seconds."""
    protocol = AuditProtocol(
        "tiny-1", "digits", lambda classes: True, 1000, 2, 300, 200, ("transfer", "tiles")
    )
    monkeypatch.setitem(protocols_module.PROTOCOLS, "tiny-1", protocol)
    return protocol


def test_audits_of_one_protocol_compare_and_others_do_not(lenet, mnist, tmp_path, tiny):
    config = AuditConfig(
        data=mnist, data_name="mnist", protocol="tiny-1", panel=(), mitigations=False, out=tmp_path / "a"
    )
    audit = run_audit(lenet, config)
    assert audit.protocol == "tiny-1"
    plan = AuditConfig(data=mnist, data_name="mnist", protocol="tiny-1", out=tmp_path / "b").resolve(lenet)
    check_comparable(audit, plan.new_audit(), plan.reference)
    free = small_config(mnist, tmp_path / "c", attacks=tiny.attacks, budget=1000, seeds=2).resolve(lenet)
    with pytest.raises(
        UsageError,
        match="its protocol is tiny-1, that of this audit none; make a comparable one: foolery audit lenet "
        f"--data mnist --budget 1000 --seeds 2 --attacks {','.join(tiny.attacks)}$",
    ):
        check_comparable(audit, free.new_audit(), free.reference)
    other = audit.model_copy(update={"protocol": None})
    with pytest.raises(UsageError, match=r"foolery audit lenet --data mnist --protocol tiny-1$"):
        check_comparable(other, plan.new_audit(), plan.reference)


def test_too_few_real_images_are_refused_before_anything_is_attacked(lenet, mnist, tmp_path, tiny):
    few = mnist.take(np.arange(100))
    config = AuditConfig(data=few, protocol="tiny-1", panel=(), out=tmp_path / "a")
    with pytest.raises(UsageError, match=r"--protocol: tiny-1 needs 200 real images .* give more --data"):
        run_audit(lenet, config)
    assert not (tmp_path / "a").exists()
