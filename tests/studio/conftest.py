"""Runs that many tests only read, and one studio that shows them."""

from pathlib import Path

import pytest

from support.studio import nasty_model, nasty_run, serving


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """A folder with a run, one of evil names, a broken one, and links to a run and a file outside it."""
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    from foolery.experiments.evolve import evolve

    top = tmp_path_factory.mktemp("studio")
    shelf, outside = top / "shelf", top / "outside"
    evolve("lenet", generations=4, batch=20, out=shelf / "good", command="foolery evolve -c lenet -n 4")
    evolve("lenet", generations=1, batch=20, out=outside / "secret")
    nasty_run(shelf / "<b>nasty")
    (shelf / "broken").mkdir()
    (shelf / "broken" / "run.db").write_bytes((shelf / "good" / "run.db").read_bytes()[:5000])
    (shelf / "good" / "index.html").write_text("<script>alert('stored')</script>")
    (shelf / "linked").symlink_to(outside / "secret", target_is_directory=True)
    (shelf / "half").mkdir()
    (shelf / "half" / "run.db").symlink_to(outside / "secret" / "run.db")
    return shelf


@pytest.fixture(scope="session")
def studio(shelf, tmp_path_factory):
    """A studio over the shelf, which may ask a network whose card is made to harm a page."""
    model: Path = nasty_model(tmp_path_factory.mktemp("model"))
    with serving(shelf, "--classifier", f"onnx:{model}") as served:
        yield served
