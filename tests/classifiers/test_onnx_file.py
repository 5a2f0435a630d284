from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foolery.classifiers.onnx_file import external_files
from foolery.errors import UsageError
from support.onnx_files import linear, onnx


def external_tensor(location: str, name: str = "weights"):
    tensor = onnx.TensorProto(name=name, data_type=1, dims=[16, 3], data_location=1)
    for key, value in {"location": location, "offset": "8", "length": "192"}.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def pointing_to(folder: Path, *locations: str) -> Path:
    """A real ONNX file whose tensors lie in other files: as weights, in a constant, in a branch, sparse."""
    path = linear(folder / "net.onnx", np.zeros((16, 3)), (1, 4, 4))
    model = onnx.load_model(path)
    del model.graph.initializer[:]
    places = list(locations)
    model.graph.initializer.append(external_tensor(places.pop(0)))
    if places:
        constant = onnx.helper.make_node("Constant", [], ["c"])
        constant.attribute.add(name="value", type=4).t.CopyFrom(external_tensor(places.pop(0)))
        model.graph.node.append(constant)
    if places:
        branch = onnx.helper.make_graph([], "branch", [], [], [external_tensor(places.pop(0))])
        node = onnx.helper.make_node("If", ["c"], ["d"], then_branch=branch)
        model.graph.node.append(node)
    if places:
        model.graph.sparse_initializer.add().values.CopyFrom(external_tensor(places.pop(0)))
    path.write_bytes(model.SerializeToString())
    return path


def test_a_file_that_holds_its_weights_points_nowhere(tmp_path: Path):
    assert external_files(linear(tmp_path / "net.onnx", np.ones((16, 3)), (1, 4, 4))) == []


def test_files_are_found_wherever_a_tensor_can_lie(tmp_path: Path):
    (tmp_path / "below").mkdir()
    names = ["b.bin", "a.bin", "below/c.bin", "d.bin"]
    for name in names:
        (tmp_path / name).write_bytes(bytes(200))
    found = external_files(pointing_to(tmp_path, *names))
    assert found == [tmp_path.resolve() / name for name in sorted(names)]


def test_a_file_that_many_tensors_share_comes_once(tmp_path: Path):
    (tmp_path / "a.bin").write_bytes(bytes(200))
    assert external_files(pointing_to(tmp_path, "a.bin", "a.bin")) == [tmp_path.resolve() / "a.bin"]


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match=r"needs 'a\.bin' beside it"):
        external_files(pointing_to(tmp_path, "a.bin"))


@pytest.mark.parametrize("location", ["../secret", "/etc/hostname", "a/../../secret"])
def test_a_file_outside_the_folder_is_refused(tmp_path: Path, location):
    (tmp_path / "secret").write_bytes(bytes(200))
    (tmp_path / "nets").mkdir()
    with pytest.raises(UsageError, match="points outside its folder"):
        external_files(pointing_to(tmp_path / "nets", location))


def test_a_link_that_leads_outside_is_refused(tmp_path: Path):
    (tmp_path / "secret").write_bytes(bytes(200))
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "a.bin").symlink_to(tmp_path / "secret")
    with pytest.raises(UsageError, match="points outside its folder"):
        external_files(pointing_to(tmp_path / "nets", "a.bin"))


@pytest.fixture(scope="module")
def garbled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("garbled")
    (folder / "a.bin").write_bytes(bytes(200))
    return pointing_to(folder, "a.bin", "a.bin", "a.bin", "a.bin")


@given(data=st.data())
def test_a_damaged_file_is_refused_or_read_and_nothing_else(garbled: Path, data: st.DataObject):
    content = bytearray(garbled.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = garbled.with_name("damaged.onnx")
    damaged.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        found = external_files(damaged)
    except UsageError as error:
        said = str(error)
    else:
        said = "\n".join(map(str, found)) or "classifier onnx"
        said = said.replace(str(garbled.parent.resolve() / "a.bin"), "classifier onnx")
    assert said.startswith("classifier onnx")


def test_a_location_that_is_no_utf_8_or_no_path_gets_one_line(tmp_path):
    import shutil

    from foolery.classifiers.builtin import SHIPPED
    from foolery.classifiers.onnx_file import external_files

    shutil.copy(SHIPPED / "lenet.safetensors", tmp_path)
    content, name = (SHIPPED / "lenet.onnx").read_bytes(), b"lenet.safetensors"
    for damaged in (
        content.replace(name, b"\xff" + name[1:]),
        content.replace(name, b"\xff" + name[1:], 1),
        content.replace(name, b"\0" + name[1:]),
    ):
        (tmp_path / "lenet.onnx").write_bytes(damaged)
        with pytest.raises(UsageError, match=r"is not an ONNX file|no path of a file"):
            external_files(tmp_path / "lenet.onnx")


def test_a_pass_that_does_not_end_is_ended():
    import onnxruntime
    from onnx import TensorProto, helper

    from foolery.classifiers.onnx_deadline import deadline

    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Identity", ["x_in"], ["x_out"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x_in", TensorProto.FLOAT, [1]),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x_out", TensorProto.FLOAT, [1]),
        ],
    )
    graph = helper.make_graph(
        [helper.make_node("Loop", ["", "true", "x"], ["y"], body=body)],
        "endless",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
        [helper.make_tensor("true", TensorProto.BOOL, [], [True])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    with pytest.raises(Exception, match="terminate flag"), deadline(0.5) as options:
        session.run(None, {"x": [1.0]}, options)
