"""The padding modes "reflect", "replicate" and "circular": the signal is padded before it is convolved."""

import jax.numpy as jnp
from jax import Array, lax

from jconv import checks
from jconv.call import Call
from jconv.primitive import sum_dtype
from jconv.window import PADDING_MODES, Padding, forward_window, resolve_padding


def pad_by_mode(x: Array, mode: str, call: Call) -> tuple[Array, Padding]:
    """Return `x` `(problems, batch, length, groups, channels)` padded by `mode`, and the padding that is left to do.

    With mode "zeros" that is all of it. Otherwise `x` is first padded on the sides where the amount is positive, then
    cropped where it is negative. The values are those of `numpy.pad`, also where padding reaches past the signal: it
    is then reflected or repeated as often as needed.

    Raises:
        ValueError: `x` has no positions, or the output would have none.
    """
    mode = checks.one_of("padding_mode", mode, PADDING_MODES)
    stride, padding, dilation = call.settings.stride, call.settings.padding, call.settings.dilation
    if mode == "zeros":
        return x, padding
    length = x.shape[2]
    low, high = resolve_padding(padding, length, call.width, stride, dilation)
    if not (isinstance(low, int) and isinstance(high, int)):
        raise ValueError(
            f"`padding` (={padding!r}) must be a pair with `padding_mode`={mode!r}, `stride`={stride} and a length of "
            f"{length}, which is not known: the amounts hang on it"
        )
    if not checks.has(length, 1, f"`padding_mode` (={mode!r})"):
        raise ValueError(
            f"`padding_mode` (={mode!r}) needs a signal of at least one position to pad by ({low}, {high}); it has none"
        )
    forward_window(length, call.width, stride, padding, dilation)  # an empty output is refused in the words given
    wide = x.astype(sum_dtype(x.dtype))  # a gradient is a sum over all copies of a position, and 16 bits stop growing
    before, after = max(low, 0), max(high, 0)
    reach = {"reflect": length - 1, "circular": length, "replicate": None}[mode]
    if reach is None or checks.has(reach, max(before, after), f"`padding_mode` (={mode!r})"):
        padded = _padded_once(wide, before, after, mode)
    else:
        padded = _padded_by_periods(wide, before, after, mode)
    padded = padded.astype(x.dtype)
    start, stop = max(-low, 0), padded.shape[2] - max(-high, 0)
    return lax.slice_in_dim(padded, start, max(stop, start), axis=2), (0, 0)


def _padded_once(x: Array, before: int, after: int, mode: str) -> Array:
    if mode == "circular":  # `jnp.pad` asks for remainders by the length, which may be a symbol of `jax.export`
        length = x.shape[2]
        return jnp.concatenate([lax.slice_in_dim(x, length - before, length, axis=2), x, x[:, :, :after]], axis=2)
    widths = [(0, 0), (0, 0), (before, after), (0, 0), (0, 0)]
    return jnp.pad(x, widths, mode="reflect" if mode == "reflect" else "edge")


def _padded_by_periods(x: Array, before: int, after: int, mode: str) -> Array:
    """Pad by more than there is, from whole periods; `jnp.pad` would copy once for each reflection."""
    turned_back = x[:, :, -2:0:-1] if mode == "reflect" and x.shape[2] > 1 else x[:, :, :0]
    period = jnp.concatenate([x, turned_back], axis=2)
    first = -before % period.shape[2]
    length = before + x.shape[2] + after
    repeats = -(-(first + length) // period.shape[2])
    return lax.slice_in_dim(jnp.tile(period, (1, 1, repeats, 1, 1)), first, first + length, axis=2)
