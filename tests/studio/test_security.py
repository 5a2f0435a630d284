"""What a hostile page, a hostile file and a hostile neighbor cannot do, asked of the real server."""

import io
import re
import socket
import struct
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from foolery.audit.storage import write_audit
from support.audits import audit_in
from support.studio import NASTY, serving

pytest.importorskip("uvicorn", reason="the extra studio is not installed")
security = pytest.importorskip("foolery.studio.security", reason="the extra studio is not installed")

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"


def png(side=28, **options):
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((side, side), np.uint8)).save(buffer, "PNG", **options)
    return buffer.getvalue()


def bomb(side):
    """A PNG file of some 60 bytes that claims to be ``side`` x ``side`` pixels."""

    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "path", ["/", "/playground", "/runs.json", "/static/playground.js", "/nothing", "/static/nothing"]
)
def test_every_answer_forbids_what_a_page_does_not_need(studio, path):
    headers = studio.ask(path).headers
    assert headers["content-security-policy"].startswith(POLICY)
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "192.0.2.7:{port}", "", "a@localhost"],
)
def test_a_foreign_name_is_not_answered(studio, host):
    found = studio.ask("/runs.json", Host=host.format(port=studio.port))
    assert found.status in (400, 421)
    assert b"good" not in found.body


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:1", "[::1]:{port}", "localhost"]
)
def test_this_machine_is_answered_through_a_tunnel_too(studio, host):
    assert studio.ask("/runs.json", Host=host.format(port=studio.port)).status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1", ""]
)
def test_another_page_cannot_ask_for_work(studio, origin):
    assert studio.post("/predict/0", png(), Origin=origin).status == 403


def test_a_request_without_an_origin_cannot_ask_for_work(studio):
    found = studio.ask("/predict/0", "POST", png(), Content_Type="application/octet-stream")
    assert found.status == 403


@pytest.mark.parametrize("path", ["/", "/run/0000000000000000/report/", "/runs.json"])
def test_another_page_cannot_read_or_embed(studio, path):
    for mode, purpose in (("no-cors", "image"), ("navigate", "iframe"), ("cors", "empty")):
        headers = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": mode, "Sec_Fetch_Dest": purpose}
        assert studio.ask(path, **headers).status == 403
    assert studio.ask(path, Origin="http://evil.example").status == 403


def test_a_link_from_another_page_can_be_followed(studio):
    headers = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert studio.ask("/", **headers).status == 200


@pytest.mark.parametrize(
    "content", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_a_form_cannot_ask_for_work(studio, content):
    assert studio.post("/predict/0", png(), Content_Type=content).status == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"])
def test_there_are_no_other_methods(studio, method):
    assert studio.ask("/", method).status == 405


@pytest.mark.parametrize("path", ["/predict/0", "/predict/0?class=1"])
def test_a_get_asks_for_no_work(studio, path):
    assert studio.ask(path).status == 405


@pytest.mark.parametrize(
    "tail",
    [
        "../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/run.db", "..\\..\\run.db",
        "//etc/passwd", "/etc/passwd", "run.db", "good/run.db", "....//....//etc/passwd", "%00", "a%00.png",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_a_report_or_to_the_style_sheets(studio, tail):
    key = studio.names()["good"]
    for before in (
        f"/run/{key}/report/",
        "/static/",
        "/run/",
        f"/run/{key}/image/",
        f"/run/{key}/cell/",
        "/",
    ):
        found = studio.ask(before + tail)
        assert found.status in (307, 400, 404), (before, found)
        assert b"root:" not in found.body
        assert b"SQLite" not in found.body


def test_links_are_not_followed(studio, library):
    names = studio.names()
    assert "good" in names
    assert not {"linked", "half", "secret"} & set(names)


def test_a_run_that_becomes_a_link_is_gone(tmp_path, library):
    from foolery.studio.library import Library

    for name in ("one", "two"):
        (tmp_path / "library" / name).mkdir(parents=True)
        (tmp_path / "library" / name / "run.db").write_bytes(b"x")
    found = Library(tmp_path / "library")
    first, second = found.entries()
    (tmp_path / "library" / "one").rename(tmp_path / "away")
    (tmp_path / "library" / "one").symlink_to(tmp_path / "away")
    (tmp_path / "library" / "two" / "run.db").unlink()
    (tmp_path / "library" / "two" / "run.db").symlink_to(tmp_path / "away" / "run.db")
    assert found.find(first.key) is None
    assert found.find(second.key) is None


@pytest.mark.parametrize("image", ["../secret.png", "{top}/secret.png", "champions/linked.png"])
def test_an_audit_shows_no_picture_that_lies_elsewhere(tmp_path, image):
    secret = tmp_path / "secret.png"
    library = tmp_path / "library"
    audit = audit_in(library / "sly")
    secret.write_bytes((library / "sly" / audit.champions[0].image).read_bytes())
    (library / "sly" / "champions" / "linked.png").symlink_to(secret)
    sly = audit.champions[0].model_copy(update={"image": image.format(top=tmp_path)})
    write_audit(audit.model_copy(update={"champions": (sly, *audit.champions[1:])}), library / "sly")
    with serving(library) as studio:
        found = studio.ask(f"/audit/{studio.names()['sly']}/report/")
        assert (found.status, "leads out of its folder" in found.json()["error"]) == (422, True)
        write_audit(audit, library / "sly")
        assert studio.ask(f"/audit/{studio.names()['sly']}/report/").status == 200


def test_an_arms_race_shows_no_round_that_lies_elsewhere(studio, library):
    assert "0 of 3 rounds finished" in studio.ask("/").text
    assert (library / "race" / "round-01" / "round.json").read_text() == "{"  # a link; read, it would not do


def test_no_get_changes_anything(studio, library):
    """What asks for anything by GET, even of a hostile shape, leaves every byte on the library as it was."""

    def bytes_of_all():
        return {path: path.read_bytes() for path in sorted(library.rglob("*")) if path.is_file()}

    before, names = bytes_of_all(), studio.names()
    for tail in ("", "report/", "champions.json", "cell/0.png", "cell/0.webp?delete=1", "updates"):
        studio.ask(f"/run/{names['good']}/{tail}")
    for path in (
        "/",
        "/runs.json",
        "/playground",
        f"/audit/{names['verdict']}/report/",
        "/predict/0?class=3",
    ):
        studio.ask(path)
    assert bytes_of_all() == before


def test_no_page_that_lies_in_a_run_is_served(studio):
    found = studio.ask(f"/run/{studio.names()['good']}/report/index.html")
    assert found.status == 200
    assert b"stored" not in found.body


@pytest.mark.parametrize("path", ["/", "/playground", "/run/{key}/", "/run/{key}/report/"])
def test_names_from_strangers_are_text(studio, path):
    key = next(key for name, key in studio.names().items() if "nasty" in name)
    page = studio.ask(path.format(key=key), Accept="text/html").text
    assert "&lt;" in page
    assert not re.search(r"<script>alert|<img src=x|<b onmouseover|<b>nasty|&amp;49", page)


def test_names_from_strangers_do_not_end_the_data_in_a_page(studio):
    page = studio.ask("/playground").text
    block = page.split('type="application/json" id="predictors">')[1].split("</script>")[0]
    assert "\\u003cimg" in block or "\\u003cscript" in block or NASTY[0] not in page
    assert "<" not in block


def test_answers_with_names_from_strangers_are_json(studio):
    found = studio.post("/predict/0", png())
    assert found.status == 200
    assert found.headers["content-type"] == "application/json"
    assert NASTY[0] in found.json()["top"][0]["label"]


def test_a_picture_that_is_too_large_is_refused_before_it_is_sent(studio):
    found = studio.post("/predict/0", b"", Content_Length=str(11 * 2**20))
    assert found.status == 413
    assert studio.post("/predict/0", b"", Content_Length="99999999999999999999").status in (400, 413)


def test_a_picture_that_grows_too_large_is_not_read_to_its_end(studio):
    with socket.create_connection(("127.0.0.1", studio.port), timeout=20) as connection:
        head = (
            f"POST /predict/0 HTTP/1.1\r\nHost: 127.0.0.1:{studio.port}\r\nOrigin: {studio.origin}\r\n"
            "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        connection.sendall(head.encode())
        chunk, sent = b"10000\r\n" + bytes(0x10000) + b"\r\n", 0
        try:
            while sent < 64 * 2**20:
                connection.sendall(chunk)
                sent += 0x10000
        except (ConnectionError, TimeoutError):
            pass
        assert sent < 40 * 2**20
    assert studio.post("/predict/0", png()).status == 200


@pytest.mark.parametrize("side", [8_000, 30_000, 2_000_000])
def test_a_picture_that_claims_to_be_enormous_is_not_decoded(studio, side):
    started = time.monotonic()
    found = studio.post("/predict/0", bomb(side))
    assert found.status == 422
    assert "pixels" in found.json()["error"] or "not one that can be read" in found.json()["error"]
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("form", ["TIFF", "PPM", "PDF", "EPS", "ICO", "TGA"])
def test_only_plain_formats_are_read(studio, form):
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32)).save(buffer, form)
    assert studio.post("/predict/0", buffer.getvalue()).status == 422


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_plain_formats_are_read(studio, form):
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30)).save(buffer, form)
    assert len(studio.post("/predict/0", buffer.getvalue()).json()["top"]) == 5


@pytest.mark.parametrize("content", [b"", b"no picture", png()[:30], png(200)[:60], bomb(64)])
def test_what_is_no_picture_is_refused_in_one_line(studio, content):
    found = studio.post("/predict/0", content)
    assert found.status == 422
    assert "\n" not in found.json()["error"]


def test_a_message_does_not_say_where_things_lie(studio, library):
    found = studio.ask(f"/run/{studio.names()['broken']}/", Accept="text/html")
    assert found.status == 422
    assert str(library) not in found.text
    assert str(library) not in studio.ask("/").text


def test_a_machine_that_is_bound_elsewhere_wants_its_token(library):
    with serving(library, "--host", "0.0.0.0") as open_studio:
        token = open_studio.url.split("token=")[1]
        assert len(token) >= 32
        for given in ("", "?token=", f"?token={token[:-1]}", f"?token={token}x"):
            assert open_studio.ask(f"/{given}").status == 401
        assert open_studio.ask("/static/playground.js").status == 401
        assert open_studio.post("/predict/0", png()).status == 401
        assert open_studio.ask(f"/?token={token}", Host="evil.example").status == 421
        entered = open_studio.ask(f"//evil.example/?token={token}")
        cookie = entered.headers["set-cookie"]
        assert (entered.status, entered.headers["location"]) == (303, "../../")
        assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
        assert open_studio.ask("/", Cookie=cookie.split(";")[0]).status == 200
        assert open_studio.post("/predict/0", png(), Cookie=cookie.split(";")[0]).status == 200
        assert open_studio.ask("/", Cookie=cookie.split("=")[0] + "=x").status == 401
        assert (
            open_studio.ask("/", Host=f"192.0.2.7:{open_studio.port}", Cookie=cookie.split(";")[0]).status
            == 200
        )


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "localhost", "::1"])
def test_this_machine_needs_no_token(host):
    assert security.is_loopback(host)
    assert security.Access.for_host(host, 1).token is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_any_other_does(host):
    access = security.Access.for_host(host, 1)
    assert access.token
    assert access.token != security.Access.for_host(host, 1).token
    assert access.accepts_token(access.token)
    assert not access.accepts_token(None)
