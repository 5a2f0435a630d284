"""Transfer between networks of many classes: few classes at a small scale, and class lists that differ."""

import pytest

from foolery.errors import UsageError
from foolery.paper import reproduce
from foolery.paper.measures import network_name
from foolery.paper.transfer_claims import judge_matrix
from foolery.paper.transfer_photos import CLAIMS, spread_names
from foolery.paper.verdicts import Evidence


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("onnx:/nets/squeezenet1_1/model.onnx", "squeezenet1_1"),
        ("onnx:/nets/lion.onnx", "lion"),
        ("tencrop:onnx:/nets/squeezenet1_1/model.onnx", "tencrop:squeezenet1_1"),
        ("hf:org/name", "hf:org/name"),
        ("lenet", "lenet"),
    ],
)
def test_a_network_s_name_has_no_folders(reference, name):
    assert network_name(reference) == name


def test_few_names_are_spread_over_those_that_stand_once():
    names = ("a", "b", "b", "c", "d", "e")
    assert spread_names(names, 3) == ("a", "d", "e")
    assert spread_names(names, 9) == ("a", "c", "d", "e")


def test_networks_of_other_class_lists_are_refused_before_anything_runs(tmp_path):
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    networks = {"photos": "lenet", "photos-b": "cifar"}
    with pytest.raises(UsageError, match="classifier photos-b: expected the classes of photos, by name; 10"):
        reproduce("transfer-photos", scale=0.0002, seeds=1, classifiers=networks, out=tmp_path)
    assert not (tmp_path / "runs").exists()


def matrix(certain: float) -> dict[str, object]:
    shares = {"source_9999": certain, "both_9999": 0.0, "source_only": certain, "match_rate": 0.9}
    cell = {"own": False, "images": 100, **shares}
    row = {"classifier": "a", "encoding": "cppn", "runs": 5, "cells": [cell]}
    return {"columns": ["b"], "pooled": [row]}


def test_where_no_image_is_certain_on_its_own_network_certainty_decides_nothing():
    seen = [each.verdict for each in judge_matrix(matrix(0.0), 10, CLAIMS, Evidence("run", 5))]
    assert seen == ["no verdict", "no verdict", "holds"]
    seen = [each.verdict for each in judge_matrix(matrix(0.2), 10, CLAIMS, Evidence("run", 5))]
    assert seen == ["does not hold", "holds", "holds"]
