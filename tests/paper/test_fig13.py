"""Figure 13 at a tiny scale."""

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra torch is not installed")

from foolery.classifiers import load_classifier
from foolery.paper import fig13
from foolery.paper.experiment import Context
from foolery.search.ascent_presets import PRESETS, AscentRule


@pytest.fixture
def context(tmp_path: Path, monkeypatch) -> Context:
    short = {name: AscentRule(**{**vars(rule), "steps": 4}) for name, rule in PRESETS.items()}
    for preset, rule in short.items():
        monkeypatch.setitem(PRESETS, preset, rule)
    return Context(tmp_path, 0.1, 2, {"photos": load_classifier("lenet", backend="torch")})


def test_every_setting_on_every_class_from_every_start(context):
    found = fig13.run_ascents(context)
    assert found.classes == (0, 9)
    assert set(found.confidences) == {"plain", "decay", "blur", "sparse"}
    assert all(values.shape == (2, 2) for values in found.confidences.values())
    assert {run.settings.search_options["preset"] for run in found.runs["blur"]} == {"blur"}


def test_finished_runs_are_used_again(context):
    seen: list[str] = []
    fig13.run_ascents(context)
    again = Context(**{**vars(context), "on_progress": lambda label, done, total: seen.append(label)})
    fig13.run_ascents(again)
    assert seen == []


def test_what_it_says_below_full_scale(context):
    outcome = fig13.run(context)
    findings = fig13.judge(outcome.figures).findings
    assert [each.verdict for each in findings] == ["not tested at full scale"] * 2
    assert "2 of the paper's 20 classes" in findings[0].reason
    assert outcome.figures["steps"]["plain"] == 4
    assert outcome.figures["queries"] == 4 * 2 * (1 + 3 * 2 * 4)
    assert outcome.picture is not None


def test_the_paper_s_classes_are_taken_from_a_list_of_a_thousand():
    class Thousand:
        class description:  # noqa: N801
            classes = tuple(map(str, range(1000)))

    assert fig13.choose_classes(Thousand(), 1.0) == fig13.CLASSES
    assert fig13.choose_classes(Thousand(), 0.25) == fig13.CLASSES[:5]
    assert len(fig13.CLASSES) == 20


def test_full_scale_is_the_paper_s_400_ascents():
    budget = fig13.REPRODUCTION.cost(1.0, fig13.SEEDS)
    assert budget.queries == 20 * 5 * 3 * (500 + 1500 + 1000 + 1500)
