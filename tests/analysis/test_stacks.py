"""One kernel in place of a stack: the stack is run beside it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jconv
from jconv.analysis import effective_kernel, local_kernel

EPS = float(np.finfo(np.float64).eps)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize(
    ("widths", "strides", "dilations"),
    [([3], [2], [3]), ([3, 4], [1, 1], [1, 1]), ([3, 2, 4], [2, 3, 1], [1, 2, 3]), ([1, 5], [4, 2], [2, 1])],
)
def test_a_linear_stack_is_one_convolution(widths, strides, dilations, dtype):
    rng = np.random.default_rng(0)
    channels = [2, 3, 4, 5]
    kernels = [rng.normal(size=(width, *channels[i : i + 2])).astype(dtype) for i, width in enumerate(widths)]
    x = rng.normal(size=(120, 2)).astype(dtype)
    y = jnp.asarray(x)
    for kernel, stride, dilation in zip(kernels, strides, dilations, strict=True):
        y = jconv.conv1d(y, jnp.asarray(kernel), stride=stride, dilation=dilation, method="xla")
    kernel, stride = effective_kernel(kernels, strides=strides, dilations=dilations)
    assert kernel.shape == (jconv.receptive_field(widths, stride=strides, dilation=dilations), 2, y.shape[-1])
    assert stride == np.prod(strides)
    once = np.asarray(jconv.conv1d(jnp.asarray(x), jnp.asarray(kernel), stride=stride, method="xla"))
    assert once.shape == y.shape
    assert np.abs(once - np.asarray(y)).max() <= 200 * EPS * np.abs(kernel).sum() * np.abs(x).max()


@pytest.mark.parametrize(
    ("kernels", "settings", "words"),
    [
        ([], {}, r"^`kernels` \(=\[\]\)"),
        ([np.ones((2, 1, 3)), np.ones((2, 2, 1))], {}, r"^`kernels` have shapes"),
        ([np.ones((2, 1, 1))], {"strides": [1, 2]}, r"^`strides` \(=\[1, 2\]\)"),
        ([np.ones((2, 1, 1))], {"dilations": [0]}, r"^`dilations\[0\]` \(=0\)"),
    ],
)
def test_stacks_that_do_not_fit_are_refused(kernels, settings, words):
    with pytest.raises(ValueError, match=words):
        effective_kernel(kernels, **settings)


@pytest.mark.parametrize("position", [0, 7, -1])
def test_a_relu_network_is_a_convolution_at_one_input(position):
    """Exact at the input, and near it as long as no unit switches."""
    rng = np.random.default_rng(0)
    layers = [(jnp.asarray(rng.normal(size=(3, i, o))), jnp.asarray(rng.normal(size=o))) for i, o in ((2, 8), (8, 8))]
    last = jnp.asarray(rng.normal(size=(2, 8, 3))), jnp.asarray(rng.normal(size=3))

    def network(x):
        for kernel, bias in layers:
            x = jax.nn.relu(jconv.conv1d(x, kernel, bias, dilation=2, method="xla"))
        return jconv.conv1d(x, *last, method="xla")

    x = jnp.asarray(rng.normal(size=(40, 2)))
    found = local_kernel(network, x, position)
    field = jconv.receptive_field([3, 3, 2], dilation=[2, 2, 1])
    at = position % network(x).shape[0]
    assert at <= found.first < found.last <= at + field
    assert found.kernel.shape == (found.last - found.first, 2, 3)
    for moved in (x, x + 1e-6 * jnp.asarray(rng.normal(size=x.shape))):
        window = np.asarray(moved)[found.first : found.last]
        y = np.einsum("jc,jco->o", window, found.kernel) + found.rest
        bound = 1e3 * EPS * (np.abs(found.kernel).sum(axis=(0, 1)) * np.abs(window).max() + np.abs(found.rest))
        assert np.all(np.abs(y - np.asarray(network(moved)[position])) <= bound)


def test_a_convolution_is_its_own_local_kernel():
    rng = np.random.default_rng(0)
    x, kernel, bias = (jnp.asarray(rng.normal(size=shape)) for shape in ((30, 2), (4, 2, 3), (3,)))
    found = local_kernel(lambda x: jconv.conv1d(x, kernel, bias, stride=3, method="xla"), x, 5)
    assert (found.first, found.last) == (15, 19)
    np.testing.assert_allclose(found.kernel, kernel, rtol=1e-12)
    np.testing.assert_allclose(found.rest, bias, rtol=1e-11)


def test_a_network_that_is_off_has_no_window():
    found = local_kernel(lambda x: jax.nn.relu(-x * x - 1.0), jnp.ones((5, 2)), 1)
    assert (found.first, found.last, found.kernel.shape, found.rest.tolist()) == (0, 0, (0, 2, 2), [0, 0])


@pytest.mark.parametrize(
    ("x", "function", "position", "words"),
    [
        (np.ones(5), lambda x: x, 0, r"^`x` has shape \(5,\)"),
        (np.ones((5, 1)), lambda x: x[:, 0], 0, r"^`function` gives shape \(5,\)"),
        (np.ones((5, 1)), lambda x: x, 5, r"^`position` \(=5\) must be one of the 5 outputs"),
    ],
)
def test_local_kernels_of_other_shapes_are_refused(x, function, position, words):
    with pytest.raises(ValueError, match=words):
        local_kernel(function, jnp.asarray(x), position)
