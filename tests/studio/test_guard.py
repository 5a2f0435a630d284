"""Who needs a token. What is refused is asked of the real server in test_security."""

import pytest

security = pytest.importorskip("foolery.studio.security", reason="the extra studio is not installed")


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
