"""The paper's two explanations, at a tiny scale: more data, and a model of p(x, y)."""

import pytest

from foolery.paper import dataset_size as datasize
from foolery.paper import generative, generative_attacks
from paper.test_slice import run, unjudged

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("torch", reason="the extra torch is not installed")
pytest.importorskip("scipy", reason="the extra paper is not installed")


@pytest.mark.usefixtures("mnist", "mnist_train")
def test_datasize_trains_evolves_and_finds_all_of_it_again(tmp_path, monkeypatch):
    monkeypatch.setattr(datasize, "SHARES", (0.01, 0.05))
    results, steps = run(["datasize"], tmp_path, scale=0.012, seeds=2)
    found = results["datasize"]
    assert unjudged(found)
    assert found["figures"]["iterations"] == 30
    networks = found["figures"]["networks"]
    assert [(each["share"], each["seed"]) for each in networks] == [
        (0.01, 0),
        (0.01, 1),
        (0.05, 0),
        (0.05, 1),
    ]
    assert [each["pictures"] for each in networks[1:3]] == [599, 3000]
    assert all(0.05 < each["test_error"] < 0.95 for each in networks)
    assert set(networks[0]["median_queries"]["cppn"]) == {"0.99", "0.9999", "own"}
    assert "Page's test over 2 families" in found["findings"][0]["reason"]
    assert any(step.startswith("training lenet-5-1-30") for step in steps)
    again, steps = run(["datasize"], tmp_path, scale=0.012, seeds=2)
    assert steps == []
    assert again == results


@pytest.mark.usefixtures("mnist", "mnist_train")
def test_generative_attacks_all_four_and_finds_all_of_it_again(tmp_path):
    results, _ = run(["generative"], tmp_path, scale=0.01, seeds=2)
    found = results["generative"]
    assert unjudged(found)
    rows = found["figures"]["attacks"]
    assert len(rows) == 4 * len(generative_attacks.ATTACKS)
    assert all(len(row["confidences"]) == 20 for row in rows)
    real = found["figures"]["real"]
    assert set(real) == {row["model"] for row in rows}
    assert real["generative, rejecting"]["error"] > real["generative"]["error"]
    assert found["figures"]["queries"] > 0
    again, steps = run(["generative"], tmp_path, scale=0.01, seeds=2)
    assert steps == []
    assert again == results


@pytest.mark.usefixtures("mnist", "mnist_train")
def test_a_model_that_rejects_is_certain_only_of_what_p_x_accepts(tmp_path):
    results, _ = run(["generative"], tmp_path, scale=0.02, seeds=1)
    for row in results["generative"]["figures"]["attacks"]:
        if "rejecting" in row["model"]:
            assert all(m > 4 for c, m in zip(row["confidences"], row["margins"], strict=True) if c >= 0.99)


def test_budgets_count_what_is_run():
    budget = datasize.REPRODUCTION.cost(1.0, 5)
    assert budget.queries == 20 * 2500 * 64 + 20 * 2 * 2 * 201 * 200
    assert generative.REPRODUCTION.cost(1.0, 5).queries == (
        4 * 2 * 5 * 401 * 200 + 4 * 2 * 5 * 500 * 10 * 3 + 4 * 10_000
    )
