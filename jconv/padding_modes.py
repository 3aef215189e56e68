"""Padding with the signal's own values, done before the convolution, which then pads with nothing."""

import jax.numpy as jnp
from jax import Array, lax

from jconv import checks
from jconv.window import PADDING_MODES, Padding, forward_window, resolve_padding

NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad_by_mode(
    x: Array, padding: Padding, mode: str, kernel_size: int, stride: int, dilation: int
) -> tuple[Array, Padding]:
    """Return `x` `(batch, length, channels)` padded by `mode`, and the padding that is left to do.

    With mode "zeros" that is all of it. Otherwise `x` is first padded on the sides where the amount is positive, then
    cropped where it is negative.

    Raises:
        ValueError: "reflect" by the length or more, "circular" by more than the length, or an empty `x`.
    """
    mode = checks.one_of("padding_mode", mode, PADDING_MODES)
    if mode == "zeros":
        return x, padding
    length = x.shape[1]
    forward_window(length, kernel_size, stride, padding, dilation)  # an empty output is refused in the words given
    low, high = resolve_padding(padding, length, kernel_size, stride, dilation)
    most = {"reflect": length - 1, "circular": length, "replicate": None if length else 0}[mode]
    if most is not None and max(low, high) > most:
        raise ValueError(
            f"`padding` (={padding!r}, that is ({low}, {high})) must be at most {most} on each side in mode {mode!r}: "
            f"the signal has length {length}"
        )
    padded = jnp.pad(x, ((0, 0), (max(low, 0), max(high, 0)), (0, 0)), mode=NUMPY_MODES[mode])
    start, stop = max(-low, 0), padded.shape[1] - max(-high, 0)
    return lax.slice_in_dim(padded, start, max(stop, start), axis=1), (0, 0)
