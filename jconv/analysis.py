"""Numbers behind the pictures: what each input channel adds to an output, and what a kernel does to each frequency."""

import jax
import jax.numpy as jnp
import numpy as np

from jconv.conv import conv1d

__all__ = ["contributions", "frequency_response"]


def contributions(x: jax.Array, kernel: jax.Array, **settings) -> jax.Array:
    """What each input channel adds to each output channel: summed over them, plus bias, it is the output.

    A convolution is linear in its input, so the output to all channels is the sum of the outputs to one channel at
    a time. This runs it once for each input channel, with that channel's slice of the kernel.

    Args:
        x: (*batch, length, in).
        kernel: (width, in, out).
        **settings: of `jconv.conv1d`: stride, padding, padding_mode, dilation, method, precision. Without
            groups, and in layout "NLC".

    Returns:
        (in, *batch, length', out).

    Raises:
        ValueError: `groups` or `layout` other than the above, or what `conv1d` refuses.

    >>> import jax.numpy as jnp
    >>> x, kernel = jnp.ones((5, 2)), jnp.ones((3, 2, 1))
    >>> contributions(x, kernel).shape
    (2, 3, 1)
    """
    if settings.pop("groups", 1) != 1:
        raise ValueError("`groups` must be 1: with groups an output does not see every input channel")
    if settings.pop("layout", "NLC") != "NLC":
        raise ValueError("`layout` must be 'NLC'")
    parts = [conv1d(x[..., c : c + 1], kernel[:, c : c + 1], **settings) for c in range(kernel.shape[1])]
    return jnp.stack(parts)


def frequency_response(kernel: np.ndarray, points: int = 512) -> tuple[np.ndarray, np.ndarray]:
    """Gain of a kernel at frequencies from 0 to half the sample rate.

    Args:
        kernel: (width, ...), one impulse response for each entry of the other axes.
        points: how many frequencies.

    Returns:
        Frequencies (points,) in cycles per sample, 0 to 0.5, and complex gains (points, ...), with the phase of a
        kernel whose first tap sees the newest sample; the magnitude does not depend on that choice.

    >>> import numpy as np
    >>> frequencies, gain = frequency_response(np.array([0.5, 0.5]), points=3)
    >>> frequencies.tolist(), np.abs(gain).round(3).tolist()
    ([0.0, 0.25, 0.5], [1.0, 0.707, 0.0])
    """
    kernel = np.asarray(kernel, np.float64)
    frequencies = np.linspace(0, 0.5, points)
    waves = np.exp(-2j * np.pi * frequencies[:, None] * np.arange(kernel.shape[0]))
    return frequencies, np.tensordot(waves, kernel, axes=1)
