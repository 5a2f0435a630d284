"""Runs that many tests only read, and one studio that shows them."""

from pathlib import Path

import pytest

from foolery.hardening.settings import ArmsRaceConfig
from support.audits import audit_in
from support.studio import nasty_model, nasty_run, serving


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """Runs (good, of evil names, broken), an audit, an arms race, and links to what lies outside."""
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    from foolery.engine.evolution import evolve

    top = tmp_path_factory.mktemp("studio")
    shelf, outside = top / "shelf", top / "outside"
    evolve("lenet", generations=4, batch=20, out=shelf / "good", command="foolery evolve -c lenet -n 4")
    evolve("lenet", generations=1, batch=20, out=outside / "secret")
    nasty_run(shelf / "<b>nasty")
    audit_in(shelf / "verdict")
    (shelf / "race").mkdir()
    (shelf / "race" / "contest.json").write_text(
        ArmsRaceConfig(rounds=3, data="<b>mnist</b>").model_dump_json()
    )
    (shelf / "broken").mkdir()
    (shelf / "broken" / "run.db").write_bytes((shelf / "good" / "run.db").read_bytes()[:5000])
    (shelf / "good" / "index.html").write_text("<script>alert('stored')</script>")
    (shelf / "linked").symlink_to(outside / "secret", target_is_directory=True)
    (outside / "round-01").mkdir()
    (outside / "round-01" / "round.json").write_text("{")
    (shelf / "race" / "round-01").symlink_to(outside / "round-01", target_is_directory=True)
    (shelf / "half").mkdir()
    (shelf / "half" / "run.db").symlink_to(outside / "secret" / "run.db")
    return shelf


@pytest.fixture(scope="session")
def studio(shelf, tmp_path_factory):
    """A studio over the shelf, which may ask a network whose card is made to harm a page."""
    model: Path = nasty_model(tmp_path_factory.mktemp("model"))
    with serving(shelf, "--classifier", f"onnx:{model}") as served:
        yield served
