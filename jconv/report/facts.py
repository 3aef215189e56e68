"""The numbers behind the page's sentences, in float64 NumPy: who contributes, what data cannot tell, what they hold.

Long signals are read at evenly spread outputs, and every fact says at how many.
"""

from dataclasses import dataclass

import numpy as np

from jconv.report.problem import Problem

MOST_PRODUCTS = 2e9
"""Products spent on shares; beyond, outputs are sampled. 2e9 take about three seconds on one core."""
MOST_UNKNOWNS = 2048
"""Weights of one output up to which eigenvalues are computed: a second, and 32 MB."""
MOST_GRAM = 2e10


@dataclass(frozen=True)
class Shares:
    """What input channels add to each output, over `sampled` outputs of all entries of the batch.

    Attributes:
        sampled: outputs in time that were read, of `of`.
        of: outputs in time there are.
        norm: (seen, out) norm of a channel's weights over the sum of all channels' norms: what weights alone say.
        own: (seen, out) variance of a channel's part over that of the output.
        share: (seen, out) covariance of the part with the output over the output's variance; sums to 1.
        size: (seen, out) mean absolute value of a channel's part over the sum of all channels'.
        slope: (width, seen, out) conjugate covariance of each weight's sample with the output, over its variance.
        y: (batch, sampled, out) outputs without bias, real or complex.
        at: (sampled,) their positions in time.
    """

    sampled: int
    of: int
    norm: np.ndarray
    own: np.ndarray
    share: np.ndarray
    size: np.ndarray
    slope: np.ndarray
    y: np.ndarray
    at: np.ndarray


@dataclass(frozen=True)
class Told:
    """What the data tell of the weights of one output, and what not; of one group of channels.

    Attributes:
        rank: directions in the space of weights along which the data can tell two kernels apart.
        unknowns: weights of one output.
        eigenvalues: (unknowns,) of the Gram matrix of windows, falling.
        cut: eigenvalues up to this one are rounding of x.
        directions: (unknowns, width, seen) eigenvectors, in the order of the eigenvalues.
        sampled: windows that were read.
    """

    rank: int
    unknowns: int
    eigenvalues: np.ndarray
    cut: float
    directions: np.ndarray
    sampled: int

    @property
    def unseen(self) -> np.ndarray:
        """(count, width, seen) orthonormal kernels that change no output."""
        return self.directions[self.rank :]


def spread(count: int, most: int) -> np.ndarray:
    """At most `most` whole numbers, evenly spread over 0 .. count - 1, both ends among them."""
    return np.unique(np.linspace(0, count - 1, min(count, max(most, 1))).round().astype(np.int64))


def wide(array: np.ndarray) -> np.ndarray:
    """As float64 or complex128."""
    return np.asarray(array).astype(np.complex128 if np.iscomplexobj(array) else np.float64)


@np.errstate(invalid="ignore", over="ignore")
def outputs_at(problem: Problem, x: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Outputs without bias at some positions. x (length, in), weights (width, seen, out) -> (at, out)."""
    per_group = problem.outputs // problem.groups
    columns = []
    for first in range(0, problem.outputs, per_group):
        windows = wide(problem.windows(x, first, at)).reshape(len(at), -1)
        columns.append(windows @ wide(weights[:, :, first : first + per_group]).reshape(windows.shape[1], -1))
    return np.concatenate(columns, axis=1)


@np.errstate(invalid="ignore", over="ignore")  # samples that are not finite
def shares(problem: Problem, x: np.ndarray, weights: np.ndarray) -> Shares:
    """Read off what each channel adds. x (batch, length, in), weights (width, seen, out)."""
    size, T = problem.width * problem.seen * problem.outputs * len(x), problem.output_length
    at = spread(T, int(max(MOST_PRODUCTS // (3 * size), min(T, 4096 // len(x) + 1))))
    weights = wide(weights)
    y = np.stack([outputs_at(problem, entry, weights, at) for entry in x])
    centred = y - y.mean(axis=(0, 1))
    variance = np.mean(np.abs(centred) ** 2, axis=(0, 1))
    shape = (problem.seen, problem.outputs)
    own, share, absolute = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    slope = np.zeros(weights.shape, weights.dtype if np.iscomplexobj(weights) else y.dtype)
    per_group = problem.outputs // problem.groups
    varies = variance > (8 * np.finfo(np.float32).eps) ** 2 * np.mean(np.abs(y) ** 2, axis=(0, 1))
    safe = np.where(varies, variance, 1)
    for first in range(0, problem.outputs, per_group):
        columns = slice(first, first + per_group)
        for c in range(problem.seen):
            windows = np.stack([wide(_channel(problem, entry, first, c, at)) for entry in x])  # (batch, at, width)
            parts = windows @ weights[:, c, columns]
            moved = parts - parts.mean(axis=(0, 1))
            own[c, columns] = np.mean(np.abs(moved) ** 2, axis=(0, 1)) / safe[columns]
            share[c, columns] = np.mean((moved * centred[..., columns].conj()).real, axis=(0, 1)) / safe[columns]
            absolute[c, columns] = np.mean(np.abs(parts), axis=(0, 1))
            flat = windows.reshape(-1, problem.width)
            covariance = flat.T @ centred[..., columns].conj().reshape(len(flat), -1) / len(flat)
            slope[:, c, columns] = covariance / safe[columns]
    norms = np.sqrt(np.sum(np.abs(weights) ** 2, axis=0))
    share, own = np.where(varies, share, np.nan), np.where(varies, own, np.nan)
    return Shares(len(at), T, _parts_of_one(norms), own, share, _parts_of_one(absolute), slope, y, at)


def _channel(problem: Problem, x: np.ndarray, output: int, c: int, at: np.ndarray) -> np.ndarray:
    sources = problem.sources(at)
    column = x[:, problem.channels(output)[c]]
    return np.where(sources >= 0, column[np.maximum(sources, 0)], np.zeros((), x.dtype))


def _parts_of_one(sizes: np.ndarray) -> np.ndarray:
    total = sizes.sum(axis=0)
    return np.where(total > 0, sizes / np.where(total > 0, total, 1), np.nan)


def told(problem: Problem, x: np.ndarray, group: int, *, bias: bool) -> Told | None:
    """Eigenvalues and directions of a group's windows; None where there are too many weights. x (batch, length, in).

    A direction counts as told if its eigenvalue exceeds what rounding x to its dtype can make: `u**2 * trace`, as an
    error of `u` in each sample moves a singular value by at most `u` times the Frobenius norm (Weyl).
    """
    unknowns = problem.width * problem.seen
    if unknowns > MOST_UNKNOWNS or not np.all(np.isfinite(x)):
        return None
    at = spread(problem.output_length, int(max(MOST_GRAM // (unknowns**2 * len(x)), 2 * unknowns)))
    first = group * (problem.outputs // problem.groups)
    windows = np.concatenate([wide(problem.windows(entry, first, at)).reshape(len(at), -1) for entry in x])
    trace = np.mean(np.sum(np.abs(windows) ** 2, axis=1))
    if bias:
        windows = windows - windows.mean(axis=0)
    values, vectors = np.linalg.eigh(windows.conj().T @ windows / len(windows))
    order = np.argsort(-values)
    values = np.maximum(values[order], 0)
    rounding = np.finfo(x.dtype).eps / 2 if x.dtype.kind in "fc" else 0.0
    cut = max(rounding**2 * trace, unknowns * np.finfo(np.float64).eps * values[0])
    directions = vectors.T[order].reshape(unknowns, problem.width, problem.seen)
    signs = np.sign(
        np.take_along_axis(
            np.real(directions).reshape(unknowns, -1), np.abs(directions).reshape(unknowns, -1).argmax(1)[:, None], 1
        )
    )
    directions = directions * np.where(signs == 0, 1, signs)[:, :, None]
    return Told(int(np.sum(values > cut)), unknowns, values, float(cut), directions, len(windows))


def share_ranges(shares: Shares, unseen: np.ndarray, weights: np.ndarray, output: int) -> np.ndarray:
    """The lowest and highest share of each channel among kernels that make the same output. (seen, 2).

    Kernels `k + n`, with n unseen and no larger than k: a share moves by at most `|k| * |P g|`, where g is the slope of
    that channel's weights, zero elsewhere, and P projects on the unseen kernels (Cauchy and Schwarz, with equality).
    """
    radius = np.linalg.norm(weights[:, :, output])
    steepest = np.linalg.norm(np.einsum("nwc,wc->nc", unseen, shares.slope[:, :, output]), axis=0)
    middle = shares.share[:, output]
    return np.stack([middle - radius * steepest, middle + radius * steepest], axis=1)


def push_direction(shares: Shares, told: Told, output: int) -> np.ndarray:
    """A unit kernel (width, seen): unseen, and of those the one that moves the leading channel's share most.

    Where the data fix every weight, the direction along which they do so least.
    """
    if told.rank == told.unknowns:
        return told.directions[-1]
    share = shares.share[:, output]
    leading = int(np.nanargmax(share)) if np.any(np.isfinite(share)) else 0
    slope = np.zeros_like(shares.slope[:, :, output])
    slope[:, leading] = shares.slope[:, leading, output]
    coefficients = np.einsum("nwc,wc->n", told.unseen, slope)
    size = np.linalg.norm(coefficients)
    if not size > 1e-12 * max(np.linalg.norm(slope), 1e-300):
        return told.unseen[0]
    return np.einsum("n,nwc->wc", coefficients.conj() / size, told.unseen)


@np.errstate(invalid="ignore", over="ignore")
def spectrum(x: np.ndarray, bins: int = 128) -> np.ndarray:
    """Mean power of each channel by frequency, windows of 2 * bins samples, Hann's. (bins + 1, in), largest 1.

    Two-sided, (2 * bins, in) from -0.5 cycles per sample on, for complex x (batch, length, in).
    """
    size = min(2 * bins, x.shape[1])
    window = np.hanning(size + 2)[1:-1, None]
    starts = spread(max(x.shape[1] - size, 0) + 1, 256)
    pieces = [wide(entry[s : s + size]) for entry in x[:16] for s in starts[:: max(1, len(x[:16]) // 4)]]
    pieces = [(piece - piece.mean(axis=0)) * window for piece in pieces if np.all(np.isfinite(piece))]
    if not pieces:
        return np.ones((2 * bins if np.iscomplexobj(x) else bins + 1, x.shape[2]))
    if np.iscomplexobj(x):
        power = np.mean([np.abs(np.fft.fftshift(np.fft.fft(p, 2 * bins, axis=0), 0)) ** 2 for p in pieces], axis=0)
    else:
        power = np.mean([np.abs(np.fft.rfft(p, 2 * bins, axis=0)) ** 2 for p in pieces], axis=0)
    return power / max(float(np.max(power)), 1e-300)


def direction_errors(told: Told, kernels: np.ndarray, goal: np.ndarray, output: int, most: int = 6) -> np.ndarray:
    """Error of each snapshot along the strongest directions, and along all the rest together. (steps, most + 1).

    The mean squared error that a kernel makes beyond the goal's is the sum over directions v of
    `eigenvalue * |v . (kernel - goal)|**2`. kernels (steps, width, seen, out), goal (width, seen, out).
    """
    off = np.einsum("nwc,swc->sn", told.directions.conj(), kernels[..., output] - goal[..., output])
    errors = told.eigenvalues * np.abs(off) ** 2
    errors = errors[:, : told.rank]
    return np.concatenate([errors[:, :most], errors[:, most:].sum(axis=1, keepdims=True)], axis=1)


def unseen_spread(told: Told, kernels: np.ndarray, output: int) -> float:
    """How much of the spread of several kernels (seeds, ...) lies where the data cannot see: 0 to 1."""
    centred = kernels[..., output] - kernels[..., output].mean(axis=0)
    hidden = np.einsum("nwc,swc->sn", told.unseen.conj(), centred)
    total = float(np.sum(np.abs(centred) ** 2))
    return float(np.sum(np.abs(hidden) ** 2)) / total if total > 0 else float("nan")
