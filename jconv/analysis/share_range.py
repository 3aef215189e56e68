"""Which share of an output each input channel has, and which shares the input leaves open."""

from dataclasses import dataclass

import numpy as np

from jconv.analysis.design import Settings, data, designs, rounding_of
from jconv.analysis.gram_matrix import plain_gram
from jconv.analysis.ranks import DOUBLE_EPS, directions
from jconv.window import Padding


@dataclass(frozen=True)
class ShareRanges:
    """Covariance shares with the range that unseen directions leave open.

    Attributes:
        share: (in, out) float64, as `shares` of `contributions`: sums to 1 for each output. 0 for a channel that an
            output does not see, NaN for an output that varies by no more than rounding.
        low: (in, out) the least share among kernels with the same output, within `radius`.
        high: (in, out) the largest.
        radius: (out,) the largest norm of what is added to the kernel.
    """

    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    radius: np.ndarray


def share_ranges(
    x: np.ndarray,
    kernel: np.ndarray,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    padding_mode: str = "zeros",
    dilation: int = 1,
    groups: int = 1,
    radius: float | None = None,
    rounding: float | None = None,
) -> ShareRanges:
    """Each input channel's share of an output's variance, and the shares of other kernels with the same output.

    The share of channel c is `s_c = cov(part_c, y) / var(y)` (Pratt's measure, 1987). Kernels `k + n` with n unseen
    (see `identifiability`) give the same y, but other parts. Over all n with `|n| <= r` the share takes the values
    `s_c +- r * |P g_c|`: the share is linear in the kernel, with the slope `g_c = cov(X_c, y) / var(y)` at the taps of
    channel c and 0 elsewhere, and P projects onto the unseen directions.

    Args:
        x: (*batch, length, in), real or complex; may be memory-mapped.
        kernel: (width, in/groups, out).
        stride: as in `conv1d`, and so are `padding`, `padding_mode`, `dilation` and `groups`.
        padding: each batch entry is padded on its own.
        padding_mode: what the padding holds.
        dilation: positions from one tap to the next.
        groups: of channels.
        radius: r, the same for each output; by default the norm of that output's kernel.
        rounding: as in `least_squares_kernel`.

    Raises:
        TypeError, ValueError: as `conv1d` for the same arguments, or a negative radius.

    >>> import numpy as np
    >>> twice = np.random.default_rng(0).normal(size=(500, 1)).repeat(2, axis=1)
    >>> found = share_ranges(twice, np.array([[[1.0], [0.0]]]))
    >>> found.share[:, 0].round(3).tolist(), found.low[:, 0].round(3).tolist(), found.high[:, 0].round(3).tolist()
    ([1.0, 0.0], [0.293, -0.707], [1.707, 0.707])
    """
    x, kernel = data("x", x), data("kernel", kernel)
    if kernel.ndim != 3 or not kernel.size:
        raise ValueError(f"`kernel` has shape {kernel.shape}; expected (width, in/groups, out), none of them 0")
    if radius is not None and not 0 <= radius < np.inf:
        raise ValueError(f"`radius` (={radius}) must be at least 0 and finite")
    width, inputs, outs = kernel.shape
    each = designs(x, Settings(width, stride, padding, padding_mode, dilation, groups), ones=True)
    if x.shape[-1] != inputs * len(each) or outs % len(each):
        raise ValueError(
            f"`x` has shape {x.shape} and `kernel` {kernel.shape} with `groups`={groups}; expected "
            "(*batch, length, in) and (width, in/groups, out)"
        )
    wide = kernel.astype(np.complex128 if np.iscomplexobj(kernel) else np.float64).reshape(-1, outs)
    radii = np.linalg.norm(wide, axis=0) if radius is None else np.full(outs, float(radius))
    share, open_ = np.zeros((x.shape[-1], outs)), np.zeros((x.shape[-1], outs))
    per_group = outs // len(each)
    for group, design in enumerate(each):
        own = slice(group * per_group, (group + 1) * per_group)
        gram = plain_gram(design) / design.rows_in_all
        products, means = gram[:-1, :-1], gram[:-1, -1]
        known = directions(products, rounding_of(x, rounding))
        unseen = known.vectors[:, ~known.seen].reshape(width, inputs, -1)
        weights = wide[:, own]
        slope = products @ weights - np.outer(means, means.conj() @ weights)  # cov(X, y), conjugated
        variance = np.sum(weights.conj() * slope, axis=0).real
        sizes = np.sum(np.abs(weights.conj() * (np.abs(products) @ np.abs(weights))), axis=0)
        variance = np.where(variance > 8 * len(gram) * DOUBLE_EPS * sizes, variance, np.nan)
        slope = (slope / variance).reshape(width, inputs, -1)
        weights = weights.reshape(width, inputs, -1)
        at = slice(group * inputs, (group + 1) * inputs)
        share[at, own] = np.sum(weights.conj() * slope, axis=0).real
        along = np.einsum("wcn,wco->nco", unseen.conj(), slope)
        open_[at, own] = np.sqrt(np.sum(np.abs(along) ** 2, axis=0))
    return ShareRanges(share, share - radii * open_, share + radii * open_, radii)
