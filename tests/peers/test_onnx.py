"""The golden one-dimensional convolutions that the onnx package ships, converted from PyTorch's own tests."""

from pathlib import Path

import numpy as np
import pytest
from needed import needed

import jconv

onnx = needed("onnx")
pytestmark = pytest.mark.peers

FOLDER = Path(str(onnx.__file__)).parent / "backend" / "test" / "data" / "pytorch-converted"
CASES = sorted(folder.name for folder in FOLDER.glob("test_Conv1d*"))


def tensor(path):
    return onnx.numpy_helper.to_array(onnx.load_tensor(path))


def numbers(node):
    """The attributes of an ONNX node, by name."""
    return {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}


def test_all_eight_are_here():
    assert len(CASES) == 8


@pytest.mark.parametrize("case", CASES)
def test_golden(case):
    graph = onnx.load(FOLDER / case / "model.onnx").graph
    (node,) = graph.node
    assert node.op_type == "Conv"
    given = numbers(node)
    assert set(given) <= {"dilations", "group", "kernel_shape", "pads", "strides"}
    data = FOLDER / case / "test_data_set_0"
    named = {entry.name: onnx.numpy_helper.to_array(entry) for entry in graph.initializer}
    (input_name,) = set(node.input) - set(named)
    named[input_name] = tensor(data / "input_0.pb")
    x, kernel, bias = (named[name] for name in node.input)
    options = {"dilation": given["dilations"][0], "groups": given["group"], "stride": given["strides"][0]}
    assert [kernel.shape[2]] == given["kernel_shape"]

    def run(x, kernel, bias):
        return np.asarray(jconv.conv1d(x, kernel, bias, padding=given["pads"], layout="NCL", **options))

    want, got = tensor(data / "output_0.pb"), run(x, kernel, bias)
    assert got.shape == want.shape
    assert got.dtype == want.dtype == np.float32
    # two sums of n rounded products, each within n*eps/2 of the sum of the absolute products
    n = kernel[0].size + 2
    bound = n * np.finfo(np.float32).eps * run(abs(x), abs(kernel), abs(bias))
    assert (abs(got - want) <= bound).all()
