"""Numbers behind the pictures: what each input channel adds to an output, and what a kernel does to each frequency."""

import jax
import jax.numpy as jnp
import numpy as np

from jconv.conv import conv1d

__all__ = ["contributions", "frequency_response", "shares"]


def contributions(x: jax.Array, kernel: jax.Array, **settings) -> jax.Array:
    """Split the output of a convolution into what each input channel adds to it; the parts sum to it, but for the bias.

    A convolution is linear in its input, so its output is the sum of its outputs for one input channel at a time. This
    runs it once for each input channel, with that channel's slice of the kernel.

    Args:
        x: (*batch, length, in), of any dtype of `jconv.conv1d`, complex too.
        kernel: (width, in, out).
        **settings: of `jconv.conv1d`: stride, padding, padding_mode, dilation, method, precision,
            preferred_element_type. Without groups, in layout "NLC", and without bias, which no channel adds.

    Returns:
        (in, *batch, length', out).

    Raises:
        ValueError: `groups`, `layout` or `bias` other than the above, channels of x that the kernel does not have,
            or what `conv1d` refuses.

    >>> import jax.numpy as jnp
    >>> x, kernel = jnp.ones((5, 2)), jnp.ones((3, 2, 1))
    >>> contributions(x, kernel).shape
    (2, 3, 1)
    """
    groups, layout = settings.pop("groups", 1), settings.pop("layout", "NLC")
    if groups != 1:
        raise ValueError(f"`groups` (={groups}) must be 1: with groups an output does not see every input channel")
    if layout != "NLC":
        raise ValueError(f"`layout` (={layout!r}) must be 'NLC'")
    if settings.pop("bias", None) is not None:
        raise ValueError("`bias` must be left out: no channel adds it; add it to the sum of the contributions")
    if x.ndim < 2 or kernel.ndim != 3 or x.shape[-1] != kernel.shape[1]:
        raise ValueError(
            f"`x` has shape {x.shape} and `kernel` {kernel.shape}; expected (*batch, length, in) and (width, in, out)"
        )
    parts = [conv1d(x[..., c : c + 1], kernel[:, c : c + 1], **settings) for c in range(kernel.shape[1])]
    return jnp.stack(parts)


def shares(parts: np.ndarray) -> np.ndarray:
    """Each input channel's share of an output's variance: its covariance with the output, over the variance.

    For each output the shares sum to 1. A channel that works against the others has a negative one, and then others
    have more than 1 together. A bias changes none of them. (The measure is Pratt's, 1987, with all taps of a channel
    taken together.)

    Args:
        parts: (in, *batch, length, out), from `contributions`, real or complex.

    Returns:
        (in, out) float64; NaN for an output that varies by no more than rounding.

    Raises:
        ValueError: fewer than three axes, or one without entries.

    >>> import numpy as np
    >>> wave = np.sin(np.arange(8.0))[:, None]
    >>> shares(np.stack([3 * wave, wave])).round(3).tolist()
    [[0.75], [0.25]]
    """
    parts = np.asarray(parts)
    if parts.ndim < 3 or not parts.size:
        raise ValueError(f"`parts` has shape {parts.shape}; expected (in, *batch, length, out), none of them 0")
    rounding = float(jnp.finfo(parts.dtype).eps) if jnp.issubdtype(parts.dtype, jnp.inexact) else 0.0
    wide = parts.astype(np.complex128 if np.iscomplexobj(parts) else np.float64)
    wide = wide.reshape(len(parts), -1, parts.shape[-1])
    rounded = wide.shape[0] * rounding * np.abs(wide).max(axis=(0, 1))
    wide = wide - wide.mean(axis=1, keepdims=True)
    whole = wide.sum(axis=0)
    variance = np.mean(np.abs(whole) ** 2, axis=0)
    covariance = np.mean((wide * whole.conj()).real, axis=1)
    varies = variance > rounded**2
    return np.where(varies, covariance / np.where(varies, variance, 1), np.nan)


def frequency_response(kernel: np.ndarray, points: int = 512) -> tuple[np.ndarray, np.ndarray]:
    """Gain of a kernel at frequencies up to half the sample rate, of both signs if it is complex.

    A real kernel treats a frequency and its negative alike. A complex one does not, so both are returned.

    Args:
        kernel: (width, ...), one impulse response for each entry of the other axes, real or complex.
        points: how many frequencies.

    Returns:
        Frequencies (points,) in cycles per sample, rising from 0 to 0.5, or from -0.5 to 0.5 for a complex kernel,
        and complex gains (points, ...) of a kernel whose first tap sees the newest sample, as in `scipy.signal.freqz`.
        In `conv1d` the first tap sees the oldest: give `kernel[::-1]`. That matters to phases, and where a kernel is
        complex also to magnitudes, whose frequencies change sign.

    Raises:
        ValueError: a kernel without taps, or no points.

    >>> import numpy as np
    >>> frequencies, gain = frequency_response(np.array([0.5, 0.5]), points=3)
    >>> frequencies.tolist(), np.abs(gain).round(3).tolist()
    ([0.0, 0.25, 0.5], [1.0, 0.707, 0.0])
    >>> frequencies, gain = frequency_response(np.array([0.5, 0.5j]), points=5)  # passes a quarter, stops its negative
    >>> frequencies.tolist(), np.abs(gain).round(3).tolist()
    ([-0.5, -0.25, 0.0, 0.25, 0.5], [0.707, 0.0, 0.707, 1.0, 0.707])
    """
    kernel = np.asarray(kernel)
    if kernel.ndim < 1 or not len(kernel):
        raise ValueError(f"`kernel` has shape {kernel.shape}; expected (width, ...) with at least one tap")
    if points < 1:
        raise ValueError(f"`points` (={points}) must be at least 1")
    if np.iscomplexobj(kernel):
        signs = (-1.0) ** np.arange(len(kernel)).reshape(-1, *[1] * (kernel.ndim - 1))
        period = max(points - 1, 1)
        gains = np.fft.fft(folded(kernel.astype(np.complex128) * signs, period), axis=0)  # begins at -0.5
        return np.linspace(-0.5, 0.5, points), np.concatenate([gains, gains[:1]])[:points]
    period = max(2 * (points - 1), 1)
    return np.linspace(0, 0.5, points), np.fft.rfft(folded(kernel.astype(np.float64), period), axis=0)


def folded(kernel: np.ndarray, period: int) -> np.ndarray:
    """Add up the taps that are `period` apart, which keeps the gain at all multiples of the frequency 1 / `period`."""
    padded = np.pad(kernel, [(0, -len(kernel) % period), *[(0, 0)] * (kernel.ndim - 1)])
    return padded.reshape(-1, period, *kernel.shape[1:]).sum(axis=0)
