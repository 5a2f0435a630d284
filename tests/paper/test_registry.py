"""Every reproduction keeps the one contract; a new one is tested by being registered."""

import subprocess
import sys

import pytest

from foolery.errors import UsageError
from foolery.paper.experiment import RATES, claim_of
from foolery.paper.registry import REPRODUCTIONS, chosen, reproduction


@pytest.mark.parametrize("name", REPRODUCTIONS)
def test_it_says_what_it_is(name):
    found = reproduction(name)
    assert found.name == name
    assert found.title
    assert found.place
    assert found.scales
    assert found.seeds >= 1
    keys = [claim.key for claim in found.claims]
    assert keys
    assert len(set(keys)) == len(keys)
    assert all(claim.text and claim.place and claim.number for claim in found.claims)
    assert claim_of(found.claims, keys[0]) is found.claims[0]


@pytest.mark.parametrize("name", REPRODUCTIONS)
def test_more_of_it_costs_more(name):
    found = reproduction(name)
    small, full = found.budget(0.5, found.seeds), found.budget(1.0, found.seeds)
    assert 0 < small.queries < full.queries
    assert 0 < small.minutes() < full.minutes()
    roles = {slot.role for slot in found.needs.classifiers}
    assert {part.role for part in full.parts} <= roles | set(RATES)


@pytest.mark.parametrize("name", REPRODUCTIONS)
def test_full_scale_is_scale_one_and_all_runs(name):
    found = reproduction(name)
    assert found.is_full(1.0, found.seeds)
    assert not found.is_full(0.99, found.seeds)
    assert not found.is_full(1.0, found.seeds - 1)


def test_names_are_chosen_once_in_the_order_given_and_all_is_all():
    assert [each.name for each in chosen(["fig7", "fig4", "fig7"])] == ["fig7", "fig4"]
    assert [each.name for each in chosen(["fig7", "all"])] == [
        "fig7",
        *(n for n in REPRODUCTIONS if n != "fig7"),
    ]


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="reproduce: unknown 'fig44'; did you mean fig4"):
        chosen(["fig44"])
    with pytest.raises(UsageError, match="reproduce: expected one or more of fig4"):
        chosen([])


def test_listing_them_loads_nothing_that_an_extra_brings():
    code = (
        "import sys\n"
        "from foolery.paper.registry import chosen\n"
        "chosen(['all'])\n"
        "print(sorted({'torch', 'onnxruntime', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr
