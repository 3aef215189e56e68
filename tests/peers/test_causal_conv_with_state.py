"""Every case of the operator CausalConvWithState (opset 27) that the onnx package generates, by its own tolerance."""

import warnings
from typing import Any

import jax
import numpy as np
import pytest
from needed import needed

from jconv.packed import causal_conv_with_state

onnx = needed("onnx")
node_cases = needed("onnx.backend.test.case.node")
pytestmark = pytest.mark.peers

OPERATOR = "CausalConvWithState"


def collected():
    """All cases by name; the package makes those of every operator first, and warns of overflow as it does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {case.name: case for case in node_cases.collect_testcases(OPERATOR)}


CASES = collected()


def call_of(case):
    """The names of the operator's inputs, in its order and without those left out, and its activation.

    An expanded case has the operator's body for a graph, which takes and gives the same.
    """
    (node,) = CASES[case.name.removesuffix("_expanded")].model.graph.node
    assert node.op_type == OPERATOR
    attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
    assert set(attributes) <= {"activation"}
    return list(node.input), attributes.get("activation", b"none").decode()


def test_all_are_here():
    operators = [name for name in CASES if not name.endswith("_expanded")]
    assert len(operators) >= 13
    assert any("fp16" in name for name in operators)


@pytest.mark.parametrize("jit", [False, True], ids=["eager", "jit"])
@pytest.mark.parametrize("name", CASES)
def test_case(name, jit):
    case = CASES[name]
    names, activation = call_of(case)
    run = jax.jit(causal_conv_with_state, static_argnames="activation") if jit else causal_conv_with_state
    for given, wanted in case.data_sets:
        left = iter(given)
        arrays: Any = [next(left) if each else None for each in names] + [None] * (4 - len(names))
        results = run(*arrays, activation=activation)
        assert len(results) == len(wanted)
        for got, want in zip(map(np.asarray, results), wanted, strict=True):
            assert got.dtype == want.dtype
            assert got.shape == want.shape
            np.testing.assert_allclose(got, want, rtol=case.rtol, atol=case.atol)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("activation", ["none", "silu"])
def test_random_arrays_by_the_reference(dtype, activation):
    """The reference sums in T one by one; each of k products and a bias rounds, here the sum does once."""
    reference = needed("onnx.reference.ops.op_causal_conv_with_state").CausalConvWithState
    rng = np.random.default_rng(0)
    eps = np.finfo(dtype).eps
    for k, length in ((1, 3), (2, 9), (7, 30), (64, 70), (5, 2)):
        shapes = (2, 3, length), (3, 1, k), (3,), (2, 3, k - 1)
        arrays: Any = [rng.normal(size=shape).astype(dtype) for shape in shapes]
        want, want_state = reference._run(None, *arrays, activation=activation)
        got, state = causal_conv_with_state(*arrays, activation=activation)
        np.testing.assert_array_equal(np.asarray(state), want_state)
        sizes, _ = reference._run(None, *(np.abs(a).astype(np.float64) for a in arrays))
        # silu changes by at most 1.1 of what its argument does, and both sides round it
        assert (np.abs(np.asarray(got, np.float64) - want) <= (1.1 * (k + 2) + 2) * eps * sizes).all()
