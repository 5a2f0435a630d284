"""The fixtures can fail: a page that complains fails its test."""

import pytest


def test_a_page_that_throws_or_complains_is_heard(open_page):
    page = open_page()
    page.set_content("<title>x</title><script>console.error('one'); throw Error('two')</script>")
    page.wait_for_timeout(50)
    assert sorted(open_page.errors) == ["error: one", "exception: two"]
    open_page.errors.clear()


def test_offline_reaches_no_server(open_page):
    page = open_page(offline=True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.goto("http://127.0.0.1:9/")
    open_page.errors.clear()


def test_axe_finds_a_picture_without_words(open_page, accessible):
    page = open_page()
    page.set_content(
        "<html lang=en><title>x</title><main><h1>x</h1>"
        "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='></main>"
    )
    with pytest.raises(AssertionError, match="image-alt"):
        accessible(page)
