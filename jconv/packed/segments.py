"""Which segment each position of a row belongs to, and each output; -1 stands for none."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import ArrayLike

from jconv import checks
from jconv.call import checked_array
from jconv.window import Padding, check_steps, forward_window, resolve_padding, span

NONE = -1


def checked_ids(name: str, value: Any, shape: tuple[Any, ...]) -> Array:
    """Return segment numbers, of at least 32 bits, or a mask as it is.

    Raises:
        TypeError: no array of signed integers or booleans.
        ValueError: not of `shape`.
    """
    ids = checked_array(name, _in_range(name, value), booleans=True)
    if ids.dtype != np.bool_ and not jnp.issubdtype(ids.dtype, jnp.signedinteger):
        raise TypeError(f"`{name}` (of {ids.dtype}) must have a signed integer dtype, or be a mask of booleans")
    check_shape(name, ids, shape, "one entry for each position")
    return ids.astype(np.int32) if ids.dtype != np.bool_ and ids.dtype.itemsize < 4 else ids


def checked_lengths(value: Any, shape: tuple[Any, ...]) -> Array:
    """Return lengths `(*batch,)`, of at least 32 bits.

    Raises:
        TypeError: no array of integers.
        ValueError: not of `shape`.
    """
    lengths = checked_array("lengths", _in_range("lengths", value))
    if not jnp.issubdtype(lengths.dtype, jnp.integer):
        raise TypeError(f"`lengths` (of {lengths.dtype}) must have an integer dtype")
    check_shape("lengths", lengths, shape, "one entry for each row")
    return lengths.astype(np.int64 if lengths.dtype.itemsize == 8 else np.int32)  # of a sign, as some are subtracted


def _in_range(name: str, value: Any) -> Any:
    """`value`, which JAX would wrap to 32 bits without a word where it has not enabled 64.

    Raises:
        ValueError: it is an array of NumPy's that would be wrapped.
    """
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu" and value.size:
        kept = np.iinfo(jax.dtypes.canonicalize_dtype(value.dtype))
        if value.min() < kept.min or value.max() > kept.max:
            raise ValueError(
                f"`{name}` (from {value.min()} to {value.max()}) must fit into {kept.bits} bits: number them anew, or "
                "set jax_enable_x64"
            )
    return value


def check_shape(name: str, a: Array, shape: tuple[Any, ...], meaning: str) -> None:
    """Raise ValueError unless `a` has `shape`."""
    if a.shape != tuple(shape):
        raise ValueError(f"`{name}` (of shape {a.shape}) must have shape {tuple(shape)}, {meaning}")


def positions_needed(padding: Padding, length: int, kernel_size: int, stride: int, dilation: int) -> int:
    """How many positions after its own an output needs in its segment: `span - 1 - low - high`.

    Output `t` belongs to position `t * stride`. A segment of its own has no output that reads more of what follows it
    than the padding `high` gives.

    Raises:
        ValueError: outputs of one segment would lie where those of the next do, or the amounts depend on the length.
    """
    if isinstance(padding, str) and stride > 1 and padding.lower() in ("same", "same_lower"):
        raise ValueError(
            f"`padding` (={padding!r}) must be 'valid', 'causal' or numbers with `stride` (={stride}) above 1: "
            "its amounts depend on the length of each segment"
        )
    low, high = resolve_padding(padding, length, kernel_size, stride, dilation)
    most = span(kernel_size, dilation) - 1
    if low + high > most:
        raise ValueError(
            f"`padding` (={padding!r}) must add at most {most} positions, the span of the kernel less one, in packed "
            "rows: with more a segment has more outputs than positions"
        )
    return most - low - high


def ids_of_outputs(ids: Array, outputs: int, stride: int, needed: int) -> Array:
    """`ids` `(..., length)` of each output `(..., outputs)`; NONE where position `t*stride + needed` is of another."""
    axis, reach = ids.ndim - 1, (outputs - 1) * stride + 1
    first = lax.slice_in_dim(ids, 0, reach, stride, axis)
    if needed == 0:
        return first
    last = lax.slice_in_dim(ids, needed, needed + reach, stride, axis)
    return jnp.where(first == last, first, NONE)


def output_segment_ids(
    segment_ids: ArrayLike, kernel_size: int, *, stride: int = 1, padding: Padding = "valid", dilation: int = 1
) -> Array:
    """The segment of each output of `jconv.packed.conv1d`, which the next layer takes as its `segment_ids`.

    Output `t` belongs to the segment of position `t * stride`. It is masked, -1, where that is, and where its window
    reads more past its segment than `padding` allows a segment alone: with "valid" where the window does not end in
    the segment in which it begins.

    Args:
        segment_ids: as in `jconv.packed.conv1d`, `(*batch, length)`: integers, or a mask of booleans.
        kernel_size: taps.
        stride: as in `conv1d`.
        padding: as in `jconv.packed.conv1d`.
        dilation: as in `conv1d`.

    Returns:
        `(*batch, output_length)`: integers, or a mask where `segment_ids` is one.

    Raises:
        TypeError, ValueError: as `jconv.packed.conv1d`.

    >>> import jax.numpy as jnp
    >>> output_segment_ids(jnp.array([0, 0, 0, 1, 1, -1]), 2).tolist()
    [0, 0, -1, 1, -1]
    >>> output_segment_ids(jnp.array([True, True, True, False]), 3, padding="causal").tolist()
    [True, True, True, False]
    """
    shape = getattr(segment_ids, "shape", ())
    if not shape:
        raise ValueError(f"`segment_ids` ({checks.shown(segment_ids)}) must be an array (*batch, length)")
    ids = checked_ids("segment_ids", segment_ids, shape)
    stride, dilation, _ = check_steps(stride, dilation)
    window = forward_window(shape[-1], kernel_size, stride, padding, dilation)
    needed = positions_needed(padding, shape[-1], window.kernel_size, stride, dilation)
    outputs = ids_of_outputs(numbered(ids), window.output_length, stride, needed)
    return outputs >= 0 if ids.dtype == np.bool_ else outputs


def output_lengths(
    lengths: ArrayLike, kernel_size: int, *, stride: int = 1, padding: Padding = "valid", dilation: int = 1
) -> Array:
    """The lengths of the outputs of `jconv.packed.conv1d`, which the next layer takes as its `lengths`.

    `ceil((length - needed) / stride)`, at least 0, with `needed` 0 for "causal" and "same", `span - 1` for "valid"
    and `span - 1 - low - high` for a pair.

    Args:
        lengths: integers, of any shape.
        kernel_size: taps.
        stride: as in `conv1d`.
        padding: as in `jconv.packed.conv1d`.
        dilation: as in `conv1d`.

    Raises:
        TypeError, ValueError: as `jconv.packed.conv1d`.

    >>> import jax.numpy as jnp
    >>> output_lengths(jnp.array([0, 2, 7]), 3, stride=2).tolist()
    [0, 0, 3]
    """
    lengths = checked_lengths(lengths, getattr(lengths, "shape", ()))
    stride, dilation, _ = check_steps(stride, dilation)
    kernel_size = checks.whole_number("kernel_size", kernel_size, minimum=1)
    needed = positions_needed(padding, 1, kernel_size, stride, dilation)
    return jnp.maximum(-(-(lengths - needed) // stride), 0)


def numbered(ids: Array) -> Array:
    """A mask as segment numbers: 0 where it is true."""
    return jnp.where(ids, 0, NONE).astype(np.int32) if ids.dtype == np.bool_ else ids
