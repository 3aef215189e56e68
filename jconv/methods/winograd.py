"""Toom-Cook (Winograd) F(m, r): fewer multiplications, by values of polynomials (`jconv.methods.winograd_tiles`).

    T(x, k, y) = sum over values v of  T_v((B^T x)_v, (G k)_v, (A y)_v)

where `T_v` is a form of the same kind, its positions the tiles and its taps the parts of the kernel. So each face is
that of `T_v`, between transforms of its operands and the transposed transform of its result, all of them a few
additions for each entry. Beside the products these are small where channels are many.

The error is relative to the terms of a whole tile, over which a NaN spreads too.
"""

from collections.abc import Sequence
from dataclasses import replace

import jax.numpy as jnp
import numpy as np
from jax import Array

from jconv import cpu
from jconv.methods import dense, taps
from jconv.methods.arrays import dilated, fusion_barrier, groups_first, groups_last, mirrored_kernel, shifted
from jconv.methods.problem import Counts, Face, Method, Problem, entries
from jconv.methods.products import product
from jconv.methods.space_to_depth import fold_kernel, fold_signal, folded, unfold_kernel, unfold_signal
from jconv.methods.winograd_tiles import Tiles, error_ratio


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`y = A^T [(G k) * (B^T x)]`."""
    if dense.folds(problem):
        return output(fold_signal(x, problem), fold_kernel(k, problem), folded(problem))
    if problem.window.stride > 1:
        return output(x, k, _of_every_position(problem))[:, :, :: problem.window.stride]
    kernel, pieces = _values_of_kernel(k, problem), Tiles.of(problem.window).pieces(problem)

    def one(x: Array) -> Array:
        return _output_of_values(_values_of_signal(x, pieces.problem), kernel, pieces.problem)

    return groups_last(pieces.joined(one, groups_first(x)), problem.groups)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """The output face of the mirrored problem."""
    if dense.folds(problem):
        return unfold_signal(input_face(y, fold_kernel(k, problem), folded(problem)), problem)
    y = dilated(y, problem.window.stride, axis=2)
    return output(y, fusion_barrier(problem.platform, mirrored_kernel, k), problem.mirrored())


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """`k = G^T [(B^T x) * (A y)]`, summed over tiles and batch."""
    if dense.folds(problem):
        return unfold_kernel(kernel_face(fold_signal(x, problem), y, folded(problem)), problem)
    if problem.window.stride > 1:
        return kernel_face(x, dilated(y, problem.window.stride, axis=2), _of_every_position(problem))
    pieces = Tiles.of(problem.window).pieces(problem)

    def one(x: Array, y: Array) -> Array:
        signal, result = _values_of_signal(x, pieces.problem), _values_of_result(y, pieces.problem)
        return _kernel_of_values(signal, result, pieces.problem)

    return groups_last(pieces.summed(one, groups_first(x), groups_first(y)), problem.groups)


def _of_every_position(problem: Problem) -> Problem:
    window = problem.window
    positions = (window.output_length - 1) * window.stride + 1
    return replace(problem, window=replace(window, output_length=positions, stride=1))


def _values_of_signal(x: Array, problem: Problem) -> Array:
    """`B^T x`: the x of the inner problem."""
    tiles = Tiles.of(problem.window)
    inner = tiles.inner(problem)
    count = inner.window.input_length // problem.window.dilation
    further = (tiles.values - 1) // tiles.outputs  # tiles that the last one reads beyond itself
    cut = _tiles_of(x, problem.window.low, count + further, problem)
    places = [divmod(place, tiles.outputs) for place in range(tiles.values)]
    reads = [cut[:, :, later : later + count, place] for later, place in places]
    return _combinations(tiles.matrices()[0], reads).reshape(inner.x_shape)


def _values_of_result(y: Array, problem: Problem) -> Array:
    """`A y`: the y of the inner problem."""
    tiles = Tiles.of(problem.window)
    inner = tiles.inner(problem)
    cut = _tiles_of(y, 0, inner.window.output_length // problem.window.dilation, problem)
    reads = [cut[:, :, :, place] for place in range(tiles.outputs)]
    return _combinations(tiles.matrices()[2], reads).reshape(inner.y_shape)


def _values_of_kernel(k: Array, problem: Problem) -> Array:
    """`G k`: the kernel of the inner problem, (problems, taps, inputs, outputs)."""
    tiles = Tiles.of(problem.window)
    k = shifted(groups_first(k).astype(problem.accumulate), 0, tiles.parts * tiles.taps, axis=1)
    k = k.reshape(k.shape[0], tiles.parts, tiles.taps, *k.shape[2:])
    values = _combinations(tiles.matrices()[1], [k[:, :, tap] for tap in range(tiles.taps)])
    return values.reshape(-1, *values.shape[2:])


def _output_of_values(signal: Array, kernel: Array, problem: Problem) -> Array:
    """The output of the inner problem, and from it `y`, by `A^T`."""
    window, tiles = problem.window, Tiles.of(problem.window)
    inner = tiles.inner(problem)
    if tiles.parts == 1:
        products = product(inner, signal[:, :, :, 0], kernel[:, 0])
    else:
        products = _convolution_of(inner).output(signal, kernel.reshape(inner.k_shape), inner)
    count = inner.window.output_length // window.dilation
    values = products.reshape(tiles.values, -1, problem.batch, count, window.dilation, problem.outputs)
    y = _combinations(tiles.matrices()[2].T, list(values), axis=3)
    return shifted(y.reshape(*y.shape[:2], -1, problem.outputs), 0, window.output_length)


def _kernel_of_values(signal: Array, result: Array, problem: Problem) -> Array:
    """The kernel of the inner problem, and from it `k`, by `G^T`."""
    tiles = Tiles.of(problem.window)
    inner = tiles.inner(problem)
    if tiles.parts == 1:
        rows, columns = (a.reshape(a.shape[0], -1, a.shape[4]) for a in (signal, result))
        products = inner.einsum("vpc,vpo->vco", rows, columns)
    else:
        products = _convolution_of(inner).kernel(signal, result, inner)
    values = products.reshape(tiles.values, -1, tiles.parts, problem.inputs, problem.outputs)
    k = _combinations(tiles.matrices()[1].T, list(values), axis=2)
    return shifted(k.reshape(k.shape[0], -1, *k.shape[3:]), 0, problem.window.kernel_size, axis=1)


def _convolution_of(inner: Problem) -> Method:
    return dense.METHOD if inner.platform == "cpu" and inner.accumulate == np.float32 else taps.METHOD


def _tiles_of(a: Array, low: int, count: int, problem: Problem) -> Array:
    """(b, n, time, channels) -> (b, n, count, outputs, dilation, channels), from `low` before the beginning.

    Kept apart from the transforms, which read each entry several times.
    """
    outputs, dilation = Tiles.of(problem.window).outputs, problem.window.dilation

    def ready(a: Array) -> Array:
        return shifted(a.astype(problem.accumulate), low, count * outputs * dilation)

    a = fusion_barrier(problem.platform, ready, a)
    return a.reshape(*a.shape[:2], count, outputs, dilation, a.shape[3])


def _combinations(matrix: np.ndarray, terms: Sequence[Array], axis: int = 0) -> Array:
    """`sum over j of matrix[i, j] * terms[j]` for each `i`, along a new axis."""
    return jnp.stack([_combination(row, terms) for row in matrix], axis=axis)


def _combination(row: np.ndarray, terms: Sequence[Array]) -> Array:
    weighted = [
        term if weight == 1 else term * np.asarray(weight, term.dtype)
        for weight, term in zip(row, terms, strict=True)
        if weight
    ]
    return sum(weighted[1:], start=weighted[0])


def _refuses(problem: Problem) -> str | None:
    if not np.issubdtype(problem.accumulate, np.inexact):
        return f"fractions of a kernel are not exact on integers; x and kernel are {problem.dtype.name}"
    return None


def counts(face: Face, problem: Problem) -> Counts | None:
    """What a face does, or None where it would lose to the sum in any case."""
    if problem.inputs * problem.outputs < cpu.FEWEST_PAIRS:
        return None
    if problem.window.stride > 1 and not dense.folds(problem):
        return None  # computes the positions in between too
    problem = _at_stride_one(face, problem)
    tiles = Tiles.of(problem.window)
    if tiles.taps == 1:
        return None  # the direct sum itself
    inner, pieces = tiles.inner(problem), tiles.pieces(problem)
    in_a_row = tiles.parts == 1 or inner.problems <= cpu.CONVOLUTIONS_IN_A_ROW
    return {
        "call": 1.0,
        "mac" if tiles.parts == 1 else "mac of parts": inner.multiplications,
        "moved": problem.signal_entries,
        "value": inner.signal_entries,
        "value of the kernel": entries(inner.k_shape),
        "step" if in_a_row else "step in a loop": float(inner.problems * pieces.count),
    }


def _workspace(face: Face, problem: Problem) -> float:
    problem = _at_stride_one(face, problem)
    tiles = Tiles.of(problem.window)
    piece = tiles.pieces(problem).problem
    inner = tiles.inner(piece)
    return piece.signal_entries + inner.signal_entries + entries(inner.k_shape)


def _at_stride_one(face: Face, problem: Problem) -> Problem:
    """The problem that is cut into tiles."""
    problem = folded(problem) if dense.folds(problem) else problem
    return problem.mirrored() if face == "input" else problem


METHOD = Method(
    "winograd",
    output,
    input_face,
    kernel_face,
    _refuses,
    spreads=lambda face, problem: True,
    counts=counts,
    workspace=_workspace,
    error_ratio=error_ratio,
    least_saved=0.1,
    unlisted="for many channels on CPU",
)
