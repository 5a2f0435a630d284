"""The reproductions of what evolution found, small: every claim is measured, and nothing is judged."""

import pytest

from foolery.paper import fig5, transfer
from paper.test_slice import run, unjudged

pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("scipy", reason="the extra paper is not installed")

PHOTOS = {"classifiers": {"photos": "lenet"}}


@pytest.fixture
def short(monkeypatch):
    """Runs of 8 generations instead of 200."""
    for module in (fig5, transfer):
        monkeypatch.setattr(module, "GENERATIONS", 8)


@pytest.mark.usefixtures("short")
def test_fig5_measures_bars_and_runs(tmp_path):
    results, _ = run(["fig5"], tmp_path, scale=0.06)
    found = results["fig5"]
    assert unjudged(found)
    assert len(found["figures"]["runs"]) == 3
    assert found["figures"]["one"]["runs"] == 3
    for shares in found["figures"]["median_shares"].values():
        assert all(0 <= share <= 1 for share in shares.values())
    assert set(found["figures"]["diversity"]) == {"pixels", "texture"}
    again, steps = run(["fig5"], tmp_path, scale=0.06)
    assert steps == []
    assert again == results


@pytest.mark.usefixtures("short")
def test_one_run_of_fig5_says_that_it_cannot_be_compared(tmp_path):
    results, _ = run(["fig5"], tmp_path, scale=0.02)
    assert results["fig5"]["findings"][-1]["reason"] == "one run cannot be compared with others"


@pytest.mark.usefixtures("short")
def test_transfer_asks_both_networks_about_both_encodings(tmp_path):
    results, _ = run(["transfer"], tmp_path, scale=0.02)
    assert unjudged(results["transfer"])
    matrix = results["transfer"]["figures"]["matrix"]
    assert matrix["columns"] == ["lenet", "lenet-b"]
    rows = [(row["classifier"], row["encoding"]) for row in matrix["pooled"]]
    assert rows == [(a, b) for a in ("lenet", "lenet-b") for b in ("cppn", "direct")]
    for row, own in zip(matrix["pooled"], (0, 0, 1, 1), strict=True):
        assert [each["own"] for each in row["cells"]] == [own == 0, own == 1]


def test_fig9_and_fig10_share_their_runs(tmp_path):
    pytest.importorskip("onnx", reason="the extra torch, which brings onnx, is not installed")
    results, steps = run(["fig9", "fig10"], tmp_path, scale=0.001, seeds=2, **PHOTOS)
    assert set(steps) == {"cppn on photos, seeds 0 to 1"}
    assert sum(path.is_dir() for path in (tmp_path / "runs").iterdir()) == 1
    assert unjudged(results["fig9"])
    assert unjudged(results["fig10"])
    figures = results["fig9"]["figures"]
    assert figures["related"]["classes"] == 10
    assert set(figures["diversity"]) == {"pixels", "texture", "features"}
    assert [each["seed"] for each in figures["lineages"]] == [0, 1]
    assert results["fig10"]["figures"]["champions"] == 20


def test_an_ensemble_is_evolved_against_and_its_members_are_asked(tmp_path):
    wishes = {"classifiers": {"photos": "lenet", "photos-b": "lenet-b"}}
    results, _ = run(["ensemble"], tmp_path, scale=0.001, seeds=1, **wishes)
    found = results["ensemble"]
    assert unjudged(found)
    assert found["figures"]["members"] == 2
    assert list(found["figures"]["by_member"]) == ["lenet (photos)", "lenet-b (photos-b)"]
