"""What the pages get: lists, live runs, champions, reports; from the real server."""

import io
import json
import re
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection

import numpy as np
import pytest
from PIL import Image

from foolery.audit.storage import write_audit
from foolery.canvas import from_png
from foolery.classifiers import builtin
from foolery.engine.run import open_run
from support.audits import audit_in
from support.command import run
from support.studio import serving
from support.toysearch import PROVENANCE, RunWriter, settings, whole_run

app = pytest.importorskip("foolery.studio.app", reason="the extra studio is not installed")


def events(answer):
    """Server-sent events as (name, data, id)."""
    found = []
    for block in answer.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"]), fields.get("id")))
    return found


def test_the_list_names_every_run_and_says_what_is_broken(studio):
    page = studio.ask("/").text
    assert "good" in page
    assert "finished at generation 4" in page
    assert "cut short" in page
    states = {each["state"] for each in studio.ask("/runs.json").json()}
    assert any("generation 4" in state for state in states)


def test_a_finished_run_is_told_at_once_and_the_stream_ends(studio, library):
    found = events(studio.ask(f"/run/{studio.names()['good']}/updates"))
    assert [name for name, _, _ in found] == ["update", "champions", "position", "end"]
    news, champions = found[0][1], found[1][1]
    result = open_run(library / "good")
    assert news["status"] == "finished"
    assert (news["generation"], news["goal"], news["queries"]) == ("4", "4", "100")
    assert [point[0] for point in news["points"]] == [0, 1, 2, 3, 4]
    assert [one["label"] for one in champions] == list(result.champions)
    assert [one["confidence"] for one in champions] == [one.confidence for one in result.champions.values()]


def test_a_browser_that_comes_back_is_told_only_what_is_new(studio):
    address = f"/run/{studio.names()['good']}/updates"
    key = next(key for _, _, key in events(studio.ask(address)) if key)
    again = events(studio.ask(address, Last_Event_ID=key))
    assert [name for name, _, _ in again] == ["update", "position", "end"]
    assert (again[0][1]["points"], again[0][1]["fresh"]) == ([], False)
    for wrong in ("x", "x.9", "0123456789abcdef.2", f"{key}9999", "é.1"):
        told = events(studio.ask(address, Last_Event_ID=wrong.encode().decode("latin-1")))
        assert told[0][1]["fresh"] is True
        assert len(told[0][1]["points"]) == 5


def test_champions_are_shown_as_they_were_scored(studio, library):
    key = studio.names()["good"]
    result = open_run(library / "good")
    for cell, champion in enumerate(result.champions.values()):
        for address in (f"/run/{key}/cell/{cell}.png", f"/run/{key}/image/{champion.canvas_hash}.png"):
            found = studio.ask(address)
            assert found.headers["content-type"] == "image/png"
            assert np.array_equal(from_png(found.body), champion.canvas)
        small = studio.ask(f"/run/{key}/cell/{cell}.webp")
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(small.body)).convert("L")), champion.canvas[0])


@pytest.mark.parametrize(
    "tail",
    ["cell/10.png", "cell/-1.png", "cell/x.png", "cell/0.gif", "cell/99999999999999999999.png",
     "image/0000.png", "image/" + "0" * 64 + ".webp"],
)  # fmt: skip
def test_a_champion_that_is_not_there_is_not_found(studio, tail):
    assert studio.ask(f"/run/{studio.names()['good']}/{tail}").status == 404


def test_a_run_opens_as_the_report_with_everything_beside_it(studio):
    key = studio.names()["good"]
    page = studio.ask(f"/run/{key}/report/")
    assert page.headers["content-type"].startswith("text/html")
    assert "lenet" in page.text
    for name, kind in (("report.css", "text/css"), ("summary.json", "application/json")):
        found = studio.ask(f"/run/{key}/report/{name}")
        assert (found.status, found.headers["content-type"].split(";")[0]) == (200, kind)


def test_an_audit_is_listed_and_opens_as_its_report(studio, library):
    page, key = studio.ask("/").text, studio.names()["verdict"]
    assert "lenet is fooled in 6 of 10 classes" in page
    assert "finished, score 61.2 of 100, 1 of 2 gates passed" in page
    assert f'href="/run/{key}/"' not in page  # an audit is read, not watched
    report = studio.ask(f"/audit/{key}/report/")
    assert report.headers["content-type"].startswith("text/html")
    assert ">Result</h2>" in report.text
    told = studio.ask(f"/audit/{key}/report/audit.json").json()
    assert told["verdict"] == json.loads((library / "verdict" / "audit.json").read_text())["verdict"]
    assert '"top":[[' in studio.ask(f"/audit/{key}/report/data/run-1/0007.js").text  # lenet is a predictor
    for wrong in (f"/run/{key}/report/", f"/run/{key}/", f"/audit/{studio.names()['good']}/report/"):
        assert studio.ask(wrong).status == 404


def test_an_audit_shows_its_surest_pictures_and_its_run_as_a_part(studio, library):
    page, key = studio.ask("/").text, studio.names()["verdict"]
    champions = json.loads((library / "verdict" / "audit.json").read_text())["champions"]
    surest = sorted(champions, key=lambda one: -one["confidence"])[:5]
    assert re.findall(rf"/audit/{key}/image/(\w+)\.webp", page) == [one["canvas_hash"] for one in surest]
    for one in surest:
        picture = studio.ask(f"/audit/{key}/image/{one['canvas_hash']}.png")
        assert np.array_equal(
            from_png(picture.body), from_png((library / "verdict" / one["image"]).read_bytes())
        )
    assert studio.ask(f"/audit/{key}/image/{'0' * 64}.webp").status == 404
    assert studio.ask(f"/run/{key}/image/{surest[0]['canvas_hash']}.webp").status == 404
    assert "<summary>Contains 1 run</summary>" in page
    assert ">runs/cppn-seed-0</a>" in page
    assert "verdict/runs/cppn-seed-0" not in page


def test_an_arms_race_is_listed_and_opens_as_its_report(studio):
    key = studio.names()["race"]
    assert "0 of 3 rounds finished" in studio.ask("/").text
    page = studio.ask(f"/arms-race/{key}/report/")
    assert "No round of lenet is finished yet" in page.text
    assert "<b>mnist</b>" not in page.text


def test_a_report_is_made_anew_when_its_audit_has_changed(tmp_path):
    audit_in(tmp_path / "changing")
    with serving(tmp_path) as studio:
        address = f"/audit/{studio.names()['changing']}/report/"
        assert "A note with" in studio.ask(address).text
        file = tmp_path / "changing" / "audit.json"
        file.write_text(file.read_text().replace("A note with", "Another note with"))
        assert "Another note with" in studio.ask(address).text


def test_only_classifiers_that_were_named_are_asked(studio):
    names = studio.said["classifiers"]
    assert names[0].startswith("onnx:")
    assert names[1] == "lenet"
    assert sorted(names[1:]) == sorted(builtin.names())
    buffer = io.BytesIO()
    Image.new("L", (28, 28)).save(buffer, "PNG")
    assert studio.post(f"/predict/{len(names) - 1}", buffer.getvalue()).status == 200
    assert studio.post(f"/predict/{len(names)}", buffer.getvalue()).status == 404
    foreign = studio.post("/predict/1?class=eleven", buffer.getvalue())
    assert (foreign.status, json.loads(foreign.body)["target"]) == (
        200,
        None,
    )  # of other classes


def test_a_run_that_names_python_code_is_shown_without_running_it(tmp_path):
    sprung = tmp_path / "sprung"
    (tmp_path / "trap.py").write_text(f"open({str(sprung)!r}, 'w')\ndef make(): raise SystemExit")
    chosen = settings(classifier="python:trap:make", encoding_options={"coordinates": "raw"})
    with RunWriter.create(tmp_path / "runs" / "trap", chosen, PROVENANCE, keep_genomes=True) as writer:
        writer.close("finished")
    with serving(tmp_path / "runs", PYTHONPATH=str(tmp_path)) as studio:
        for path in ("", "report/", "updates", "champions.json"):
            assert studio.ask(f"/run/{studio.names()['trap']}/{path}").status == 200
        assert studio.ask("/playground").status == 200
    assert not sprung.exists()
    run("predict", "python:trap:make", tmp_path / "trap.py", PYTHONPATH=str(tmp_path))
    assert sprung.exists()  # it would have been noticed


def test_an_audit_that_names_python_code_is_shown_without_running_it(tmp_path):
    sprung = tmp_path / "sprung"
    (tmp_path / "trap.py").write_text(f"open({str(sprung)!r}, 'w')\ndef make(): raise SystemExit")
    audit = audit_in(tmp_path / "runs" / "trap")
    known = audit.classifier.model_copy(update={"name": "python:trap:make"})
    write_audit(audit.model_copy(update={"classifier": known}), tmp_path / "runs" / "trap")
    with serving(tmp_path / "runs", PYTHONPATH=str(tmp_path)) as studio:
        page = studio.ask(f"/audit/{studio.names()['trap']}/report/")
        assert (page.status, "make" in page.text) == (200, True)
    assert not sprung.exists()


@pytest.mark.parametrize("scheme", ["hf", "http"])
def test_a_run_that_names_an_endpoint_does_not_reach_it(tmp_path, scheme):
    with socket.create_server(("127.0.0.1", 0)) as endpoint:
        endpoint.settimeout(0.5)
        reference = f"{scheme}://127.0.0.1:{endpoint.getsockname()[1]}/model"
        chosen = settings(classifier=reference, encoding_options={"coordinates": "raw"})
        with RunWriter.create(tmp_path / "far", chosen, PROVENANCE, keep_genomes=True) as writer:
            writer.close("finished")
        with serving(tmp_path) as studio:
            for path in ("", "report/", "updates", "champions.json"):
                assert studio.ask(f"/run/{studio.names()['far']}/{path}").status == 200
            with pytest.raises(TimeoutError):
                endpoint.accept()


def test_the_answer_about_a_champion_is_the_confidence_of_its_run(studio, library):
    key, result = studio.names()["good"], open_run(library / "good")
    for cell, champion in enumerate(result.champions.values()):
        picture = studio.ask(f"/run/{key}/cell/{cell}.png").body
        told = studio.post(f"/predict/1?class={champion.label}", picture).json()
        assert told["target"]["confidence"] == pytest.approx(champion.confidence, rel=1e-5, abs=1e-7)
        assert told["top"][0]["confidence"] >= told["top"][-1]["confidence"]


def test_a_live_run_is_told_while_it_is_written(tmp_path):
    """A real search in a process of its own; its champions and its curve arrive while it goes on."""
    words = [
        "evolve",
        "-c",
        "lenet",
        "-n",
        "100000",
        "--batch",
        "20",
        "--checkpoint-every",
        "5",
        "-o",
        tmp_path / "live",
    ]
    search = subprocess.Popen(
        [sys.executable, "-m", "foolery", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with serving(tmp_path) as studio:
            deadline = time.monotonic() + 60
            while "live" not in studio.names() and time.monotonic() < deadline:
                time.sleep(0.1)
            connection = HTTPConnection("127.0.0.1", studio.port, timeout=30)
            connection.request("GET", f"/run/{studio.names()['live']}/updates")
            response = connection.getresponse()
            generations, pictures = [], {}
            while len(generations) < 3 or len(pictures) < 10 or max(map(len, pictures.values())) < 2:
                assert time.monotonic() < deadline, (generations, pictures)
                name = response.readline().decode().removeprefix("event: ").strip()
                data = response.readline().decode().removeprefix("data: ")
                while response.readline().strip():
                    pass
                if name == "update":
                    told = json.loads(data)
                    assert told["status"] == "running"
                    generations += [told["points"][-1][0]] if told["points"] else []
                    rates = told["rate"], told["remaining"], told["goal"]
                elif name == "champions":
                    for one in json.loads(data):
                        pictures.setdefault(one["cell"], []).append("/" + one["image"])
            assert generations == sorted(set(generations))
            assert rates[0] != "–"
            assert "h" in rates[1] or "min" in rates[1] or "s" in rates[1]
            assert rates[2] == "100,000"
            assert studio.ask(pictures[0][-1]).status == 200
        connection.close()  # only now: a page that still watches does not keep the studio from ending
    finally:
        search.terminate()
        search.wait(30)


def test_pages_that_are_left_make_room_for_others(tmp_path):
    chosen = settings(encoding_options={"coordinates": "raw"})
    with (
        RunWriter.create(tmp_path / "slow", chosen, PROVENANCE, keep_genomes=True),
        serving(tmp_path) as studio,
    ):
        address = f"/run/{studio.names()['slow']}/updates"
        assert studio.ask(address, "HEAD").status == 405
        for _ in range(app.MAX_STREAMS + 10):
            connection = HTTPConnection("127.0.0.1", studio.port, timeout=30)
            connection.request("GET", address)
            response = connection.getresponse()
            assert response.status == 200
            assert response.readline() == b"event: update\n"
            response.close()
            connection.close()
            time.sleep(0.05)
        assert b"slow" in studio.ask("/").body


def test_a_run_that_cannot_be_drawn_says_so_and_is_told_on(tmp_path):
    whole_run(tmp_path / "odd", until=3, chosen=settings(encoding_options={"coordinates": "raw"}))
    with serving(tmp_path) as studio:
        connection = HTTPConnection("127.0.0.1", studio.port, timeout=30)
        connection.request("GET", f"/run/{studio.names()['odd']}/updates")
        response = connection.getresponse()
        lines = [response.readline().decode() for _ in range(6)]
        connection.close()
        assert lines[0] == "event: update\n"
        assert lines[3] == "event: failure\n"
        assert "genome" in lines[4]
