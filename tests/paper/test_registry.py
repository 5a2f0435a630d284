"""Every reproduction keeps the one contract; a new one is tested by being registered."""

import subprocess
import sys

import pytest

from foolery.errors import UsageError
from foolery.paper.cost import QUERIES_PER_SECOND
from foolery.paper.registry import REPRODUCTIONS, load_reproduction, select_reproductions
from foolery.paper.verdicts import find_claim


@pytest.mark.parametrize("name", REPRODUCTIONS.names())
def test_it_says_what_it_is(name):
    found = load_reproduction(name)
    assert found.name == name
    assert found.title
    assert found.place
    assert found.scale_multiplies
    assert found.seeds >= 1
    keys = [claim.key for claim in found.claims]
    assert keys
    assert len(set(keys)) == len(keys)
    assert all(claim.text and claim.place and claim.number for claim in found.claims)
    assert find_claim(found.claims, keys[0]) is found.claims[0]


@pytest.mark.parametrize("name", REPRODUCTIONS.names())
def test_more_of_it_costs_more(name):
    found = load_reproduction(name)
    small, full = found.cost(0.5, found.seeds), found.cost(1.0, found.seeds)
    assert 0 < small.queries < full.queries
    assert 0 < small.minutes() < full.minutes()
    roles = {slot.role for slot in found.requirements.classifiers}
    assert {part.role for part in full.items} <= roles | set(QUERIES_PER_SECOND)


def test_names_are_chosen_once_in_the_order_given_and_all_is_all():
    assert [each.name for each in select_reproductions(["fig7", "fig4", "fig7"])] == ["fig7", "fig4"]
    assert [each.name for each in select_reproductions(["fig7", "all"])] == [
        "fig7",
        *(n for n in REPRODUCTIONS if n != "fig7"),
    ]


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="experiment: 'fig44' is unknown; did you mean fig4"):
        select_reproductions(["fig44"])
    with pytest.raises(UsageError, match="reproduce: expected one or more of fig4"):
        select_reproductions([])


def test_listing_them_loads_nothing_that_an_extra_brings():
    code = (
        "import sys\n"
        "from foolery.paper.registry import select_reproductions\n"
        "select_reproductions(['all'])\n"
        "print(sorted({'torch', 'onnxruntime', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr
