"""Gains and delays against their definitions."""

import jax.numpy as jnp
import numpy as np
import pytest
from bounds import ROUNDOFF

import jconv
from jconv.analysis import frequency_response, group_delay

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
def test_group_delay_is_minus_the_slope_of_the_phase(random, dtype):
    """Against a central difference of the phase, of a kernel without zeros near the circle."""
    kernel = np.asarray(noise(random, (6, 2), dtype)) * 0.2
    kernel[0] = 3
    frequencies, delay = group_delay(kernel, points=65)
    near = 1e-5
    phase = [np.angle(response_by_definition(kernel, frequencies + sign * near)) for sign in (1, -1)]
    turned = np.angle(np.exp(1j * (phase[0] - phase[1])))
    assert np.abs(delay + turned / (2 * np.pi * 2 * near)).max() <= 1e-5  # the third derivative times near squared
    assert np.array_equal(frequencies, frequency_response(kernel, points=65)[0])


def test_a_symmetric_kernel_delays_by_half_its_reach_and_nothing_where_nothing_passes():
    frequencies, delay = group_delay(np.array([1.0, 2.0, 1.0]), points=5)
    assert np.abs(delay[:-1] - 1).max() <= 20 * EPS
    assert np.isnan(delay[-1])
    assert np.isnan(group_delay(np.zeros((3, 2)), points=4)[1]).all()
    in_hz = group_delay(np.array([1.0, 2.0, 1.0]), points=5, rate=360.0)
    np.testing.assert_allclose(in_hz[0], frequencies * 360, rtol=4 * EPS)
    np.testing.assert_allclose(in_hz[1][:-1], 1 / 360, rtol=40 * EPS)


def test_a_delay_of_the_convolution_counts_from_the_newest_sample():
    """`kernel[::-1]` of a causal kernel that takes the sample three positions ago: a delay of three."""
    kernel = np.zeros((5, 1, 1))
    kernel[1] = 1
    x = np.random.default_rng(0).normal(size=(30, 1))
    y = np.asarray(jconv.conv1d(x, kernel, padding="causal", method="xla"))
    assert np.array_equal(y[3:], x[:-3])
    assert np.abs(group_delay(kernel[::-1, 0, 0])[1] - 3).max() <= 100 * EPS


def test_frequencies_are_in_hertz_with_a_rate():
    assert frequency_response(np.ones(3), 5, rate=100)[0].tolist() == [0, 12.5, 25, 37.5, 50]
    assert frequency_response(np.ones(3) * 1j, 5, rate=100)[0].tolist() == [-50, -25, 0, 25, 50]
    for rate in (0, -1.0, np.inf):
        with pytest.raises(ValueError, match=r"^`rate` \(="):
            frequency_response(np.ones(3), rate=rate)
