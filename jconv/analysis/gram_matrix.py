"""The Gram matrix of all that the outputs of a convolution see, with and without weights between their times.

Over all windows, those too that hang over an end of the signal, the sum of products of two columns depends on their
tracks and on the difference of their shifts alone: it is a correlation. What the windows that hang over add is then
taken off again, as the product of matrices of that many rows (twice the kernel's reach) and no more.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from jconv.analysis.correlation import lagged_products
from jconv.analysis.design import Design, Settings, data, designs
from jconv.window import Padding

DIRECT_PRODUCTS = 10**9  # up to so many, rows are multiplied as they are: a tenth of a second
WEIGHTED_ROWS = 256  # at once, so that the matrix of weights between rows and their neighbours stays small


def gram(
    x: np.ndarray,
    kernel_size: int,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    padding_mode: str = "zeros",
    dilation: int = 1,
    groups: int = 1,
    bias: bool = True,
) -> np.ndarray:
    """The mean, over outputs, of products of all that an output sees: what decides how well a kernel can be learnt.

    Memory does not grow with the length of x.

    Args:
        x: (*batch, length, in), real or complex; may be memory-mapped.
        kernel_size: taps.
        stride: as in `conv1d`, and so are `padding`, `padding_mode`, `dilation` and `groups`.
        padding: each batch entry is padded on its own.
        padding_mode: what the padding holds.
        dilation: positions from one tap to the next.
        groups: of channels.
        bias: whether there is a last column of ones.

    Returns:
        (groups, columns, columns) float64 or complex128, with `width * in / groups` columns, taps first, as
        `kernel.reshape(-1, out)` has its rows, and one for the bias. Entry (a, b) is the mean of `conj(a) * b`.

    Raises:
        TypeError, ValueError: as `conv1d` for the same arguments.

    >>> import numpy as np
    >>> gram(np.array([[1.0], [2.0], [3.0]]), 2, bias=False)[0].tolist()  # windows (1, 2) and (2, 3)
    [[2.5, 4.0], [4.0, 6.5]]
    """
    settings = Settings(kernel_size, stride, padding, padding_mode, dilation, groups)
    each = designs(data("x", x), settings, bias)
    return np.stack([plain_gram(design) / design.rows_in_all for design in each])


def plain_gram(design: Design) -> np.ndarray:
    """The sum of products of columns, (columns, columns).

    Raises:
        ValueError: x has NaNs or infinities.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        found = next(weighted_grams(design, [np.ones(1)]))
    if not np.isfinite(found).all():
        raise ValueError("`x` must be finite; it has NaNs or infinities, or numbers whose squares are")
    return found


def weighted_grams(design: Design, weights: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """For each of `weights`: the sum over windows s, t of an entry of `conj(row s) * weight(s - t) * row t`.

    Args:
        design: what the windows see.
        weights: each (lags,), for differences of 0, 1, ... in time; those of negative ones are their conjugates.

    Yields:
        (columns, columns), Hermitian.
    """
    most = max(len(each) for each in weights) - 1
    weights = [np.pad(each, (0, most + 1 - len(each))) for each in weights]
    work = design.rows_in_all * design.columns * (design.columns + (2 * most + WEIGHTED_ROWS if most else 0))
    if design.outputs <= 4 * design.reach or work <= DIRECT_PRODUCTS:
        for each in weights:
            yield by_rows(design, each)
        return
    reach = design.reach
    lags = reach + most
    ahead = lagged_products(design.read, design.read, design.entries, design.outputs + reach, lags)
    behind = ahead.conj().transpose(1, 0, 2)[:, :, :0:-1]
    both = np.concatenate([behind, ahead], axis=2)  # lags -lags to lags
    size = 1 << (both.shape[2] + 2 * most).bit_length()
    spectrum = np.fft.fft(both, size) if most else both
    apart = reach + design.shift_of - design.shift_of[:, None]
    for each in weights:
        if most:
            two_sided = np.concatenate([each[:0:-1].conj(), each])
            summed = np.fft.ifft(spectrum * np.fft.fft(two_sided, size))[:, :, 2 * most : 2 * most + 2 * reach + 1]
            summed = summed if np.iscomplexobj(both) or np.iscomplexobj(each) else summed.real
        else:
            summed = both * each[0]
        whole = summed[design.track_of[:, None], design.track_of, apart]
        for entry in range(design.entries):
            whole -= overhang(design, each, entry)
        yield whole


def by_rows(design: Design, weights: np.ndarray) -> np.ndarray:
    """The same from the rows themselves, some at a time."""
    most = min(len(weights) - 1, design.outputs - 1)
    total = np.zeros((design.columns, design.columns), np.result_type(design.dtype, weights))
    for entries, first, last in design.pieces(design.columns, WEIGHTED_ROWS if most else design.outputs):
        near = design.rows(entries, max(first - most, 0), min(last + most, design.outputs))
        rows = near[:, min(first, most) :][:, : last - first]
        if most:
            between = (first + np.arange(last - first)[:, None]) - (max(first - most, 0) + np.arange(near.shape[1]))
            near = at_lags(weights, between) @ near
        else:
            near = weights[0] * near
        total += flat(rows).conj().T @ flat(near)
    return total


def flat(rows: np.ndarray) -> np.ndarray:
    """(entries, windows, columns) as one matrix."""
    return rows.reshape(-1, rows.shape[2])


def at_lags(weights: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """The weight of each lag, of either sign; zero beyond the last."""
    found = np.where(np.abs(lags) < len(weights), weights[np.minimum(np.abs(lags), len(weights) - 1)], 0)
    return np.where(lags < 0, found.conj(), found)


def overhang(design: Design, weights: np.ndarray, entry: int) -> np.ndarray | float:
    """What pairs of windows add to the sum over all, of which one or both hang over an end of an entry."""
    reach, most, some = design.reach, len(weights) - 1, slice(entry, entry + 1)
    if not reach:
        return 0.0
    total = 0.0
    for first, near_first in ((-reach, 0), (design.outputs, design.outputs - most)):
        over = design.rows(some, first, first + reach)[0]
        times = np.arange(first, first + reach)
        within = at_lags(weights, times[:, None] - times) @ over
        total = total + over.conj().T @ within
        near_last = min(near_first + most, design.outputs)
        across = np.zeros_like(within)
        piece = max(2**20 // design.columns, reach)
        for at in range(max(near_first, 0), near_last, piece):
            near_times = np.arange(at, min(at + piece, near_last))
            near = design.rows(some, near_times[0], near_times[-1] + 1)[0]
            across += at_lags(weights, times[:, None] - near_times) @ near
        if most:
            product = over.conj().T @ across
            total = total + product + product.conj().T
    return total


def cross(design: Design, y: np.ndarray) -> np.ndarray:
    """The sum over windows of `conj(row) * y` for y (entries, windows, out), zeros elsewhere: (columns, out)."""

    def targets(entries: slice, first: int, last: int) -> np.ndarray:
        part = y[entries, max(first, 0) : max(last, 0)].transpose(0, 2, 1)
        wide = part.astype(np.complex128 if np.iscomplexobj(part) else np.float64)
        return np.pad(wide, ((0, 0), (0, 0), (max(-first, 0), last - max(first, 0) - part.shape[2])))

    products = design.rows_in_all * design.columns * (design.columns + y.shape[2])
    if design.outputs <= 4 * design.reach or products <= DIRECT_PRODUCTS:
        total = np.zeros((design.columns, y.shape[2]), np.result_type(design.dtype, targets(slice(0, 1), 0, 1)))
        for entries, first, last in design.pieces(design.columns):
            rows = design.rows(entries, first, last)
            total += flat(rows).conj().T @ flat(targets(entries, first, last).transpose(0, 2, 1))
        return total
    found = lagged_products(targets, design.read, design.entries, design.outputs, design.reach)
    return found[:, design.track_of, design.shift_of].conj().T
