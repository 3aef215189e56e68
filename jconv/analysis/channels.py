"""What each input channel adds to an output, and which share of its variance that is."""

import jax
import jax.numpy as jnp
import numpy as np

from jconv import checks
from jconv.call import LAYOUTS
from jconv.conv import conv1d


def contributions(
    x: jax.Array, kernel: jax.Array, bias: jax.Array | None = None, *, groups: int = 1, layout: str = "NLC", **settings
) -> jax.Array:
    """Split the output of a convolution into what each input channel adds to it; the parts sum to it.

    A convolution is linear in its input, so its output is the sum of its outputs for one input channel at a time. This
    runs it once for each input channel, with that channel's slice of the kernel.

    Shape:
        - x: `(*batch, length, in)` in layout "NLC", `(*batch, in, length)` in "NCL"; any dtype of `conv1d`.
        - kernel: `(width, in/groups, out)` in "NLC", `(out, in/groups, width)` in "NCL".
        - bias: `(out,)`.
        - result: `(in, *batch, length', out)` in "NLC", `(in, *batch, out, length')` in "NCL"; with a bias one entry
          more, the last, which holds the bias at every position. A channel adds zero to an output of another group.

    Args:
        x: signal.
        kernel: weights.
        bias: no channel adds it, so it is a part of its own.
        groups: as in `conv1d`.
        layout: of x, kernel and the parts.
        **settings: of `jconv.conv1d`: stride, padding, padding_mode, dilation, method, precision,
            preferred_element_type.

    Raises:
        ValueError: channels of x that the kernel does not have, groups that do not divide them, or what `conv1d`
            refuses.

    >>> import jax.numpy as jnp
    >>> x, kernel = jnp.ones((5, 2)), jnp.ones((3, 2, 1))
    >>> contributions(x, kernel).shape
    (2, 3, 1)
    >>> contributions(x, kernel, jnp.ones(1))[:, 0, 0].tolist()
    [3.0, 3.0, 1.0]
    """
    first = checks.one_of("layout", layout, LAYOUTS) == "NCL"
    groups = checks.whole_number("groups", groups, minimum=1)
    x, kernel = jnp.asarray(x), jnp.asarray(kernel)
    if x.ndim < 2 or kernel.ndim != 3 or x.shape[-2 if first else -1] != kernel.shape[1] * groups:
        shapes = (
            ("(*batch, in, length)", "(out, in/groups, width)")
            if first
            else ("(*batch, length, in)", "(width, in/groups, out)")
        )
        raise ValueError(
            f"`x` has shape {x.shape} and `kernel` {kernel.shape} with `groups`={groups}; expected "
            f"{' and '.join(shapes)}"
        )
    out_axis = 0 if first else 2
    outs = kernel.shape[out_axis]
    if outs % groups:
        raise ValueError(f"`groups` (={groups}) must divide the {outs} outputs of `kernel`")
    each, parts = outs // groups, []
    for channel in range(kernel.shape[1] * groups):
        group, within = divmod(channel, kernel.shape[1])
        own = jax.lax.slice_in_dim(kernel, group * each, (group + 1) * each, axis=out_axis)[:, within : within + 1]
        alone = jax.lax.slice_in_dim(x, channel, channel + 1, axis=x.ndim - (2 if first else 1))
        part = conv1d(alone, own, layout=layout, **settings)
        widths = [(0, 0)] * part.ndim
        widths[-2 if first else -1] = (group * each, outs - (group + 1) * each)
        parts.append(jnp.pad(part, widths))
    if bias is not None:
        added = jnp.asarray(bias)
        if added.shape != (outs,):
            raise ValueError(f"`bias` has shape {added.shape}; expected ({outs},)")
        across = added[:, None] if first else added
        shape = (1,) * (parts[0].ndim - across.ndim) + across.shape
        parts.append(jnp.broadcast_to(across.reshape(shape), parts[0].shape).astype(parts[0].dtype))
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
