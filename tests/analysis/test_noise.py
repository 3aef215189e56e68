"""Standard errors hold: the true taps lie within 1.96 of them in 95 % of many data sets."""

import numpy as np
import pytest

from jconv.analysis import float64_output, least_squares_kernel
from jconv.analysis.noise import tapered

SETS, LENGTH, TAPS = 500, 2000, 3


def decaying(rng, ratio, count):
    """AR(1) of variance 1, (LENGTH, count), begun in its steady state: the sum of what came before, times powers."""
    before = 400
    shocks = rng.normal(size=(LENGTH + before, count))
    spectrum = np.fft.rfft(shocks, axis=0) * np.fft.rfft(ratio ** np.arange(before), len(shocks))[:, None]
    return np.fft.irfft(spectrum, len(shocks), axis=0)[before:] * np.sqrt(1 - ratio**2)


def covered(noise, ratio):
    """In which share of the data sets each true tap lies within 1.96 standard errors: (taps,)."""
    rng, hits = np.random.default_rng(0), []
    for _ in range(SETS):
        signals = decaying(rng, ratio, 2)
        x, left = signals[:, :1], signals[TAPS - 1 :, 1:]
        kernel = rng.normal(size=(TAPS, 1, 1))
        found = least_squares_kernel(x, float64_output(x, kernel) + left, TAPS, noise=noise)
        hits.append(np.abs(found.kernel - kernel) <= 1.96 * found.standard_error)
    return np.mean(hits, axis=0)[:, 0, 0]


@pytest.mark.parametrize(
    ("noise", "ratio"), [("white", 0.0), ("autocorrelated", 0.0), ("autocorrelated", 0.7), ("heteroscedastic", 0.0)]
)
def test_the_truth_lies_within_two_standard_errors(noise, ratio):
    """93 to 97 % of all taps, and each tap within 4 deviations of a count of 500 (3.9 %)."""
    found = covered(noise, ratio)
    assert 0.93 <= found.mean() <= 0.97
    assert np.abs(found - 0.95).max() <= 4 * np.sqrt(0.95 * 0.05 / SETS)


def test_taken_for_white_autocorrelated_noise_makes_them_wrong():
    """So the test above can fail, and the signal's own autocorrelation matters."""
    assert np.abs(covered("white", 0.7) - 0.95).max() > 4 * np.sqrt(0.95 * 0.05 / SETS)


def test_noise_whose_size_hangs_on_the_signal_needs_the_heteroscedastic():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 1))
    y = 2 * x + x * rng.normal(size=x.shape)
    errors = {noise: least_squares_kernel(x, y, 1, noise=noise) for noise in ("white", "heteroscedastic")}
    ratio = errors["heteroscedastic"].standard_error / errors["white"].standard_error
    assert np.abs(ratio - np.sqrt(3)).max() < 0.1  # the fourth moment of a normal number is three times its square


@pytest.mark.parametrize("length", [60, 2000])
@pytest.mark.parametrize("is_complex", [False, True])
def test_autocorrelated_is_the_sandwich_with_tapered_autocovariances(length, is_complex):
    """Written out with the patch matrix and the covariance matrix of the noise, in two entries and two outputs."""
    rng = np.random.default_rng(length)
    x, y = rng.normal(size=(2, length, 2)), rng.normal(size=(2, length - 3, 2))
    if is_complex:
        x, y = x + 1j * rng.normal(size=x.shape), y + 1j * rng.normal(size=y.shape)
    found = least_squares_kernel(x, y, 4)
    rows = np.lib.stride_tricks.sliding_window_view(x, 4, axis=1).transpose(0, 1, 3, 2).reshape(2, length - 3, 8)
    rows = np.concatenate([rows, np.ones((2, length - 3, 1))], axis=2)
    count, inverse = 2 * (length - 3), np.linalg.pinv(rows.reshape(-1, 9))
    left = y - rows @ (inverse @ y.reshape(count, 2))
    for out in range(2):
        lags = min(length - 4, int(10 * np.sqrt(count)))
        covariances = np.array(
            [
                sum(np.vdot(part[: len(part) - lag, out], part[lag:, out]) for part in left) / (count - 9)
                for lag in range(lags + 1)
            ]
        )
        weights = np.append(tapered(covariances, count), 0)
        apart = np.arange(length - 3)[:, None] - np.arange(length - 3)
        between = weights[np.minimum(np.abs(apart), len(weights) - 1)]
        between = np.where(apart < 0, between.conj(), between)
        middle = sum(part.conj().T @ between @ part for part in rows)
        outer = np.linalg.inv(rows.reshape(count, 9).conj().T @ rows.reshape(count, 9))
        expected = np.sqrt(np.diagonal(outer @ middle @ outer).real)
        assert np.allclose(found.standard_error[..., out].reshape(-1), expected[:8], rtol=1e-8)
        assert found.bias_standard_error is not None
        assert np.isclose(found.bias_standard_error[out], expected[8], rtol=1e-8)


def test_the_taper_is_parzens_and_as_long_as_the_noise_asks():
    white, slow = (ratio ** np.arange(2000.0) for ratio in (0.0, 0.9))
    assert len(tapered(white, 10_000)) == 100  # the root
    long = tapered(slow, 10_000)
    expected = 2.6614 * (4 * 0.81 / 0.1**4 * 10_000) ** 0.2
    assert len(long) == int(np.ceil(expected)) > 100
    half = np.arange(len(long)) / expected
    parzen = np.where(half <= 0.5, 1 - 6 * half**2 + 6 * half**3, 2 * (1 - half) ** 3)
    np.testing.assert_allclose(long, slow[: len(long)] * parzen, rtol=0, atol=1e-14)
    assert len(tapered(np.zeros(5), 100)) == 1
