"""`lax_only`: the primitive is gone from the jaxpr at every depth, and the values are the same.

Entries are small integers, so sums of products are exact in float32 and equality is the whole test.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import CHOICES
from jax.sharding import AxisType, PartitionSpec

import jconv
from jconv import conv1d, conv_transpose1d, lax_only


def integers(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).integers(-3, 4, size=shape), jnp.float32)


X, KERNEL = integers(0, 2, 12, 4), integers(1, 3, 4, 4)


def same(x, kernel):
    return conv1d(x, kernel, padding="same")


@jax.custom_jvp
def own_jvp(x, kernel):
    return same(x, kernel)


@own_jvp.defjvp
def _own_jvp(primals, tangents):
    (x, kernel), (of_x, of_kernel) = primals, tangents
    return same(x, kernel), 2 * same(of_x, kernel) + same(x, of_kernel)


@jax.custom_vjp
def own_vjp(x, kernel):
    return same(x, kernel)


own_vjp.defvjp(lambda *args: (same(*args), args), lambda args, y: jax.vjp(same, *args)[1](2 * y))


def over_devices(x, kernel):
    mesh = jax.make_mesh((2,), ("d",), axis_types=(AxisType.Auto,))
    specs = PartitionSpec("d"), PartitionSpec()
    return jax.jit(jax.shard_map(same, mesh=mesh, in_specs=specs, out_specs=specs[0]))(x, kernel)


def solved(x, kernel):
    return jax.scipy.sparse.linalg.cg(lambda y: y + 0 * same(y, kernel), x, maxiter=1)[0]


DIFFERENTIABLE = {
    "plain": same,
    "strided, grouped": lambda x, kernel: conv1d(x, kernel[:, :2], stride=2, groups=2, padding="causal"),
    "transposed": lambda x, kernel: conv_transpose1d(x, kernel, stride=2),
    "jit": jax.jit(same),
    "scan": lambda x, kernel: jax.lax.scan(lambda y, _: (same(y, kernel), None), x, None, length=2)[0],
    "cond": lambda x, kernel: jax.lax.cond(x[0, 0, 0] < 9, same, lambda x, _: x, x, kernel),
    "custom_jvp": own_jvp,
    "custom_vjp": own_vjp,
    "checkpoint": jax.checkpoint(jax.jit(same)),
    "shard_map": over_devices,
    "vmap of one": jax.vmap(same, in_axes=(0, None)),
    "vmap of both": lambda x, kernel: jax.vmap(same)(x, jnp.stack([kernel, 2 * kernel])),
}
FUNCTIONS = DIFFERENTIABLE | {
    "linear solve": solved,
    "while": lambda x, kernel: jax.lax.while_loop(
        lambda state: state[0] < 2, lambda state: (state[0] + 1, jax.jit(same)(state[1], kernel)), (0, x)
    )[1],
}


def reads_lax(function):
    return "conv1d" not in str(jax.make_jaxpr(function)(X, KERNEL))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_primitive_is_left_and_the_values_are_the_same(name):
    function = FUNCTIONS[name]
    assert not reads_lax(function)  # traced before, as a cache would have it
    assert reads_lax(lax_only(function))
    np.testing.assert_array_equal(jax.jit(lax_only(function))(X, KERNEL), function(X, KERNEL))
    assert not reads_lax(function)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_nor_in_gradients(name):
    def gradients(function):
        return jax.grad(lambda x, kernel: jnp.sum(function(x, kernel) ** 2) / 2, (0, 1))

    function = DIFFERENTIABLE[name]
    inside, outside = lax_only(gradients(function)), gradients(lax_only(function))
    assert reads_lax(inside)
    own = name in ("custom_jvp", "custom_vjp")  # whose gradients are functions that no jaxpr holds
    assert reads_lax(outside) != own
    want = gradients(function)(X, KERNEL)
    for got in jax.jit(lambda *arrays: (inside(*arrays), outside(*arrays)))(X, KERNEL):
        jax.tree.map(np.testing.assert_array_equal, got, want)


def test_pytrees_keywords_and_the_method_asked_for():
    def function(x, *, weights):
        return {"y": conv1d(x, weights["kernel"], method="gemm"), "same": (x,)}

    for method, dots in (("xla", 0), ("gemm", 1), (None, 1)):
        written_out = lax_only(function, method=method)
        text = str(jax.make_jaxpr(lambda x, k, run=written_out: run(x, weights={"kernel": k}))(X, KERNEL))
        assert ("dot_general" in text) == bool(dots)
        assert ("conv_general_dilated" in text) != bool(dots)
        got = written_out(X, weights={"kernel": KERNEL})
        np.testing.assert_array_equal(got["y"], conv1d(X, KERNEL))
        np.testing.assert_array_equal(got["same"][0], X)


@pytest.mark.parametrize("method", CHOICES)
def test_every_method_is_written_out(method):
    function = lax_only(jax.jit(DIFFERENTIABLE["strided, grouped"]), method=method)
    assert reads_lax(function)
    got, want = jax.jit(function)(X, KERNEL), DIFFERENTIABLE["strided, grouped"](X, KERNEL)
    if method in ("fft", "winograd", "auto"):  # not exact on integers: 6 products of at most 9, 30 roundings
        assert np.abs(got - want).max() <= 6 * 9 * 30 * np.finfo(np.float32).eps
    else:
        np.testing.assert_array_equal(got, want)


def test_a_batch_that_is_not_known_yet():
    (batch,) = jax.export.symbolic_shape("b")
    shape = jax.ShapeDtypeStruct((batch, 12, 4), np.float32)
    exported = jax.export.export(jax.jit(lax_only(lambda x: same(x, KERNEL))))(shape)
    np.testing.assert_array_equal(exported.call(X), same(X, KERNEL))


def test_wrong_arguments_are_named():
    no_function: Any = X
    with pytest.raises(TypeError, match=r"^`function` \(a ArrayImpl\) must be callable$"):
        lax_only(no_function)
    with pytest.raises(ValueError, match=r"^`method` \(='xia'\)"):
        lax_only(same, method="xia")


def test_the_name_is_public():
    assert "lax_only" in jconv.__all__
