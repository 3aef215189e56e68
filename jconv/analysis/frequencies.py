"""What a kernel does to each frequency: gain, phase and delay."""

import numpy as np


def frequency_response(
    kernel: np.ndarray, points: int = 512, *, rate: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Gain of a kernel at frequencies up to half the sample rate, of both signs if it is complex.

    A real kernel treats a frequency and its negative alike. A complex one does not, so both are returned.

    Args:
        kernel: (width, ...), one impulse response for each entry of the other axes, real or complex.
        points: how many frequencies.
        rate: samples per second; frequencies are then in Hz.

    Returns:
        Frequencies (points,) in cycles per sample, rising from 0 to 0.5, or from -0.5 to 0.5 for a complex kernel, or
        as many times the rate; and complex gains (points, ...) of a kernel whose first tap sees the newest sample, as
        in `scipy.signal.freqz`. In `conv1d` the first tap sees the oldest: give `kernel[::-1]`. That matters to phases,
        and where a kernel is complex also to magnitudes, whose frequencies change sign.

    Raises:
        ValueError: a kernel without taps, no points, or a rate that is not positive.

    >>> import numpy as np
    >>> frequencies, gain = frequency_response(np.array([0.5, 0.5]), points=3)
    >>> frequencies.tolist(), np.abs(gain).round(3).tolist()
    ([0.0, 0.25, 0.5], [1.0, 0.707, 0.0])
    >>> frequencies, gain = frequency_response(np.array([0.5, 0.5j]), points=5)  # passes a quarter, stops its negative
    >>> frequencies.tolist(), np.abs(gain).round(3).tolist()
    ([-0.5, -0.25, 0.0, 0.25, 0.5], [0.707, 0.0, 0.707, 1.0, 0.707])
    """
    kernel = checked(kernel, points, rate)
    lowest = -0.5 if np.iscomplexobj(kernel) else 0.0
    return np.linspace(lowest, 0.5, points) * (rate or 1.0), gains(kernel, points)


def group_delay(kernel: np.ndarray, points: int = 512, *, rate: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """By how much a kernel delays the envelope of a wave of each frequency: minus the slope of its phase.

    It is the real part of `sum_j j k_j z^j / sum_j k_j z^j`, with no phase to unwrap.

    Args:
        kernel: (width, ...), whose first tap sees the newest sample, as in `frequency_response`. Of a kernel of
            `conv1d` give `kernel[::-1]`: the delay then counts from the newest sample of the window. With
            `padding="causal"` that is the output's own; in general subtract `high`, the padding at the end.
        points: how many frequencies.
        rate: samples per second; the delay is then in seconds.

    Returns:
        Frequencies (points,), as of `frequency_response`, and delays (points, ...) in samples, or in seconds with a
        rate. NaN where the gain is 0 within rounding: nothing passes that could be delayed.

    Raises:
        ValueError: as `frequency_response`.

    >>> import numpy as np
    >>> frequencies, delay = group_delay(np.array([0.25, 0.5, 0.25]), points=3, rate=100)
    >>> frequencies.tolist(), delay.round(6).tolist()
    ([0.0, 25.0, 50.0], [0.01, 0.01, nan])
    """
    kernel = checked(kernel, points, rate)
    taps = np.arange(len(kernel)).reshape(-1, *[1] * (kernel.ndim - 1))
    whole, weighted = gains(kernel, points), gains(kernel * taps, points)
    passes = np.abs(whole) > 4 * (len(kernel) + 2) * np.finfo(np.float64).eps * np.abs(kernel).sum(axis=0)
    delay = np.where(passes, (weighted / np.where(passes, whole, 1)).real, np.nan)
    return frequency_response(kernel, points, rate=rate)[0], delay / (rate or 1.0)


def checked(kernel: np.ndarray, points: int, rate: float | None) -> np.ndarray:
    """The kernel in double precision.

    Raises:
        ValueError: it has no taps, there are no points, or the rate is not positive.
    """
    kernel = np.asarray(kernel)
    if kernel.ndim < 1 or not len(kernel):
        raise ValueError(f"`kernel` has shape {kernel.shape}; expected (width, ...) with at least one tap")
    if points < 1:
        raise ValueError(f"`points` (={points}) must be at least 1")
    if rate is not None and not 0 < rate < np.inf:
        raise ValueError(f"`rate` (={rate}) must be positive and finite")
    return kernel.astype(np.complex128 if np.iscomplexobj(kernel) else np.float64)


def gains(kernel: np.ndarray, points: int) -> np.ndarray:
    """Gains at as many frequencies, from 0 to 0.5, or from -0.5 for a complex kernel."""
    if np.iscomplexobj(kernel):
        signs = (-1.0) ** np.arange(len(kernel)).reshape(-1, *[1] * (kernel.ndim - 1))
        found = np.fft.fft(folded(kernel * signs, max(points - 1, 1)), axis=0)  # begins at -0.5
        return np.concatenate([found, found[:1]])[:points]
    return np.fft.rfft(folded(kernel, max(2 * (points - 1), 1)), axis=0)


def folded(kernel: np.ndarray, period: int) -> np.ndarray:
    """Add up the taps that are `period` apart, which keeps the gain at all multiples of the frequency 1 / `period`."""
    padded = np.pad(kernel, [(0, -len(kernel) % period), *[(0, 0)] * (kernel.ndim - 1)])
    return padded.reshape(-1, period, *kernel.shape[1:]).sum(axis=0)
