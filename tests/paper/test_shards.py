"""Shards and protocols: what is out of range or differs is named before anything runs."""

from pathlib import Path

import pytest

from foolery.errors import UsageError
from foolery.paper import reproduce
from foolery.paper.prepare import ReproduceOptions
from foolery.paper.protocol import check_protocol
from foolery.paper.registry import load_reproduction
from foolery.shards import parse_shard

PROTOCOL = Path(__file__).parents[2] / "docs" / "results" / "reproduce" / "protocol-arms-race.md"


def test_shards_share_all_pieces_and_none_twice():
    pieces = list(range(10))
    shards = [parse_shard(f"{number}/4").take(pieces) for number in range(1, 5)]
    assert shards[0] == [0, 4, 8]
    assert sorted(each for shard in shards for each in shard) == pieces


@pytest.mark.parametrize("text", ["0/4", "5/4", "1/0", "1", "a/b", "-1/2", ""])
def test_a_shard_out_of_range_is_refused(text, tmp_path):
    with pytest.raises(UsageError, match="shard: expected"):
        reproduce("races", shard=text, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_experiment_without_pieces_has_no_shards(tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    with pytest.raises(UsageError, match="shard: fig4 is not made of pieces"):
        reproduce("fig4", shard="1/2", out=tmp_path)


@pytest.mark.parametrize(("name", "file"), [("races", "arms-race"), ("classes-gray", "classes-gray")])
def test_the_protocol_is_what_the_code_does(name, file):
    page = PROTOCOL.with_name(f"protocol-{file}.md")
    check_protocol(page, [load_reproduction(name)], ReproduceOptions())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"rounds": 5', '"rounds": 6', "rounds is 5 in the code and 6 in the protocol"),
        ('"races": 10', '"races": 3', "races is 10 in the code and 3 in the protocol"),
        ('"experiment": "races"', '"experiment": "fig4"', "experiment is 'races' in the code"),
        ("```json\n{", "```json\n", "are no JSON"),
        ("```json", "```", "has no block of JSON"),
    ],
)
def test_another_protocol_is_refused_by_what_differs(tmp_path, old, new, expected):
    other = tmp_path / "protocol.md"
    other.write_text(PROTOCOL.read_text().replace(old, new))
    with pytest.raises(UsageError, match=expected):
        check_protocol(other, [load_reproduction("races")], ReproduceOptions())


def test_another_scale_is_not_what_the_protocol_is_for():
    with pytest.raises(UsageError, match=r"scale is 0\.1 and .*; seeds is 3 and"):
        check_protocol(PROTOCOL, [load_reproduction("races")], ReproduceOptions(scale=0.1, seeds=3))
    with pytest.raises(UsageError, match="fig4 has no settings"):
        check_protocol(PROTOCOL, [load_reproduction("fig4")], ReproduceOptions())
    with pytest.raises(UsageError, match="cannot be read"):
        check_protocol(PROTOCOL.with_name("none.md"), [load_reproduction("races")], ReproduceOptions())
