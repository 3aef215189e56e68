"""How far a face computed in floating point may lie from the exact one; derived, elementwise, never a bare number.

Direct methods: a sum of `n` products of rounded operands errs, in any order of summation, by at most
`n*u / (1 - n*u)` times the sum of the absolute products, `u` the unit roundoff (Higham, Accuracy and Stability of
Numerical Algorithms, section 3.1). For long sums the probabilistic bound with `6 * sqrt(n)` in place of `n` is
tighter and holds with overwhelming probability (Higham and Mary, SIAM J. Sci. Comput. 2019).

Fourier methods: one correlation of `a` and `b` is `F^-1(F a * conj F b)`. Each of the three transforms takes an entry
through `log2(length)` butterflies of four roundings: the twiddle factor's, two of the product, one of the sum (Higham,
section 24.1; a factor 3 or 5 of the length counts for its logarithm). Butterflies are unitary but for their scale, so
a relative error `u` in any one of them leaves a transform off by `u` in its norm: by Cauchy and Schwarz the result is
off by at most `u * ||a|| * ||b||` for each butterfly of the forward transforms, and for those of the inverse, whose
errors spread over entries none of which exceeds `||a|| * ||b||`, by as much. With three roundings for the product of
spectra and one for each spectrum added to it that makes `n` in all, and as for sums
`min(n, 6 * sqrt(n)) * u * (sum over channels of ||a|| * ||b||)`. The kernel's face adds up batch and blocks in the
frequency domain, the others the parts of a kernel. What two blocks share counts in both, at most sqrt(2) in the norm;
and a result of the input face is the sum of two blocks', in which both operands count twice, at most 2.

Values of polynomials: a tile of the signal, a part of the kernel and a tile of results go through matrices `B`, `G` and
`A` of one row for each of at most 8 values (Toom and Cook): `y_q = sum over v of A_vq (G k)_v (B x)_v`. Each value is a
sum of at most 8 rounded terms, their coefficients rounded too, and so is each result, which makes 30 roundings beside
those of the sum of products over channels and parts. So a result is off by at most so many times `u` times
`sum over v of |A_vq| (|G| |k|)_v (|B| |x|)_v`, of which a number of the matrices alone can be taken out: with the
largest `|x|` that lies within a tile of what a tap reads, `amplification * sum over taps of |k| max |x|`. In the kernel
face it is the sum of the `|x|` within a tile of what a tap reads.

Complex products cost `sqrt(8)` times a real one (Higham, lemma 3.5); those of spectra are complex in any case.
"""

import functools
from dataclasses import replace

import ml_dtypes
import numpy as np

ROUNDOFF = {
    np.dtype(dtype): float(ml_dtypes.finfo(dtype).eps) / 2
    for dtype in (np.float16, ml_dtypes.bfloat16, np.float32, np.float64)
}
ROUNDOFF[np.dtype(np.complex64)] = ROUNDOFF[np.dtype(np.float32)]
ROUNDOFF[np.dtype(np.complex128)] = ROUNDOFF[np.dtype(np.float64)]

VALUES = 8  # of a polynomial, at most
MOST_OUTPUTS = 4  # of a tile
POINTS = (0, 1, -1, 2, -1 / 2, -2, 1 / 2)  # where they are taken, and at infinity
LEAST_HOP = 512  # positions that one block of a long signal brings, at least
MOST_PARTS = 16  # that a kernel is cut into, at most


def terms(form, face, per_group_inputs, per_group_outputs, batch):
    """How many products one entry of a face sums."""
    reads = {
        "output": form.taps * per_group_inputs,
        "input": form.taps * per_group_outputs,
        "kernel": form.outputs * batch,
    }
    return reads[face]


def rounded(bound, result, dtype, accumulate):
    """`bound` after the result is rounded from `accumulate` to `dtype`."""
    if np.dtype(dtype) == np.dtype(accumulate):
        return bound
    return bound + ROUNDOFF[np.dtype(dtype)] * (np.abs(result) + bound) + np.finfo(np.float16).tiny


def direct(form, face, first, second, dtype, accumulate):
    """Elementwise bound for a direct method summing in `accumulate` and returning `dtype`."""
    compute = getattr(form, face)
    size = compute(np.abs(first), np.abs(second))
    channels = [a.shape[-1] // form.groups for a in (first, second)]
    n = terms(form, face, channels[0], channels[0], first.shape[0]) + 2
    n = min(n, 6 * np.sqrt(n))
    factor = np.sqrt(8) if np.iscomplexobj(first) else 1
    bound = n * ROUNDOFF[np.dtype(accumulate)] * factor * size
    return rounded(bound, compute(first, second), dtype, accumulate)


def fourier(form, face, first, second, dtype, accumulate):
    """Bound for a Fourier method: one number for each pair of channels, the same for every position."""
    compute = getattr(form, face)
    n, g = first.shape[0], form.groups
    a = np.linalg.norm(np.asarray(first, np.complex128), axis=1)  # (batch, channels)
    if face == "kernel":
        b = np.linalg.norm(np.asarray(second, np.complex128), axis=1)
        norms = np.einsum("ngc,ngo->cgo", a.reshape(n, g, a.shape[1] // g), b.reshape(n, g, b.shape[1] // g))
        size = norms.reshape(1, norms.shape[0], -1)
    else:
        b = np.linalg.norm(np.asarray(second, np.complex128), axis=0)  # (inputs per group, groups * outputs per group)
        b = b.reshape(b.shape[0], g, -1)
        norms = np.einsum("ngc,cgo->ngo" if face == "output" else "ngo,cgo->ngc", a.reshape(n, g, a.shape[1] // g), b)
        size = norms.reshape(n, 1, norms.shape[1] * norms.shape[2])
    reach = form.outputs * form.stride + form.taps * form.dilation  # a fast length is less than twice what it must be
    blocks = 1 + reach // LEAST_HOP
    added = n * blocks if face == "kernel" else a.shape[1] // g * min(blocks, MOST_PARTS)
    roundings = 3 * 4 * np.log2(2 * reach) + 3 + added
    shared = 1 if blocks == 1 else 2 if face == "input" else np.sqrt(2)
    bound = min(roundings, 6 * np.sqrt(roundings)) * ROUNDOFF[np.dtype(accumulate)] * shared * size
    return rounded(bound, compute(first, second), dtype, accumulate)


def polynomial(form, face, first, second, dtype, accumulate):
    """Bound for values of polynomials: that of the direct sum over the neighbourhood that a tile reads, amplified."""
    first, second = np.abs(first), np.abs(second)
    reach = VALUES * form.dilation * form.stride
    beyond = (form.outputs - 1) * form.stride + (form.taps - 1) * form.dilation + 1 + abs(form.low) + reach
    if face == "input":
        spread = np.zeros((first.shape[0], (form.outputs - 1) * form.stride + 1, first.shape[2]))
        spread[:, :: form.stride] = first
        read = around(spread, reach, beyond, np.max)
        wider = replace(form, outputs=read.shape[1], stride=1, low=form.low + beyond)
    else:
        read = around(first, reach, beyond, np.sum if face == "kernel" else np.max)
        wider = replace(form, length=read.shape[1], low=form.low - beyond)
    size = amplification(form, face) * getattr(wider, face)(read, second)
    channels = [a.shape[-1] // form.groups for a in (first, second)]
    n = terms(form, face, channels[0], channels[0], first.shape[0])
    factor = np.sqrt(8) if np.iscomplexobj(first) else 1
    bound = (min(n, 6 * np.sqrt(n)) + 30) * ROUNDOFF[np.dtype(accumulate)] * factor * size
    return rounded(bound, getattr(form, face)(first, second), dtype, accumulate)


def around(a, reach, beyond, reduce):
    """Of each position of `a` and `beyond` on both sides, the greatest or the sum of all within `reach`."""
    widths = [(0, 0), (beyond + reach, beyond + reach), (0, 0)]
    return reduce(np.lib.stride_tricks.sliding_window_view(np.pad(a, widths), 2 * reach + 1, axis=1), axis=-1)


def amplification(form, face):
    """The largest factor by which the matrices of any tiling amplify absolute products (derived above)."""
    taps = {form.taps, -(-form.taps // form.stride)}
    cuts = {(min(MOST_OUTPUTS, VALUES + 1 - n), n) for n in taps if 1 < n < VALUES} | {(3, 3), (4, 4)}
    return max(amplification_of(*cut, face) for cut in cuts)


@functools.cache
def amplification_of(outputs, taps, face):
    """The largest factor by which the matrices of one tiling amplify absolute products."""
    values = outputs + taps - 1

    def evaluated(coefficients):
        at_points = np.vander(POINTS[: values - 1], coefficients, increasing=True)
        return np.vstack([at_points, np.eye(coefficients)[-1]])

    results, kernels, signals = evaluated(outputs), evaluated(taps), np.linalg.inv(evaluated(values)).T
    results, kernels, signals = np.abs(results), np.abs(kernels), np.abs(signals)
    if face == "kernel":
        return np.max((signals.max(axis=1) * results.max(axis=1)) @ kernels)
    return np.max((signals.sum(axis=1) * kernels.max(axis=1)) @ results)


def limits(form, face, first, second, *, method, dtype):
    """How far `method` may be off, elementwise; "auto" may have run any."""
    a, b = (np.asarray(a).astype(np.complex128 if np.iscomplexobj(a) else np.float64) for a in (first, second))
    dtype = np.dtype(dtype)
    accumulate = np.float32 if dtype.itemsize == 2 else dtype
    kinds = {"fft": (fourier,), "winograd": (polynomial,), "auto": (direct, fourier, polynomial)}.get(method, (direct,))
    shape = getattr(form, face)(a, b).shape
    return np.max([np.broadcast_to(kind(form, face, a, b, dtype, accumulate), shape) for kind in kinds], axis=0)


def check(got, form, face, first, second, *, method, dtype=None):
    """Assert that `got` is the face of the form within its bound; exactly for integers."""
    first, second, got = np.asarray(first), np.asarray(second), np.asarray(got)
    dtype = np.dtype(dtype or got.dtype)
    assert got.dtype == dtype
    wide = [a.astype(np.complex128 if a.dtype.kind == "c" else np.float64) for a in (first, second)]
    exact = getattr(form, face)(*wide)
    assert got.shape == exact.shape
    if dtype.kind in "iu":
        np.testing.assert_array_equal(got.astype(np.float64), exact)
        return
    bound = limits(form, face, first, second, method=method, dtype=dtype)
    error = np.abs(got.astype(exact.dtype) - exact)
    worst = np.max(np.where(error > 0, error / np.maximum(bound, 1e-300), 0), initial=0)
    assert worst <= 1, f"{method} {face} {form}: error is {worst:.3g} times its bound"
