"""The table of attacks, and how some of them are chosen."""

import pytest

from foolery.audit.attacks import ATTACKS, SYNTHETIC, AttackResult, select_attacks
from foolery.data.synthetic import synthetic_kinds
from foolery.errors import UsageError


class Nothing:
    """An attack that finds nothing."""

    name = "nothing"

    def unavailable(self, context):
        return None

    def run(self, context, budget):
        return AttackResult.empty(len(context.classifier.description.classes))


def test_all_are_tried_in_the_order_of_the_table():
    names = [attack.name for attack in select_attacks()]
    assert names[0] == "transfer"
    assert names[-2:] == ["ascent", "ascent-cppn"]
    assert names == [name for name in ATTACKS.names() if name in names]
    assert sum(attack.weight for attack in select_attacks()) == pytest.approx(100)


def test_some_are_tried_in_the_same_order_whatever_order_they_are_named_in():
    assert [attack.name for attack in select_attacks(["cppn", "tiles"])] == ["tiles", "cppn"]


def test_one_name_stands_for_synthetic_images_of_every_kind():
    chosen = select_attacks([SYNTHETIC, "tiles"])
    assert [attack.name for attack in chosen] == [kind.name for kind in synthetic_kinds()]
    assert {attack.max_queries for attack in chosen} == {125}


def test_an_attack_may_stand_for_its_name():
    chosen = select_attacks([Nothing(), "tiles"])
    assert [attack.name for attack in chosen] == ["tiles", "nothing"]
    assert chosen[1].weight == 10


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cpn"], "'cpn' is unknown; did you mean cppn"),
        (["syntetic"], "did you mean synthetic"),
        (["starter"], "'starter' is called 'transfer' now"),
        (["baselines"], "'baselines' is called 'synthetic' now"),
        ([], "expected at least one name"),
    ],
)
def test_other_names_are_refused(names, message):
    with pytest.raises(UsageError, match=f"--attacks: .*{message}"):
        select_attacks(names)


def test_an_attack_that_finds_nothing_leaves_no_champion(lenet, tmp_path):
    from foolery.audit import AuditConfig, run_audit

    config = AuditConfig(budget=1000, attacks=[Nothing()], panel=(), mitigations=False, out=tmp_path / "a")
    audit = run_audit(lenet, config)
    assert (audit.state, audit.champions, audit.verdict) == ("finished", (), None)
    assert [(one.status, one.queries) for one in audit.attacks] == [("finished", 0)]
