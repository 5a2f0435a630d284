"""Records: a result is computed once for its settings."""

import json

import pytest

from foolery.paper.experiment import Context
from foolery.paper.records import cached_result


@pytest.fixture
def context(tmp_path):
    return Context(work=tmp_path, scale=1.0, seeds=1, classifiers={})


def test_a_result_is_made_once_and_again_for_other_settings(context):
    made = []

    def make():
        made.append(1)
        return {"value": len(made)}

    assert cached_result(context, "one", {"seed": 0, "size": (1, 2)}, make) == {"value": 1}
    assert cached_result(context, "one", {"seed": 0, "size": (1, 2)}, make) == {"value": 1}
    assert cached_result(context, "one", {"seed": 1, "size": (1, 2)}, make) == {"value": 2}
    assert cached_result(context, "two", {"seed": 1}, make) == {"value": 3}


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"settings": {"seed": 0}}', '{"settings": {"seed": 0}, "result": 7}']
)
def test_a_damaged_record_is_made_again(context, damage):
    cached_result(context, "one", {"seed": 0}, lambda: {"value": 1})
    path = context.work / "records" / "one.json"
    path.write_text(damage)
    assert cached_result(context, "one", {"seed": 0}, lambda: {"value": 2}) == {"value": 2}
    assert json.loads(path.read_text())["result"] == {"value": 2}


def test_an_interrupted_one_leaves_nothing(context):
    def make():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_result(context, "one", {"seed": 0}, make)
    assert not list(context.work.rglob("*.json"))
