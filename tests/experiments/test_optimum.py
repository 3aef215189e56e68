"""The least-squares optimum against NumPy's own, and its outputs against the library's."""

import jax.numpy as jnp
import numpy as np
import pytest

import jconv
from experiments.config import schema
from experiments.findings.optimum import least_squares, padding_of, predict, targets
from experiments.notebook import sin_and_cos


def model(**changes):
    settings = {
        "api": "function",
        "kernel_size": 5,
        "dilation": 1,
        "padding": "same",
        "use_bias": True,
        "method": "auto",
    }
    return schema.Conv(**{**settings, **changes})


def design(x, config):
    """What each output sees, from the definition; ones last."""
    x = np.pad(x, (padding_of(config), (0, 0)))
    count = len(x) - (config.kernel_size - 1) * config.dilation
    taps = [x[tap * config.dilation :][:count] for tap in range(config.kernel_size)]
    return np.concatenate([*taps, np.ones((count, 1))], axis=1)


@pytest.fixture
def random():
    return np.random.default_rng(0)


@pytest.mark.parametrize("padding", ["same", "valid", "causal"])
@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("kernel_size", [1, 4, 5])
def test_predict_is_what_the_convolution_gives(random, padding, dilation, kernel_size):
    config = model(padding=padding, dilation=dilation, kernel_size=kernel_size)
    x, kernel, bias = random.normal(size=(40, 2)), random.normal(size=(kernel_size, 2, 3)), random.normal(size=3)
    arrays = (jnp.asarray(a, jnp.float32) for a in (x, kernel, bias))
    y = jconv.conv1d(*arrays, padding=padding, dilation=dilation)
    np.testing.assert_allclose(predict(x, kernel, bias, config), y, rtol=1e-5, atol=1e-5)
    assert targets(np.zeros((40, 3)), config).shape == y.shape


@pytest.mark.parametrize("use_bias", [True, False])
def test_least_squares_is_numpys(random, use_bias):
    config = model(use_bias=use_bias)
    x, y = random.normal(size=(3, 50, 2)), random.normal(size=(3, 50, 4))
    rows = np.concatenate([design(window, config) for window in x])[:, : 10 + use_bias]
    expected = np.linalg.lstsq(rows, y.reshape(-1, 4))[0]
    found = least_squares(x, y, config)
    np.testing.assert_allclose(found.kernel.reshape(10, 4), expected[:10], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.bias, expected[10] if use_bias else np.zeros(4), rtol=1e-9, atol=1e-12)
    assert (found.kernel_rank, found.columns, found.bias_rank) == (10, 10, int(use_bias))
    assert found.standard_error.shape == found.kernel.shape
    assert np.all(found.standard_error > 0)


def test_sin_and_cos_show_two_directions_of_six_and_the_bias():
    x = sin_and_cos()[None]
    found = least_squares(x, x, model(kernel_size=3, padding="valid"))
    assert (found.kernel_rank, found.columns, found.bias_rank) == (2, 6, 1)


def test_a_constant_input_cannot_tell_the_bias_from_the_kernel():
    x = np.ones((1, 30, 1))
    found = least_squares(x, x, model(kernel_size=3, padding="valid"))
    assert (found.kernel_rank, found.bias_rank) == (1, 0)


def test_an_input_of_zeros_shows_nothing():
    x = np.zeros((1, 30, 1))
    found = least_squares(x, x + 2, model(kernel_size=3, padding="valid"))
    assert (found.kernel_rank, found.bias_rank) == (0, 1)
    np.testing.assert_allclose(found.bias, 2)
