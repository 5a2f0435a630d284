"""``foolery evaluate``: a classifier on labelled data."""

import json

import pytest

from foolery.data import open_data
from foolery.errors import UsageError
from support.command import invoke, is_refused, run


@pytest.fixture
def mnist():
    try:
        open_data("mnist", "test")
    except UsageError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("mnist")
def test_the_shipped_networks_err_as_rarely_as_the_papers():
    for name in ("lenet", "lenet-b"):
        found = json.loads(invoke("evaluate", name, "--data", "mnist", "--json").stdout)
        assert found["images"] == 10000
        assert found["error"] <= 0.0094


@pytest.mark.usefixtures("mnist")
def test_without_json_the_error_is_printed_in_percent():
    shown = invoke("evaluate", "lenet")
    assert shown.returncode == 0, shown.stderr
    assert "10000 pictures" in shown.stdout
    assert "error        0." in shown.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["lanet"], ["classifier", "lenet"]),
        (["lenet", "--data", "minst"], ["data", "'minst'", "did you mean mnist"]),
        (["lenet", "--split", "dev"], ["split", "'dev'", "test"]),
    ],
    ids=" ".join,
)
def test_what_cannot_be_used_gets_one_line(words, expected):
    is_refused(invoke("evaluate", *words), *expected)


def test_without_data_and_without_network_it_says_what_to_do(tmp_path):
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
    environment = nowhere | {name.upper(): value for name, value in nowhere.items()}
    finished = run("evaluate", "lenet", FOOLERY_DATA=str(tmp_path / "empty"), **environment)
    is_refused(finished, "FOOLERY_DATA")
