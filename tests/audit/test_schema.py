"""An audit as a value: what follows from its fields."""

import pytest

from foolery.audit import open_audit
from foolery.errors import UsageError
from support.audits import audit_in

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    return audit_in(tmp_path_factory.mktemp("audits") / "one")


def test_gates_and_comparison_decide(audit):
    assert audit.model_copy(update={"gates": (), "comparison": None}).passed
    assert not audit.model_copy(update={"comparison": None}).passed  # one of its gates failed
    assert not audit.model_copy(update={"gates": ()}).passed  # it is worse than before


@pytest.mark.parametrize("part", ["gates", "comparison"])
def test_what_is_undecided_passes_only_where_that_is_allowed(audit, part):
    undecided = {"outcome": "undecided", "reason": "the time was up"}
    changed = {"gates": (audit.gates[1].model_copy(update=undecided),), "comparison": None}
    if part == "comparison":
        changed = {"gates": (), "comparison": audit.comparison.model_copy(update=undecided)}
    open_ = audit.model_copy(update=changed)
    assert (open_.outcome, open_.passed) == ("undecided", False)
    assert open_.model_copy(update={"allow_unfinished": True}).passed
    failed = open_.model_copy(update={"gates": (audit.gates[0], *open_.gates), "allow_unfinished": True})
    assert (failed.outcome, failed.passed) == ("failed", False)


def test_attacks_that_the_time_cut_short_are_named_once(audit):
    cut = [one.model_copy(update={"ended": "time"}) for one in audit.attacks[1:]]
    assert audit.unfinished == ()
    assert audit.model_copy(update={"attacks": (audit.attacks[0], *cut, *cut)}).unfinished == (
        "cppn",
        "ascent",
    )


def test_excluded_classes_are_no_targets(audit):
    some = audit.model_copy(update={"excluded": ("0", "9")})
    assert some.target_indices == (1, 2, 3, 4, 5, 6, 7, 8)
    assert some.targets == tuple("12345678")


def test_it_knows_its_folder_where_it_was_opened(audit, tmp_path):
    assert audit.path == audit.folder == open_audit(audit.folder).path
    nowhere = audit.model_validate(audit.to_dict())
    assert nowhere.path is None
    with pytest.raises(UsageError, match="it has no folder; open it"):
        _ = nowhere.folder
    assert nowhere.placed_in(tmp_path).folder == tmp_path
    assert "folder" not in audit.to_dict()


def test_a_notebook_shows_the_headline_figures(audit):
    html = audit._repr_html_()
    assert "Audit of lenet" in html
    assert "61.2 (50.0 to 70.5)" in html
    assert "60.0 (40.0 to 80.0)" in html


def test_its_page_is_one_call_away(audit, tmp_path):
    page = audit.report(tmp_path / "page", budget=None)
    assert "61.2" in page.read_text()
