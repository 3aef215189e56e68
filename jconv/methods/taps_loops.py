"""The output and input faces over few channels, as the elementwise loops that XLA fuses and vectorises."""

from dataclasses import replace

import jax.numpy as jnp
from jax import Array, lax

from jconv import accelerators, cpu
from jconv.methods.arrays import (
    dilated,
    fusion_barrier,
    groups_first,
    groups_last,
    interleaved,
    mirrored_kernel,
    overlap_add,
    padded_input,
    sum_of_terms,
    tap,
    tap_of,
    unpadded_input,
)
from jconv.methods.problem import Counts, Face, Problem
from jconv.window import Window


def suits(face: Face, problem: Problem) -> bool:
    """Whether a face sums over so few channels that elementwise loops beat matrix products.

    For many kernels, products are small and loops win sooner than for one.
    """
    if face == "kernel":
        return max(problem.inputs, problem.outputs) <= cpu.FEW_CHANNELS or has_narrow_groups(problem)
    summed, inner = summed_and_inner(face, problem)
    if summed <= cpu.FEW_CHANNELS or has_narrow_groups(problem):
        return True
    if problem.platform != "cpu" or summed > cpu.NARROW_GROUP or problem.window.kernel_size > most_taps(summed):
        return False
    return _many_kernels(problem) or inner <= cpu.MOST_BESIDE


def summed_and_inner(face: Face, problem: Problem) -> tuple[int, int]:
    """Channels that the output or input face sums over, and those of its result, the innermost loop."""
    return (problem.inputs, problem.outputs) if face == "output" else (problem.outputs, problem.inputs)


def has_narrow_groups(problem: Problem) -> bool:
    """Whether there are many kernels, each of few channels on both sides."""
    return _many_kernels(problem) and max(problem.inputs, problem.outputs) <= cpu.NARROW_GROUP


def _many_kernels(problem: Problem) -> bool:
    return problem.groups * problem.problems > 1


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`y = sum over taps j and inputs c of slice_j(x)[..., c] * k[j, c]`.

    Over several channels the loop is kept apart. XLA would compute what gives `x` once for each tap, and the loop once
    for each read of its result: a step of 16 channels took 15 ms, apart 4. Depthwise loops are cheap, and a bias may be
    fused into them.
    """
    if problem.inputs == 1:
        return _output(x, k, problem)
    return fusion_barrier(problem.platform, lambda x, k: _output(x, k, problem), x, k)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """The gradient for x: taps counted backwards, one phase of the stride at a time (polyphase), kept apart."""
    return fusion_barrier(problem.platform, lambda y, k: _input_face(y, k, problem), y, k)


def _output(x: Array, k: Array, problem: Problem) -> Array:
    """The sum over taps, apart for positions that read padding where that saves a padded copy.

    XLA would pad `x` once for each product. On a CPU, positions that read padding are therefore summed by themselves
    where the sum is short, and the many others need no padded copy; a long sum is faster with one.
    """
    if problem.platform == "tpu" and problem.window.kernel_size * problem.inputs <= accelerators.TAPS:
        return _output_on_lanes(x, k, problem)
    x = lax.optimization_barrier(x)  # else XLA may compute it anew for each tap that reads it
    window = problem.window
    if problem.platform != "cpu":
        return _sum_over_taps(padded_input(x, window), k, problem)
    first, last = window.inside
    short = window.kernel_size <= most_taps(problem.inputs) and window.kernel_size * problem.inputs <= cpu.EDGES_APART
    if short and last - first >= cpu.MOSTLY_INSIDE * window.output_length:
        pieces = ((0, first), (first, last), (last, window.output_length))
        parts = [_some_positions(x, k, problem, *piece) for piece in pieces if piece[0] < piece[1]]
        return jnp.concatenate(parts, axis=2)

    def padded(x: Array) -> Array:
        return padded_input(x, window)

    seen = fusion_barrier(problem.platform, padded, x) if max(window.low, window.high) > 0 else padded(x)
    return _sum_over_taps(seen, k, problem)


def _output_on_lanes(x: Array, k: Array, problem: Problem) -> Array:
    """The sum with time as the last axis, which fills the lanes of a TPU where a few channels would not.

    64 fits of 2 channels and 31 taps are estimated at 0.5 ms on a TPU v5e so, and at 2.7 with channels last.
    """
    window = problem.window
    signals = on_lanes(padded_input(x, window).astype(problem.accumulate))
    weights = groups_first(k.astype(problem.accumulate))  # (problems * groups, taps, inputs, outputs)

    def one(o: int) -> Array:
        terms = [
            tap(signals[c], j * window.dilation, window) * weights[:, j, c, o][:, None, None]
            for j in range(window.kernel_size)
            for c in range(problem.inputs)
        ]
        return sum(terms[1:], start=terms[0])

    y = lax.optimization_barrier([one(o) for o in range(problem.outputs)])
    return groups_last(jnp.stack(y, axis=3), problem.groups)


def on_lanes(a: Array) -> list[Array]:
    """Each channel of (b, n, time, g, channels) as (b * g, n, time), kept apart from what is done with it.

    A TPU's tiles are 8 entries of the last axis but one by 128 of the last: the batch and time, no axis of length 1.
    """
    a = groups_first(a)
    return lax.optimization_barrier([a[:, :, :, c] for c in range(a.shape[3])])


def most_taps(summed: int) -> int:
    """Taps in one fused loop at the most, of so many summed channels.

    More products than these run out of registers and of addresses that caches tell apart, and take long to compile.
    """
    return cpu.LOOP_TAPS if summed == 1 else max(1, cpu.LOOP_PRODUCTS // summed)


def _input_face(y: Array, k: Array, problem: Problem) -> Array:
    y = lax.optimization_barrier(y)
    window = problem.window
    stride = window.stride
    if (
        window.kernel_size <= cpu.SHIFTED_TAPS and problem.outputs <= cpu.FEW_CHANNELS
    ):  # one loop: their padding is fused as well
        transposed = jnp.swapaxes(k, 2, 4)
        padded = overlap_add(lambda j: _weighted(y, transposed, j, problem), window)
        return unpadded_input(padded, window)
    mirrored = fusion_barrier(problem.platform, mirrored_kernel, k)
    if stride == 1 or window.kernel_size > cpu.UNROLLED:
        return _output(dilated(y, stride, axis=2), mirrored, problem.mirrored())
    phases = [_phase(y, mirrored, phase, problem) for phase in range(stride)]
    return unpadded_input(interleaved(phases, window.extent), window)


def _phase(y: Array, mirrored: Array, phase: int, problem: Problem) -> Array:
    """Every `stride`-th position of the padded input, from `phase` on: an output face of the taps that write there."""
    window, stride = problem.window, problem.window.stride
    rows = -(-window.extent // stride)
    taps = [j for j in range(window.kernel_size) if j * window.dilation % stride == phase]
    if not taps:
        return jnp.zeros((*y.shape[:2], rows, *problem.x_shape[3:]), problem.accumulate)
    late = [j * window.dilation // stride for j in taps]  # rows after its output position where a tap writes
    step, apart = (taps[1] - taps[0], late[1] - late[0]) if len(taps) > 1 else (1, 1)
    behind = window.kernel_size - 1
    kernel = lax.slice_in_dim(mirrored, behind - taps[-1], behind - taps[0] + 1, step, axis=1)
    reads = Window(window.output_length, len(taps), rows, dilation=apart, low=late[-1])
    return _output(y, kernel, replace(problem, window=reads, inputs=problem.outputs, outputs=problem.inputs))


def _some_positions(x: Array, k: Array, problem: Problem, first: int, last: int) -> Array:
    """Output positions `first` to `last`."""
    window = problem.window.some(first, last)
    return _sum_over_taps(padded_input(x, window), k, replace(problem, window=window))


def _sum_over_taps(seen: Array, k: Array, problem: Problem) -> Array:
    """The output of a signal that is padded already."""
    window, most = problem.window, most_taps(problem.inputs)

    def term(j: int | Array) -> Array:
        return _weighted(tap(seen, j * window.dilation, window), k, j, problem)

    if problem.platform != "cpu":
        return sum_of_terms(term, window.kernel_size, cpu.UNROLLED, accelerators.TAPS)
    if problem.inputs == 1 or window.kernel_size <= most:
        return sum_of_terms(term, window.kernel_size, cpu.LOOP_TAPS_AT_ONCE, most)
    return _sum_in_parts(seen, k, problem)


def _sum_in_parts(seen: Array, k: Array, problem: Problem) -> Array:
    """The sum over taps in several fused loops, each adding to the result of the one before.

    Many parts take turns in a loop over copies of their positions and taps: XLA does not vectorise sums over several
    channels whose first position is not static.
    """
    window, platform = problem.window, problem.platform
    parts = -(-window.kernel_size // most_taps(problem.inputs))
    taps = -(-window.kernel_size // parts)

    def part(seen: Array, k: Array, first: int, last: int) -> Array:
        terms = [_weighted(tap(seen, j * window.dilation, window), k, j, problem) for j in range(first, last)]
        return sum(terms[1:], start=terms[0])

    if parts <= cpu.STRAIGHT_PARTS:
        total = part(seen, k, 0, taps)
        for first in range(taps, window.kernel_size, taps):
            last = min(first + taps, window.kernel_size)
            total = fusion_barrier(platform, lambda total, a=first, b=last: total + part(seen, k, a, b), total)
        return total

    whole = window.kernel_size // taps
    reach = (window.output_length - 1) * window.stride + (taps - 1) * window.dilation + 1

    def add(i: Array, total: Array) -> Array:
        first = i * taps
        read = fusion_barrier(platform, lambda: lax.dynamic_slice_in_dim(seen, first * window.dilation, reach, axis=2))
        kernel = fusion_barrier(platform, lambda: lax.dynamic_slice_in_dim(k, first, taps, axis=1))
        return fusion_barrier(platform, lambda total: total + part(read, kernel, 0, taps), total)

    total = lax.fori_loop(0, whole, add, jnp.zeros_like(part(seen, k, 0, 1)))
    rest = whole * taps
    return total + part(seen, k, rest, window.kernel_size) if rest < window.kernel_size else total


def _weighted(seen: Array, k: Array, j: int | Array, problem: Problem) -> Array:
    """`sum over channels c of seen[..., c] * k[:, j, c]`."""
    seen, weights = seen.astype(problem.accumulate), tap_of(k, j).astype(problem.accumulate)
    products = [seen[..., c : c + 1] * weights[:, None, None, c] for c in range(k.shape[2])]
    return sum(products[1:], start=products[0])


def counts(face: Face, problem: Problem) -> Counts:
    """What the output or the input face does."""
    window = problem.window
    summed, inner = summed_and_inner(face, problem)
    depthwise = summed == inner == 1
    phases = 1 if face == "output" or window.kernel_size > cpu.UNROLLED else window.stride
    parts = -(-window.kernel_size // (phases * most_taps(summed)))
    looped = parts > (1 if summed == 1 else cpu.STRAIGHT_PARTS)
    passes = -(-window.kernel_size // (phases * cpu.LOOP_TAPS_AT_ONCE)) if looped and summed == 1 else parts
    if window.kernel_size > cpu.UNROLLED and face == "input" and window.stride > 1:  # zeros between the entries of y
        problem = replace(problem, window=replace(window, output_length=window.output_length * window.stride))
    work = problem.multiplications * (max(1.0, cpu.LANES / problem.groups) if depthwise else lanes_used(inner))
    return {
        "call": 1.0,
        "mac" if depthwise else "mac of groups": work,
        "moved": problem.signal_entries,
        "step": float(passes),
    }


def lanes_used(inner: int) -> float:
    """Lanes used for each entry of an innermost loop, which is rounded up to whole vectors."""
    return -(-inner // cpu.LOOP_VECTOR) * cpu.LOOP_VECTOR / inner
