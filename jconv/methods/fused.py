"""The output and input faces over few channels, as the elementwise loops that XLA fuses and vectorises."""

from collections.abc import Callable
from dataclasses import replace

import jax.numpy as jnp
from jax import Array, lax

from jconv.methods.arrays import (
    UNROLLED,
    dilated,
    interleaved,
    mirrored_kernel,
    overlap_add,
    shifted,
    sum_of_terms,
    tap,
    tap_of,
    unpadded_input,
)
from jconv.methods.problem import Face, Problem

FEW = 4  # channels that are summed by unrolling, whatever else
NARROW = 16  # and this many where both sides of a group have no more: a matrix product has nothing to reuse there
SHORT = 64  # products, and channels beside those summed, up to which a lone kernel is summed by unrolling as well
VECTOR = 8  # entries that XLA's loops work on at once
SHIFTED_TAPS = 8  # of the input face that are padded and added in one fused loop
MOSTLY = 0.5  # of the positions read no padding: else it is not worth setting the others apart


def suits(face: Face, problem: Problem) -> bool:
    """Whether a face sums over so few channels that elementwise loops beat matrix products.

    For many kernels, products are small and loops win sooner than for one.
    """
    if face == "kernel":
        return max(problem.inputs, problem.outputs) <= FEW or has_narrow_groups(problem)
    summed, inner = summed_and_inner(face, problem)
    if summed <= FEW or has_narrow_groups(problem):
        return True
    if _many_kernels(problem):
        unrolls = problem.window.kernel_size <= most_taps(summed)
    else:
        unrolls = problem.window.kernel_size * summed <= SHORT and inner <= SHORT
    return problem.platform == "cpu" and summed <= NARROW and unrolls


def summed_and_inner(face: Face, problem: Problem) -> tuple[int, int]:
    """Channels that the output or input face sums over, and those of its result, the innermost loop."""
    return (problem.inputs, problem.outputs) if face == "output" else (problem.outputs, problem.inputs)


def has_narrow_groups(problem: Problem) -> bool:
    """Whether there are many kernels, each of few channels on both sides."""
    return _many_kernels(problem) and max(problem.inputs, problem.outputs) <= NARROW


def _many_kernels(problem: Problem) -> bool:
    return problem.groups * problem.problems > 1


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`y = sum over taps j and inputs c of slice_j(x)[..., c] * k[j, c]`.

    On a CPU, in one fused loop, the positions that read padding are summed by themselves, so that the many others need
    no padded copy of `x`, which XLA would pad anew for each product; a loop over taps is better off with the copy.
    """
    x = lax.optimization_barrier(x)  # else XLA may compute it anew for each tap that reads it
    window, stride = problem.window, problem.window.stride
    before = min(-(-max(window.low, 0) // stride), window.output_length)  # the first window that reads no padding
    after = min((window.input_length + window.low - window.span) // stride + 1, window.output_length)
    looped = window.kernel_size > most_taps(problem.inputs)
    if problem.platform != "cpu" or looped or after - before < MOSTLY * window.output_length:
        return _some_positions(x, k, problem, 0, window.output_length)
    pieces = ((0, before), (before, after), (after, window.output_length))
    return jnp.concatenate([_some_positions(x, k, problem, *piece) for piece in pieces if piece[0] < piece[1]], axis=2)


def most_taps(summed: int) -> int:
    """Taps in one fused loop at the most, of so many summed channels.

    More products than these run out of registers and of addresses that caches tell apart, and take long to compile.
    """
    return 32 if summed == 1 else max(1, 128 // summed)


def taps_at_once(summed: int) -> int:
    """Beyond, taps in each iteration of a loop over them."""
    return 8 if summed == 1 else max(1, 32 // summed)


def _some_positions(x: Array, k: Array, problem: Problem, first: int, last: int) -> Array:
    """Output positions `first` to `last`."""
    window = replace(problem.window, output_length=last - first)
    seen = shifted(x, window.low - first * window.stride, window.extent)
    return _weighted_sum(lambda j: tap(seen, j * window.dilation, window), k, window.kernel_size, problem)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """The same with the taps counted backwards, one phase of the stride at a time (polyphase)."""
    y = lax.optimization_barrier(y)
    window = problem.window
    stride, transposed = window.stride, jnp.swapaxes(k, 2, 4)
    if window.kernel_size <= SHIFTED_TAPS and problem.outputs <= FEW:  # one loop: their padding is fused as well
        padded = overlap_add(lambda j: _weighted(y, transposed, j, problem), window)
        return unpadded_input(padded, window)
    if stride == 1 or window.kernel_size > UNROLLED:
        return output(dilated(y, stride, axis=2), mirrored_kernel(k), problem.mirrored())
    rows = -(-window.extent // stride)
    most = (window.kernel_size - 1) * window.dilation // stride  # rows that the last tap is late
    padded = shifted(y, most, rows + most)
    phases = []
    for phase in range(stride):
        taps = [j for j in range(window.kernel_size) if j * window.dilation % stride == phase]
        if not taps:
            phases.append(jnp.zeros((*y.shape[:2], rows, *problem.x_shape[3:]), problem.accumulate))
            continue
        first, step = taps[0], (taps[1] - taps[0] if len(taps) > 1 else 1)

        def read(i: int | Array, first: int = first, step: int = step) -> Array:
            late = (first + i * step) * window.dilation // stride
            return lax.dynamic_slice_in_dim(padded, most - late, rows, axis=2)

        kernels = lax.slice_in_dim(transposed, first, taps[-1] + 1, step, axis=1)
        phases.append(_weighted_sum(read, kernels, len(taps), problem))
    return unpadded_input(interleaved(phases, window.extent), window)


def _weighted_sum(read: Callable[[int | Array], Array], k: Array, taps: int, problem: Problem) -> Array:
    """`sum over taps j and channels c of read(j)[..., c] * k[:, j, c]`, elementwise."""

    def term(j: int | Array) -> Array:
        return _weighted(read(j), k, j, problem)

    if problem.platform != "cpu":
        return sum_of_terms(term, taps, UNROLLED)
    return sum_of_terms(term, taps, taps_at_once(k.shape[2]), most_taps(k.shape[2]))


def _weighted(seen: Array, k: Array, j: int | Array, problem: Problem) -> Array:
    """`sum over channels c of seen[..., c] * k[:, j, c]`."""
    seen, weights = seen.astype(problem.accumulate), tap_of(k, j).astype(problem.accumulate)
    products = [seen[..., c : c + 1] * weights[:, None, None, c] for c in range(k.shape[2])]
    return sum(products[1:], start=products[0])
