"""Runs that many tests only read, and one studio that shows them."""

from pathlib import Path

import pytest

from foolery.hardening import ArmsRaceConfig
from support.audits import audit_in
from support.studio import nasty_model, nasty_run, serving


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """Runs (good, of evil names, broken), an audit, an arms race, and links to what lies outside."""
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    from foolery.engine.evolution import evolve

    top = tmp_path_factory.mktemp("studio")
    library, outside = top / "library", top / "outside"
    evolve("lenet", generations=4, batch=20, out=library / "good", command="foolery evolve -c lenet -n 4")
    evolve("lenet", generations=1, batch=20, out=outside / "secret")
    nasty_run(library / "<b>nasty")
    audit_in(library / "verdict")
    (library / "race").mkdir()
    ArmsRaceConfig(rounds=3, data="<b>mnist</b>").write(library / "race")
    (library / "broken").mkdir()
    (library / "broken" / "run.db").write_bytes((library / "good" / "run.db").read_bytes()[:5000])
    (library / "good" / "index.html").write_text("<script>alert('stored')</script>")
    (library / "linked").symlink_to(outside / "secret", target_is_directory=True)
    (outside / "round-01").mkdir()
    (outside / "round-01" / "round.json").write_text("{")
    (library / "race" / "round-01").symlink_to(outside / "round-01", target_is_directory=True)
    (library / "half").mkdir()
    (library / "half" / "run.db").symlink_to(outside / "secret" / "run.db")
    return library


@pytest.fixture(scope="session")
def studio(library, tmp_path_factory):
    """A studio over the library, which may ask a network whose card is made to harm a page."""
    model: Path = nasty_model(tmp_path_factory.mktemp("model"))
    with serving(library, "--classifier", f"onnx:{model}") as served:
        yield served
