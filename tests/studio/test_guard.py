"""The door: who needs a token. What the guard refuses is asked of the real server in test_security."""

import pytest

guard = pytest.importorskip("foolery.studio.security", reason="the extra studio is not installed")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "localhost", "::1"])
def test_this_machine_needs_no_token(host):
    assert guard.is_loopback(host)
    assert guard.Door.at(host, 1).token is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_any_other_does(host):
    door = guard.Door.at(host, 1)
    assert door.token
    assert door.token != guard.Door.at(host, 1).token
    assert door.opens(door.token)
    assert not door.opens(None)
