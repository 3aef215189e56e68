"""Networks: each runs and is right by every library that is here, and a wrong one is not timed."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmarks import network_contenders
from benchmarks.cases import GRIDS, Case, select
from benchmarks.network_contenders import by_formula, to_torch
from benchmarks.networks import CELL, NETWORKS, Network, from_facts
from benchmarks.peers import by_lax
from benchmarks.runners import by_jconv
from benchmarks.timing import Patience

EPSILON = 2.0**-23
FLOAT32 = np.dtype(np.float32)


def body(ops, x):
    """One of each operation, at sizes that compile at once."""
    x = ops.relu(ops.batch_norm("a.norm", ops.conv("a", x, 4, 3, stride=2, bias=False)))
    inner, gate = ops.split(ops.linear("b", ops.layer_norm("b.norm", x), 8))
    x = x + ops.elu(ops.conv("c", inner, 4, 3, groups=4, dilation=2, causal=True)) * ops.sigmoid(gate)
    x = ops.tanh(ops.conv_transpose("d", ops.silu(x), 6, 4, stride=2))
    x = ops.leaky_relu(ops.conv("e", x, 4, 1, groups=2))
    return ops.linear("head", ops.mean(x), 3)


SMALL = Network("small", "one of each", (3, 8, 2), body, classes=3)


@pytest.fixture(autouse=True)
def as_users_run():
    """JAX's own settings: the strict ones of these tests are for the library."""
    with jax.numpy_rank_promotion("allow"), jax.numpy_dtype_promotion("standard"):
        yield


def test_networks_have_names_and_shapes_of_their_own():
    assert len({network.name for network in NETWORKS}) == len(NETWORKS)
    assert GRIDS["networks"] == NETWORKS
    assert [network.name for network in select("networks", "co*")] == ["conformer", "codec"]
    assert all(from_facts(network.facts()).in_words() == network.in_words() for network in NETWORKS)
    with pytest.raises(ValueError, match="results only"):
        from_facts(SMALL.facts()).loss(None, None, None)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
def test_every_network_is_one_scalar_of_all_its_parameters(network):
    """Traced with this library's convolution, nothing computed: shapes agree, and each gradient has one."""
    given = network_contenders.operands(network, FLOAT32)
    assert given.terms >= 64
    arrays = network_contenders.on_device(given, FLOAT32)
    run = network_contenders.value_and_gradients(network, partial(by_jconv, "auto"))
    value, gradients = jax.eval_shape(run, *arrays)
    assert value.shape == ()
    assert {name: g.shape for name, g in gradients.items()} == {name: a.shape for name, a in given.parameters.items()}


@pytest.fixture
def lax_alone(monkeypatch):
    """As if neither Flax nor PyTorch were installed."""
    monkeypatch.setattr(network_contenders, "find_spec", lambda name: None)


@pytest.mark.usefixtures("lax_alone")
def test_what_takes_part_is_right_and_timed():
    contenders, missing = network_contenders.contenders()
    assert missing == ["flax", "torch"]
    record = network_contenders.measure(SMALL, contenders, FLOAT32, EPSILON, Patience(0, 1))
    assert record["problem"] == SMALL.facts()
    records = record["cells"][CELL]
    assert set(records) == {"auto", "lax NWC"}
    assert all(entry.get("ms", 0) > 0 for entry in records.values()), records


def test_a_network_that_is_wrong_is_not_timed():
    """A kernel that is used twice as large in one layer is out of bounds, and the same with the right one is not."""
    pair = Network("pair", "", (3, 8, 2), lambda ops, x: ops.conv("c", ops.relu(ops.conv("a", x, 4, 3)), 4, 3))
    given = network_contenders.operands(pair, FLOAT32)

    def doubled(problem: Case):
        convolution = by_lax("NWC", problem)
        factor = 2 if problem.name == "c" else 1
        return lambda x, kernel, *bias: convolution(x, factor * kernel, *bias)

    right = network_contenders.truth(pair, given, EPSILON)
    assert max(right.tolerances) <= network_contenders.MOST
    for convolution, wanted in ((partial(by_lax, "NWC"), True), (doubled, False)):
        run = jax.jit(network_contenders.value_and_gradients(pair, convolution))
        value, gradients = run(*network_contenders.on_device(given, FLOAT32))
        _, allowed = right.judge(tuple(np.asarray(a, np.float64) for a in (value, *gradients.values())))
        assert allowed is wanted


@pytest.mark.parametrize(
    "problem",
    [
        Case("strided", "any", 2, 17, 4, 6, 3, stride=2, dilation=2, groups=2, padding=(3, 1)),
        Case("depthwise", "any", 2, 17, 4, 4, 5, groups=4, padding=(4, 0)),
        Case("transposed", "any", 2, 7, 4, 6, 5, stride=3, padding=(1, 2), transposed=True),
    ],
    ids=lambda problem: problem.name,
)
def test_the_formula_is_what_jax_gives(problem):
    """Both in float64, whose rounding grows with the terms of a sum."""
    draw = np.random.default_rng(0).standard_normal
    x, kernel, bias = draw(problem.x_shape), draw(problem.kernel_shape), draw(problem.outputs)
    with jax.enable_x64(True):
        arrays = [jnp.asarray(a) for a in (x, kernel, bias)]
        ours, theirs = (np.asarray(by(problem)(*arrays)) for by in (by_formula, partial(by_lax, "NWC")))
        size = np.asarray(by_formula(problem)(*(jnp.abs(a) for a in arrays)))
    terms = problem.width * max(problem.inputs, problem.outputs) + 1
    assert np.all(np.abs(ours - theirs) <= 2 * terms * np.finfo(np.float64).eps * size)


def test_parameters_go_to_pytorch_and_back():
    kernel = np.arange(24.0).reshape(2, 3, 4)
    assert to_torch(kernel).shape == (4, 3, 2)
    np.testing.assert_array_equal(to_torch(to_torch(kernel)), kernel)
    assert to_torch(np.zeros((5, 7))).shape == (7, 5)
    assert to_torch(np.zeros(5)).shape == (5,)


def test_two_parameters_of_one_name_are_refused():
    twice = Network("twice", "", (1, 8, 2), lambda ops, x: ops.conv("a", ops.conv("a", x, 2, 3), 2, 3))
    with pytest.raises(ValueError, match=r"'a\.kernel'"):
        network_contenders.operands(twice, FLOAT32)
