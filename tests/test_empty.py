"""Empty batches and empty signals: results have the right shapes, and gradients are zero."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from helpers import CHOICES

import jconv
from jconv.nnx import Conv1D, ConvTranspose1D

METHODS = pytest.mark.parametrize("method", CHOICES)


@METHODS
@pytest.mark.parametrize("function", [jconv.conv1d, jconv.conv_transpose1d])
@pytest.mark.parametrize("groups", [1, 4])
def test_a_batch_of_no_examples(function, groups, method):
    x, kernel, bias = jnp.zeros((3, 0, 12, 4)), jnp.ones((3, 4 // groups, 4)), jnp.ones(4)

    def convolved(x, kernel, bias):
        return function(x, kernel, bias, stride=2, padding="same", groups=groups, method=method)

    length = 6 if function is jconv.conv1d else 24
    assert jax.jit(convolved)(x, kernel, bias).shape == (3, 0, length, 4)
    gradients = jax.grad(lambda *arrays: convolved(*arrays).sum(), (0, 1, 2))(x, kernel, bias)
    for gradient, array in zip(gradients, (x, kernel, bias), strict=True):
        assert gradient.shape == array.shape
        assert not np.asarray(gradient).any()


@METHODS
@pytest.mark.parametrize("axes", [(0, 0), (0, None), (None, 0)], ids=["both", "signals", "kernels"])
def test_vmap_over_no_entries(axes, method):
    signals, kernels = jnp.zeros((0, 9, 2)), jnp.zeros((0, 3, 2, 5))
    arrays = [a if axis == 0 else jnp.ones(a.shape[1:]) for a, axis in zip((signals, kernels), axes, strict=True)]

    def convolved(x, kernel):
        return jconv.conv1d(x, kernel, method=method)

    assert jax.vmap(convolved, axes)(*arrays).shape == (0, 7, 5)
    every = jax.vmap(jax.grad(lambda x, k: convolved(x, k).sum(), (0, 1)), axes)
    assert [a.shape for a in jax.jit(every)(*arrays)] == [(0, 9, 2), (0, 3, 2, 5)]


STEPS = [("SAME", 2, 1), ("VALID", 1, 2), (1, 2, 1)]
LAYERS = [
    (Conv1D, nnx.Conv, {"padding": padding, "strides": strides, "kernel_dilation": dilation})
    for padding, strides, dilation in [*((word, 1, 1) for word in ("SAME", "VALID", "CAUSAL", 1, 2, [(0, 3)])), *STEPS]
] + [
    (ConvTranspose1D, nnx.ConvTranspose, {"padding": padding, "strides": strides, "transpose_kernel": kernel})
    for padding in ("SAME", "VALID", 0, 1)
    for strides, kernel in ((1, False), (3, True))
]


@pytest.mark.parametrize(("ours", "theirs", "options"), LAYERS)
@pytest.mark.parametrize("length", [0, 2])
def test_layers_on_signals_shorter_than_a_window_give_what_flax_gives(ours, theirs, options, length):
    start = {"bias_init": nnx.initializers.normal(), "param_dtype": jnp.float64}
    mine, flax = (
        ours(4, 6, 3, rngs=nnx.Rngs(0), **options, **start),
        theirs(4, 6, (3,), rngs=nnx.Rngs(0), **options, **start),
    )
    x = np.random.default_rng(0).normal(size=(2, length, 4))
    want = np.asarray(flax(x))
    got = np.asarray(mine(x))
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    np.testing.assert_array_less(np.abs(got - want), 13 * np.finfo(np.float64).eps * 13 * 4)
    gradients = nnx.grad(lambda layer: layer(x).sum())(mine)
    wanted = nnx.grad(lambda layer: layer(x).sum())(flax)
    for name in ("kernel", "bias"):
        difference = np.abs(gradients[name][...] - wanted[name][...])
        np.testing.assert_array_less(difference, 13 * np.finfo(np.float64).eps * 13 * 4)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("transpose_kernel", [False, True])
@pytest.mark.parametrize(("padding", "length"), [("SAME", 0), ("VALID", 0), (0, 2)])
def test_layers_without_a_bias_have_the_right_channels(padding, length, transpose_kernel, groups):
    options = {"padding": padding, "transpose_kernel": transpose_kernel, "use_bias": False, "rngs": nnx.Rngs(0)}
    x = jnp.zeros((2, length, 4), jnp.float32)
    want = nnx.ConvTranspose(4, 6, (3,), **options)(x).shape
    assert ConvTranspose1D(4, 6, 3, feature_group_count=groups, **options)(x).shape == want


def test_the_choice_for_no_examples_is_that_for_some():
    x, kernel = ((0, 1000, 4), "float32"), ((5, 4, 16), "float32")
    assert jconv.choose_method(x, kernel) == jconv.choose_method(((8, 1000, 4), "float32"), kernel)
    assert jconv.explain(x, kernel) == jconv.explain(((8, 1000, 4), "float32"), kernel)
    with pytest.raises(ValueError, match=r"^`measure`=True needs sizes that are known"):
        jconv.choose_method(x, kernel, measure=True)


def test_a_circular_transpose_of_no_samples_is_empty():
    assert ConvTranspose1D(4, 6, 3, strides=2, padding="CIRCULAR", rngs=nnx.Rngs(0))(
        jnp.zeros((2, 0, 4), jnp.float32)
    ).shape == (2, 0, 6)
