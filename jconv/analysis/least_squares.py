"""The kernel and bias of least mean squared error, in closed form (the Wiener solution), and how sure they are."""

from dataclasses import dataclass

import numpy as np

from jconv import checks
from jconv.analysis.design import Design, Settings, data, designs, rounding_of
from jconv.analysis.gram_matrix import cross, plain_gram
from jconv.analysis.noise import NOISES, variances
from jconv.analysis.ranks import Directions, directions, sees_bias
from jconv.window import Padding


@dataclass(frozen=True)
class LeastSquares:
    """The best kernel, and how well the data determine it.

    Attributes:
        kernel: (width, in/groups, out) float64, or complex128; of all that fit equally well the smallest.
        bias: (out,), or None without one.
        standard_error: (width, in/groups, out) float64: the standard deviation of each number of the kernel over data
            sets that differ in their noise. Where the data cannot tell kernels apart it is that of the part that they
            see, and with a ridge it leaves out the pull towards zero. Of a complex number it is the root of the sum of
            both parts' variances. NaN if there are no more outputs than unknowns.
        bias_standard_error: (out,), or None without a bias.
        mse: (out,) mean squared residual.
        rank: how many numbers of the kernels of one output (of each group, summed) the data tell apart, as in
            `Identifiability`; the bias is not counted.
        unknowns: how many numbers there are: width * in.
        bias_seen: whether the bias can be told apart from a kernel; if it cannot, the kernel is the smallest still.
    """

    kernel: np.ndarray
    bias: np.ndarray | None
    standard_error: np.ndarray
    bias_standard_error: np.ndarray | None
    mse: np.ndarray
    rank: int
    unknowns: int
    bias_seen: bool


def least_squares_kernel(
    x: np.ndarray,
    y: np.ndarray,
    kernel_size: int,
    *,
    stride: int = 1,
    padding: Padding = "valid",
    padding_mode: str = "zeros",
    dilation: int = 1,
    groups: int = 1,
    bias: bool = True,
    ridge: float = 0.0,
    noise: str = "autocorrelated",
    rounding: float | None = None,
) -> LeastSquares:
    """The kernel of `conv1d` that makes y of x with the least mean squared error, and its standard errors.

    It solves the normal equations. Their matrix comes from correlations of pieces of x, so that memory does not grow
    with the length, and time grows with it times a logarithm of the kernel's size. (The exception is "heteroscedastic"
    noise: its time grows with the square of the kernel's size.)

    Shape:
        - x: `(*batch, length, in)`; each batch entry is padded on its own. May be memory-mapped.
        - y: `(*batch, output_length, out)`, as `conv1d` returns.

    Args:
        x: signal, of any dtype of `conv1d`.
        y: target, likewise.
        kernel_size: taps.
        stride: as in `conv1d`, and so are `padding`, `padding_mode`, `dilation` and `groups`.
        padding: where the padding lies.
        padding_mode: what it holds.
        dilation: positions from one tap to the next.
        groups: of channels.
        bias: whether a bias is fitted too.
        ridge: the mean squared error plus `ridge` times the sum of the kernel's squares is minimised; the bias is free.
        noise: what the standard errors take the residuals for. "white": of one variance, independent of one another.
            "heteroscedastic": independent, of any variance that hangs on the signal. "autocorrelated", the default:
            stationary, independent of the signal, of any spectrum. The default is right most often: what a kernel
            leaves of a time series (drift, hum) is seldom white, and where it is, both agree. `jconv.analysis.noise`
            says how each is estimated, and whose method it is.
        rounding: of x, relative to it; by default the eps of its dtype. A direction in which x is less than 4 times
            that of what it is in its largest direction counts as unseen: it may be rounding alone. Products in float64
            see none below 1e-7.

    Raises:
        TypeError, ValueError: x and y do not fit, an option has a wrong type or value.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(1000, 1))
    >>> found = least_squares_kernel(x, 2 * x[1:] - x[:-1] + 3, 2)
    >>> found.kernel[:, 0, 0].round(6).tolist(), found.bias.round(6).tolist()
    ([-1.0, 2.0], [3.0])
    """
    noise = checks.one_of("noise", noise, NOISES)
    if not 0 <= ridge < np.inf:
        raise ValueError(f"`ridge` (={ridge}) must be at least 0 and finite")
    x, y = data("x", x), data("y", y)
    each = designs(x, Settings(kernel_size, stride, padding, padding_mode, dilation, groups), bias)
    wanted = (*x.shape[:-2], each[0].outputs)
    if y.ndim != x.ndim or y.shape[:-1] != wanted or not y.shape[-1] or y.shape[-1] % len(each):
        shape = ", ".join(map(str, wanted))
        raise ValueError(f"`y` has shape {y.shape}; expected ({shape}, out) with out divisible by {len(each)} groups")
    y, outs = y.reshape(-1, *y.shape[-2:]), y.shape[-1] // len(each)
    parts = [
        one_group(design, y[..., group * outs : (group + 1) * outs], ridge, noise, rounding_of(x, rounding))
        for group, design in enumerate(each)
    ]
    size = kernel_size, x.shape[-1] // len(each)

    def joined(name: str) -> np.ndarray:
        return np.concatenate([part[name] for part in parts], axis=-1)

    taps = size[0] * size[1]
    solution, errors = joined("solution"), joined("errors")
    return LeastSquares(
        kernel=solution[:taps].reshape(*size, -1),
        bias=solution[taps] if bias else None,
        standard_error=errors[:taps].reshape(*size, -1),
        bias_standard_error=errors[taps] if bias else None,
        mse=joined("mse"),
        rank=sum(int(part["rank"]) for part in parts),
        unknowns=len(each) * taps,
        bias_seen=bias and all(bool(part["bias_seen"]) for part in parts),
    )


def one_group(design: Design, y: np.ndarray, ridge: float, noise: str, rounding: float) -> dict[str, np.ndarray]:
    """Kernel and bias (columns, out), their standard errors, the rank and what is left, of one group of channels."""
    gram, rows = plain_gram(design), design.rows_in_all
    taps = design.columns - design.ones
    known = directions(gram[:taps, :taps], rounding)
    map_ = solving_map(gram, known, rows, ridge)
    with np.errstate(invalid="ignore", over="ignore"):
        products = cross(design, y)
    if not np.isfinite(products).all():
        raise ValueError("`y` must be finite; it has NaNs or infinities")
    solution = map_ @ products
    unknowns = float(np.sum(map_ * gram.T).real)

    def residual(entries: slice, first: int, last: int) -> np.ndarray:
        stop = min(last, design.outputs)
        target = y[entries, first:stop].transpose(0, 2, 1)
        if stop <= first:
            return np.zeros((*target.shape[:2], last - first))
        left = target - design.apply(solution, entries, first, stop)
        return np.pad(left, ((0, 0), (0, 0), (0, last - stop)))

    squares = np.zeros(y.shape[2])
    for entries, first, last in design.pieces(2 * design.tracks + y.shape[2]):
        squares += np.sum(np.abs(residual(entries, first, last)) ** 2, axis=(0, 2))
    spread = variances(noise, design, residual, squares, map_, gram, unknowns)
    return {
        "solution": solution,
        "errors": np.sqrt(spread),
        "mse": squares / rows,
        "rank": np.asarray(known.rank),
        "bias_seen": np.asarray(bool(design.ones) and sees_bias(gram, known, rounding)),
    }


def solving_map(gram: np.ndarray, known: Directions, rows: int, ridge: float) -> np.ndarray:
    """The matrix that takes `X' y` to kernel and bias.

    The bias is what is left of the mean of y, so the kernel solves the equations of columns without their means.
    """
    taps = len(known.values)
    values, vectors = known.values, known.vectors
    if taps < len(gram):
        sums = gram[:taps, taps]
        values, vectors = np.linalg.eigh(gram[:taps, :taps] - np.outer(sums, sums.conj()) / rows)
    kept = values + rows * ridge > known.least
    some = vectors[:, kept]
    inverse = (some / (np.maximum(values[kept], 0) + rows * ridge)) @ some.conj().T
    if taps == len(gram):
        return inverse
    shift = inverse @ sums / rows
    corner = 1 / rows + (sums.conj() @ shift).real / rows
    return np.block([[inverse, -shift[:, None]], [-shift.conj()[None], np.array([[corner]])]])
