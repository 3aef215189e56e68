"""float16 and bfloat16: no sum is taken in them, nor in the gradients that JAX derives from additions and copies."""

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from flax import nnx
from oracle import pad_with_mode

import jconv
from jconv.nnx import Conv1D, ConvTranspose1D

DTYPES = pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16], ids=["float16", "bfloat16"])
UNIT = float(np.finfo(np.float32).eps) / 2


def within_one_rounding(got, exact, terms, dtype):
    """`got` is `exact` but for a float32 sum of so many positive terms, and one rounding to `dtype`."""
    rounding = float(jnp.finfo(dtype).eps) / 2
    np.testing.assert_array_less(np.abs(np.asarray(got, np.float64) - exact), (rounding + terms * UNIT) * exact)


def cotangent(shape, dtype):
    return jnp.asarray(np.random.default_rng(0).uniform(0.5, 1.5, shape), dtype)


@DTYPES
@pytest.mark.parametrize("function", [jconv.conv1d, jconv.conv_transpose1d])
@pytest.mark.parametrize("layout", ["NLC", "NCL"])
def test_gradient_for_the_bias(function, layout, dtype):
    """A sum of 6,000 ones stops at 256 in bfloat16, and at 2,048 in float16."""
    x, kernel, bias = jnp.ones((2, 3000, 4), dtype), jnp.ones((3, 4, 4), dtype), jnp.zeros(4, dtype)
    if layout == "NCL":
        x, kernel = jnp.swapaxes(x, 1, 2), kernel.T

    def of_bias(bias):
        return function(x, kernel, bias, padding="same", layout=layout)

    g = cotangent(jax.eval_shape(of_bias, bias).shape, dtype)
    exact = np.asarray(g, np.float64).sum(axis=(0, 1) if layout == "NLC" else (0, 2))
    for back in (jax.vjp(of_bias, bias)[1], jax.jit(lambda g: jax.vjp(of_bias, bias)[1](g))):
        within_one_rounding(back(g)[0], exact, 6000, dtype)


@DTYPES
def test_a_bias_is_added_as_a_plain_sum_adds_it(dtype):
    rng = np.random.default_rng(0)
    x, kernel, bias = (jnp.asarray(rng.normal(size=s), dtype) for s in ((2, 500, 4), (3, 4, 5), (5,)))
    plain = jconv.conv1d(x, kernel)
    with_bias = jconv.conv1d(x, kernel, bias)
    assert with_bias.dtype == dtype
    np.testing.assert_array_equal(with_bias, plain + bias[None, None])


@pytest.mark.parametrize(
    ("dtype", "param_dtype"),
    [(np.float16, np.float16), (ml_dtypes.bfloat16, np.float32)],
    ids=["float16", "bfloat16 of float32 parameters"],
)
@pytest.mark.parametrize(
    ("module", "padding"),
    [(Conv1D, "SAME"), (Conv1D, "REFLECT"), (ConvTranspose1D, "SAME"), (ConvTranspose1D, "CIRCULAR")],
)
def test_gradient_for_the_bias_of_a_layer(module, padding, dtype, param_dtype):
    layer = module(3, 4, 3, padding=padding, dtype=dtype, param_dtype=param_dtype, rngs=nnx.Rngs(0))
    x = jnp.ones((2, 3000, 3), dtype)
    g = cotangent((2, 3000, 4), dtype)

    def loss(layer):
        return jnp.sum(layer(x).astype(jnp.float32) * g.astype(jnp.float32))

    got = nnx.jit(nnx.grad(loss))(layer)["bias"][...]
    within_one_rounding(got, np.asarray(g, np.float64).sum(axis=(0, 1)), 6000, dtype)


def test_gradient_of_a_signal_that_an_unknown_number_of_kernels_shares():
    (count,) = jax.export.symbolic_shape("c")
    low = ml_dtypes.bfloat16

    def gradient(kernels, x):
        g = jnp.ones((kernels.shape[0], 4, 300, 1), low)
        return jax.vjp(lambda x: jax.vmap(lambda k: jconv.conv1d(x, k))(kernels), x)[1](g)[0]

    shapes = [jax.ShapeDtypeStruct(shape, low) for shape in ((count, 1, 1, 1), (4, 300, 1))]
    call = jax.export.export(jax.jit(gradient))(*shapes).call
    assert float(call(jnp.ones((700, 1, 1, 1), low), jnp.ones((4, 300, 1), low)).max()) == 700


@DTYPES
@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_gradient_through_copies_of_the_signal(mode, dtype):
    """Padding puts one sample at many positions; its gradient is the sum over all of them."""
    length, low, high = 5, 700, 1400
    kernel = jnp.ones((1, 1, 1), dtype)

    def padded(x):
        return jconv.conv1d(x, kernel, padding=(low, high), padding_mode=mode)

    g = cotangent((1, length + low + high, 1), dtype)
    (got,) = jax.vjp(padded, jnp.ones((1, length, 1), dtype))[1](g)
    copies = pad_with_mode(np.arange(length)[None], low, high, mode)[0]
    exact = np.bincount(copies, np.asarray(g, np.float64)[0, :, 0], length)
    within_one_rounding(got[0, :, 0], exact, low + high, dtype)
