"""Shortened: what others see of a reference or a command."""

import pytest

from foolery.shortened import shortened


@pytest.mark.parametrize(
    ("words", "short"),
    [
        ("lenet", "lenet"),
        ("onnx:net.onnx", "onnx:net.onnx"),
        ("onnx:/home/me/models/net/model.onnx", "onnx:net/model.onnx"),
        ("ensemble:onnx:/a/b/c/one.onnx+onnx:/a/b/c/two.onnx", "ensemble:onnx:c/one.onnx+onnx:c/two.onnx"),
        ("foolery evolve -c lenet --out /tmp/me/runs/one", "foolery evolve -c lenet --out runs/one"),
        (
            "foolery reproduce --classifier photos=onnx:/a/b/c/d.onnx",
            "foolery reproduce --classifier photos=onnx:c/d.onnx",
        ),
        ("--card photos=/tmp/a/b.json", "--card photos=a/b.json"),
        ("parquet:cifar10/{train,test}.parquet", "parquet:cifar10/{train,test}.parquet"),
    ],
)
def test_paths_keep_their_last_two_parts(words, short):
    assert shortened(words) == short
