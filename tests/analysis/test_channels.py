"""The numbers behind the pictures, against float64 NumPy from the formulas."""

import jax.numpy as jnp
import numpy as np
import pytest
from bounds import ROUNDOFF

import jconv
from jconv.analysis import contributions, frequency_response, shares

EPS = float(np.finfo(np.float64).eps)


@pytest.fixture
def random():
    return np.random.default_rng(0)


def noise(random, shape, dtype):
    values = random.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        values = values + 1j * random.normal(size=shape)
    return jnp.asarray(values, dtype)


def summed(count, dtype):
    """Roundings, in units of the sum of absolute values, of a sum of `count` products: see `bounds.py`."""
    factor = np.sqrt(8) if np.dtype(dtype).kind == "c" else 1
    return count * ROUNDOFF[np.dtype(dtype)] * factor


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("settings", [{}, {"padding": "same", "stride": 2}, {"dilation": 2, "padding": "causal"}])
def test_contributions_and_bias_sum_to_the_output(random, settings, dtype):
    x, kernel, bias = (noise(random, shape, dtype) for shape in ((2, 20, 3), (4, 3, 5), (5,)))
    direct = {"method": "xla", **settings}
    y = np.asarray(jconv.conv1d(x, kernel, bias, **direct))
    parts = np.asarray(contributions(x, kernel, **direct))
    assert parts.shape == (3, *y.shape)
    assert parts.dtype == y.dtype
    sizes = np.asarray(jconv.conv1d(jnp.abs(x), jnp.abs(kernel), jnp.abs(bias), **direct))
    bound = 2 * summed(4 * 3 + 4, dtype) * sizes
    assert np.all(np.abs(parts.sum(axis=0) + np.asarray(bias) - y) <= bound)
    silenced = np.asarray(jconv.conv1d(x.at[..., 1].set(0), kernel, **direct))
    assert np.all(np.abs(silenced - parts[0] - parts[2]) <= bound)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"groups": 3}, "`groups` (=3)"),
        ({"layout": "NCL"}, "`layout` (='NCL')"),
        ({"bias": jnp.ones(3)}, "`bias` must be left out"),
    ],
)
def test_contributions_refuse_what_they_do_not_mean(settings, words):
    with pytest.raises(ValueError, match="must be") as error:
        contributions(jnp.ones((10, 3)), jnp.ones((2, 3, 3)), **settings)
    assert str(error.value).startswith(words)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("channels", [2, 4])
def test_contributions_drop_no_channel(channels):
    with pytest.raises(ValueError, match=r"`x` has shape \(10, 3\)"):
        contributions(jnp.ones((10, 3)), jnp.ones((2, channels, 3)))


def response_by_definition(kernel, frequencies):
    taps = np.arange(len(kernel))
    return np.tensordot(np.exp(-2j * np.pi * frequencies[:, None] * taps), kernel, axes=1)


@pytest.mark.parametrize("points", [1, 2, 8, 9, 257])
@pytest.mark.parametrize("width", [1, 2, 5, 600])
@pytest.mark.parametrize("dtype", ["int32", "float32", "float64", "complex64", "complex128"])
def test_frequency_response_is_the_definition(random, points, width, dtype):
    kernel = np.asarray(noise(random, (width, 2, 3), "complex128"))
    kernel = (4 * kernel if np.dtype(dtype).kind == "c" else 4 * np.real(kernel)).astype(dtype)
    frequencies, gains = frequency_response(kernel, points=points)
    lowest = -0.5 if np.dtype(dtype).kind == "c" else 0
    np.testing.assert_array_equal(frequencies, np.linspace(lowest, 0.5, points))
    # the sum over taps, and a phase that is off by a rounding of 2 pi f j, here and there
    bound = (width + 4 * np.log2(2 * points) + 2 * np.pi * width) * np.sqrt(8) * EPS * np.abs(kernel).sum(axis=0)
    assert np.all(np.abs(gains - response_by_definition(kernel, frequencies)) <= bound)


def test_a_complex_kernel_answers_a_wave_and_its_negative_differently(random):
    """What `conv1d` gives for a wave is the gain that is drawn: with the taps reversed, as it correlates."""
    width, cycles = 65, 0.2
    kernel = np.hanning(width) / np.hanning(width).sum() * np.exp(2j * np.pi * cycles * np.arange(width))
    frequencies, gains = frequency_response(kernel, points=11)
    for sign in (1, -1):
        wave = np.exp(sign * 2j * np.pi * cycles * np.arange(200))
        y = jconv.conv1d(jnp.asarray(wave)[:, None], jnp.asarray(kernel[::-1])[:, None, None], method="xla")
        drawn = np.abs(gains[np.argmin(np.abs(frequencies - sign * cycles))])
        bound = summed(width + 2, "complex128") + 2 * np.pi * 200 * EPS
        assert np.all(np.abs(np.abs(np.asarray(y)) - drawn) <= bound)
    by_sign = np.abs(gains[[np.argmin(np.abs(frequencies - sign * cycles)) for sign in (1, -1)]])
    assert by_sign[0] > 0.99
    assert by_sign[1] < 0.01


@pytest.mark.parametrize(
    ("kernel", "points", "words"),
    [(np.zeros((0, 2)), 8, "`kernel` has shape (0, 2)"), (np.float64(1), 8, "`kernel`"), (np.ones(3), 0, "`points`")],
)
def test_frequency_response_refuses_in_a_line(kernel, points, words):
    with pytest.raises(ValueError, match="`") as error:
        frequency_response(kernel, points=points)
    assert str(error.value).startswith(words)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_shares_are_covariances_over_the_variance(random, dtype):
    parts = np.asarray(noise(random, (3, 2, 40, 5), dtype))
    found = shares(parts)
    output = parts.sum(axis=0).reshape(-1, 5)
    for out in range(5):
        channels = [*parts.reshape(3, -1, 5)[:, :, out], output[:, out]]
        table = np.cov(channels, ddof=0)
        expected = np.real(table[:3, 3]) / np.real(table[3, 3])
        sizes = np.array([np.mean(np.abs(channel) * np.abs(output[:, out])) for channel in channels[:3]])
        bound = 4 * summed(80 + 4, dtype) * (sizes / np.real(table[3, 3]) + np.abs(expected))
        assert np.all(np.abs(found[:, out] - expected) <= bound)
        assert abs(found[:, out].sum() - 1) <= bound.sum()


def test_shares_do_not_see_a_bias_and_say_when_nothing_varies():
    wave = np.sin(np.arange(64.0))[:, None]
    parts = np.stack([3 * wave + 5, -wave])
    assert np.abs(shares(parts)[:, 0] - [1.5, -0.5]).max() <= 100 * EPS * 5
    assert np.isnan(shares(np.stack([wave, -wave, np.ones((64, 1))]))).all()
    with pytest.raises(ValueError, match="`parts` has shape"):
        shares(np.ones((3, 4)))
