"""Boards: every fault of a file is named at once, and pieces have the same ids wherever they are planned."""

import pytest

from foolery.errors import UsageError
from foolery.sweep import make_plan, read_board
from foolery.sweep.board import board_of
from support.boards import small_board

GOOD = {"classifiers": ["perceptron", "lenet"], "attacks": ["cppn", "direct"], "data": "mnist"}


def test_a_file_is_read_with_its_defaults(tmp_path):
    file = tmp_path / "board.toml"
    file.write_text(
        'classifiers = ["lenet", { reference = "onnx:net.onnx", card = "net.json", data = "folder:own" }]\n'
        'attacks = ["cppn", "sparse"]\nprotocols = ["digits-1"]\nseeds = 3\ndata = "mnist"\n'
        '[[exclude]]\nclassifier = "lenet"\nattack = "sparse"\n'
    )
    board = read_board(file)
    assert board.seeds == (0, 1, 2)
    assert board.classifiers[1].data == "folder:own"
    assert [(row.reference, search) for row, _, search in board.cells()] == [
        ("lenet", "cppn"), ("lenet", "digits-1"),
        ("onnx:net.onnx", "cppn"), ("onnx:net.onnx", "sparse"), ("onnx:net.onnx", "digits-1"),
    ]  # fmt: skip


def test_all_unknown_names_are_named_at_once_with_the_nearest():
    with pytest.raises(UsageError) as refusal:
        board_of(
            {"classifiers": ["lennet"], "attacks": ["cpn"], "encodings": ["dirct"], "protocols": ["digit-1"]}
        )
    message = str(refusal.value)
    assert "\n" not in message
    for unknown, nearest in (
        ("lennet", "lenet"),
        ("cpn", "cppn"),
        ("dirct", "direct"),
        ("digit-1", "digits-1"),
    ):
        assert f"{unknown!r} is unknown" in message
        assert nearest in message.split(f"{unknown!r} is unknown")[1]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"classifiers": []}, "classifiers: "),
        ({"classifiers": 3}, "classifiers: expected a list of references"),
        ({"attacks": []}, "the board is empty: expected attacks, encodings or protocols"),
        ({"atacks": ["cppn"]}, "atacks is unknown; did you mean attacks"),
        ({"seeds": 0}, "seeds: expected 1 to"),
        ({"seeds": [1, 1]}, "seeds: expected different seeds"),
        ({"seeds": [1, 5]}, "seeds: attacks need seeds that follow each other"),
        ({"seeds": "many"}, "seeds: expected a number of seeds"),
        ({"max_images": 1}, "max-images: expected at least"),
        ({"protocols": ["digits-1"], "data": None}, "data: protocols compare with real images; percep"),
        ({"classifiers": ["lenet", "lenet"]}, "classifiers: lenet stands there twice"),
        ({"exclude": [{"classifier": "vit"}]}, "exclude 1: no cell has classifier vit"),
        ({"exclude": [{}]}, "exclude 1: no cell has nothing"),
        ({"exclude": [{"attack": "cppn"}, {"attack": "direct"}]}, "is empty: exclude leaves nothing"),
        ({"exclude": [{"atack": "cppn"}]}, "exclude.0.atack is unknown; did you mean attack"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(changes, expected):
    with pytest.raises(UsageError) as refusal:
        board_of(GOOD | changes)
    assert expected in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "expected"), [(b"a = = 1", "is no TOML"), (b"\xff\xfe", "is no TOML"), (None, "board: ")]
)
def test_a_file_that_is_no_board_is_named(tmp_path, content, expected):
    file = tmp_path / "board.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=expected) as refusal:
        read_board(file)
    assert "board.toml" in str(refusal.value)


def test_ids_are_digests_of_settings_and_fingerprint():
    plan, again = make_plan(small_board()), make_plan(small_board())
    ids = [piece.id for piece in plan.pieces]
    assert len(set(ids)) == len(ids) == 4
    assert ids == [piece.id for piece in again.pieces]
    longer = make_plan(small_board(generations=5))
    assert not {piece.id for piece in longer.pieces} & set(ids)
    other = plan.pieces[0].model_copy(update={"fingerprint": "another network"})
    assert other.id != plan.pieces[0].id


def test_pieces_share_the_seeds_of_an_encoding():
    plan = make_plan(small_board(classifiers=["perceptron"], seeds=[3, 5, 8], seeds_per_piece=2))
    assert [piece.seeds for piece in plan.pieces] == [(3, 5), (8,)]
    assert plan.queries == 3 * 5 * 10


def test_every_classifier_that_cannot_be_loaded_is_named():
    board = small_board(classifiers=["onnx:nowhere.onnx", "perceptron", "python:no.such:module"])
    with pytest.raises(UsageError) as refusal:
        make_plan(board)
    assert "nowhere.onnx" in str(refusal.value)
    assert "no.such" in str(refusal.value)
