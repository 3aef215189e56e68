"""The kernel face over few channels: on a CPU a loop over positions whose body XLA fuses and vectorises."""

import math
from collections.abc import Callable
from dataclasses import replace

import jax.numpy as jnp
from jax import Array, lax

from jconv import accelerators, cpu
from jconv.methods.arrays import fusion_barrier, groups_last, moved, padded_input, tap, zeros
from jconv.methods.problem import Counts, Problem
from jconv.methods.taps_loops import has_narrow_groups, lanes_used, on_lanes


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """The gradient for the kernel: on a CPU one loop over positions, which adds the products of every tap.

    It reads `x` and `y` once: with 4 depthwise taps 9 times faster than one sum for each tap. An accelerator would
    launch a small program for each iteration, so there each tap is a sum of its own. On a CPU all of it is kept apart
    from what gives the operands. XLA would fuse a cheap loss into the sum of every tap: the gradient of a sum of
    squares, with 64 channels and 31 taps 40 apart, took 77 ms, and 4 with the loss apart.
    """
    window = problem.window
    if problem.platform != "cpu":
        return _kernel_by_reductions(padded_input(x, window), y, problem)
    return fusion_barrier(problem.platform, lambda x, y: _kernel_on_cpu(x, y, problem), x, y)


def _kernel_on_cpu(x: Array, y: Array, problem: Problem) -> Array:
    """In blocks, or by loops; positions whose windows read padding have a loop of their own, and only these a copy."""
    window = problem.window
    if by_blocks(problem):
        return _kernel_by_blocks(padded_input(x, window), y, problem)
    first, last = window.inside
    if last - first < cpu.MOSTLY_INSIDE * window.output_length:
        return _kernel_by_loop(padded_input(x, window), y, (0, 0), problem)
    parts = []
    for start, stop in ((0, first), (first, last), (last, window.output_length)):
        if start < stop:
            some = window.some(start, stop)
            part = replace(problem, window=some)
            if start == first:
                parts.append(_kernel_by_loop(x, y, (-some.low, start), part))
            else:
                sent = lax.slice_in_dim(y, start, stop, axis=2)
                parts.append(_kernel_by_loop(padded_input(x, some), sent, (0, 0), part))
    return sum(parts[1:], start=parts[0])


def _kernel_by_loop(x: Array, y: Array, begins: tuple[int, int], problem: Problem) -> Array:
    """A loop over positions; `begins` is where it starts: (index into x, index into y)."""
    if by_groups(problem):
        return _kernel_of_groups(x, y, begins, problem)
    if problem.problems == 1:
        k = _kernel_of_one(x, y, begins, 0, problem)[None]
    else:
        k = lax.map(lambda b: _kernel_of_one(x, y, begins, b, problem), jnp.arange(problem.problems))
    k = k.reshape(*k.shape[:2], problem.groups, problem.inputs, problem.outputs)
    return jnp.swapaxes(k, 2, 3)


def _kernel_by_reductions(padded: Array, y: Array, problem: Problem) -> Array:
    """`k_j = sum over n and t of slice_j(x) * y`, elementwise.

    The windows of all taps are stacked, which XLA fuses into one reduction: with 31 depthwise taps one kernel that
    holds nothing, where one sum for each tap made 33 and wrote all products.
    """
    window = problem.window
    if problem.platform == "tpu" and window.kernel_size * problem.inputs <= accelerators.TAPS:
        return _kernel_on_lanes(padded, y, problem)
    padded, sent = padded.astype(problem.accumulate), y.astype(problem.accumulate)[..., None, :]

    def some(first: int | Array, count: int) -> Array:  # (b, count, inputs, g, outputs)
        reads = [tap(padded, (first + j) * window.dilation, window) for j in range(count)]
        seen = jnp.stack(reads, axis=1)[..., None]
        return jnp.swapaxes(jnp.sum(seen * sent[:, None], axis=(2, 3), dtype=problem.accumulate), 2, 3)

    if window.kernel_size <= accelerators.TAPS:
        return some(0, window.kernel_size)
    return moved(lax.map(lambda j: some(j, 1)[:, 0], jnp.arange(window.kernel_size)), 0, 1)


def _kernel_on_lanes(padded: Array, y: Array, problem: Problem) -> Array:
    """One sum for each tap and pair of channels, as `jconv.methods.taps_loops` has the output face."""
    seen, sent = (on_lanes(a.astype(problem.accumulate)) for a in (padded, y))

    def one(j: int, c: int) -> Array:  # (b * g, outputs)
        read = tap(seen[c], j * problem.window.dilation, problem.window)
        return jnp.stack([jnp.sum(read * cotangent, axis=(1, 2)) for cotangent in sent], axis=1)

    taps = [jnp.stack([one(j, c) for c in range(problem.inputs)], axis=1) for j in range(problem.window.kernel_size)]
    return groups_last(jnp.stack(taps, axis=1), problem.groups)


def by_groups(problem: Problem) -> bool:
    """Whether the innermost loop is over the outputs of one group, and not over all channels."""
    return problem.inputs * problem.outputs > 1 and has_narrow_groups(problem)


def by_blocks(problem: Problem) -> bool:
    """Whether there are so few channels that starting an iteration would take longer than what it adds."""
    window = problem.window
    depthwise = problem.problems == problem.inputs == problem.outputs == 1 < problem.groups <= cpu.BLOCKED_CHANNELS
    return depthwise and window.kernel_size <= cpu.UNROLLED and window.output_length >= cpu.BLOCK_ROWS


def rows_at_once(lanes: int) -> int:
    """Positions that one iteration adds, where a position has `lanes` entries."""
    return min(max(cpu.ROW_ENTRIES // lanes, cpu.FEWEST_ROWS), cpu.MOST_ROWS)


def rows_of_groups(problem: Problem) -> int:
    """Positions that one iteration adds where groups have several channels.

    Of 8 to 32, these are vectorised by both versions of XLA that were tried; others are 4 to 10 times slower.
    """
    return 16 if problem.outputs < cpu.LOOP_VECTOR else 20


def _kernel_of_one(x: Array, y: Array, begins: tuple[int, int], b: int | Array, problem: Problem) -> Array:
    """The kernel of problem `b`, (taps, groups * inputs * outputs).

    The last axis is long and the batch is an axis of its own: of the forms tried, older XLA vectorises only this one.
    `x` and `y` keep their shapes, because XLA may copy an array that is reshaped for a loop.
    """
    window = problem.window
    channels = (problem.groups, problem.inputs, problem.outputs)
    taps, rows = min(window.kernel_size, cpu.TAPS_A_PASS), min(rows_at_once(math.prod(channels)), window.output_length)

    def pairs(row: Array, *shape: int) -> Array:
        return jnp.broadcast_to(row.reshape(shape), channels).reshape(math.prod(channels))

    def some_taps(first: int | Array, count: int) -> Array:
        def add(n: int | Array, t: int | Array, rows: int, total: Array) -> Array:
            reach = (rows - 1) * window.stride + (count - 1) * window.dilation + 1
            start = begins[0] + t * window.stride + first * window.dilation
            read = lax.dynamic_slice(x, (b, n, start, 0, 0), (1, 1, reach, *x.shape[3:])).reshape(reach, -1)
            sent = lax.dynamic_slice(y, (b, n, begins[1] + t, 0, 0), (1, 1, rows, *y.shape[3:])).reshape(rows, -1)

            def product(j: int, row: int) -> Array:
                seen = pairs(read[row * window.stride + j * window.dilation], problem.groups, problem.inputs, 1)
                return seen * pairs(sent[row], problem.groups, 1, problem.outputs)

            terms = [sum((product(j, row) for row in range(1, rows)), start=product(j, 0)) for j in range(count)]
            return total + jnp.stack(terms)

        return _over_positions(add, rows, zeros((count, math.prod(channels)), x), problem)

    whole, rest = divmod(window.kernel_size, taps)
    if whole == 1:
        parts = [some_taps(0, taps)]
    else:
        mapped = lax.map(lambda i: some_taps(i * taps, taps), jnp.arange(whole))
        parts = [mapped.reshape(whole * taps, mapped.shape[2])]
    if rest:
        parts.append(some_taps(whole * taps, rest))
    return jnp.concatenate(parts)


def _kernel_of_groups(x: Array, y: Array, begins: tuple[int, int], problem: Problem) -> Array:
    """The kernels of all groups and problems at once; the innermost loop runs over the outputs of one group.

    Iterations add to two accumulators in turn. XLA updates one of two in place by one thread. A single accumulator it
    would split over threads, and starting these takes longer than an iteration.
    """
    window = problem.window
    rows = min(rows_of_groups(problem), window.output_length)

    def add(n: int | Array, t: int | Array, rows: int, totals: Array) -> Array:
        reach = (rows - 1) * window.stride + window.span
        read = lax.dynamic_slice_in_dim(x, n, 1, axis=1)
        read = lax.dynamic_slice_in_dim(read, begins[0] + t * window.stride, reach, axis=2)[:, 0]
        sent = lax.dynamic_slice_in_dim(y, n, 1, axis=1)
        sent = lax.dynamic_slice_in_dim(sent, begins[1] + t, rows, axis=2)[:, 0]

        def products(row: int) -> Array:  # (problems, groups, taps, inputs, outputs)
            first = row * window.stride
            seen = lax.slice_in_dim(read, first, first + window.span, window.dilation, axis=1)
            return jnp.swapaxes(seen, 1, 2)[..., None] * sent[:, row, :, None, None, :]

        turn = t // rows % 2
        added = sum((products(row) for row in range(1, rows)), start=products(0))
        total = lax.dynamic_index_in_dim(totals, turn) + added[None]
        return lax.dynamic_update_index_in_dim(totals, total, turn, 0)

    sizes = (2, problem.problems, problem.groups, window.kernel_size, problem.inputs, problem.outputs)
    totals = _over_positions(add, rows, zeros(sizes, x), problem)
    return jnp.transpose(totals[0] + totals[1], (0, 2, 3, 1, 4))


def _kernel_by_blocks(padded: Array, y: Array, problem: Problem) -> Array:
    """Blocks of positions are summed by one fused loop for each tap; a product with ones adds up the blocks."""
    window = problem.window
    whole, rest = divmod(window.output_length, cpu.BLOCK_ROWS)
    ones = jnp.ones((problem.batch, whole), problem.accumulate)

    def block_sums(j: int, first: int, rows: int, count: int) -> Array:  # (1, batch, count, groups)
        def product(row: int) -> Array:
            step, start = cpu.BLOCK_ROWS * window.stride, (first + row) * window.stride + j * window.dilation
            seen = lax.slice_in_dim(padded, start, start + (count - 1) * step + 1, step, axis=2)
            sent = lax.slice_in_dim(
                y, first + row, first + row + (count - 1) * cpu.BLOCK_ROWS + 1, cpu.BLOCK_ROWS, axis=2
            )
            return (seen * sent)[..., 0]

        return sum((product(row) for row in range(1, rows)), start=product(0))

    def one(j: int) -> Array:
        k = problem.einsum("nt,bntg->bg", ones, block_sums(j, 0, cpu.BLOCK_ROWS, whole))
        if rest:
            k += jnp.sum(block_sums(j, whole * cpu.BLOCK_ROWS, rest, 1), axis=(1, 2), dtype=problem.accumulate)
        return k[:, None, :, None]

    return jnp.stack([one(j) for j in range(window.kernel_size)], axis=1)


def _over_positions(add: Callable[..., Array], rows: int, total: Array, problem: Problem) -> Array:
    """`total` after `add(n, t, rows, total)` for every batch entry `n` and every `rows` positions, from `t` on."""
    whole, rest = divmod(problem.window.output_length, rows)
    total = lax.fori_loop(
        0, problem.batch * whole, lambda i, total: add(i // whole, i % whole * rows, rows, total), total
    )
    if rest:
        total = lax.fori_loop(0, problem.batch, lambda n, total: add(n, whole * rows, rest, total), total)
    return total


def counts(problem: Problem) -> Counts:
    """What the kernel face does."""
    work = problem.multiplications
    if by_groups(problem):
        lanes = cpu.LOOP_VECTOR if problem.outputs < cpu.FEWEST_IN_A_VECTOR else lanes_used(problem.outputs)
        return {"call": 1.0, "mac of groups": work * lanes}
    if by_blocks(problem):
        return {"call": 1.0, "mac of blocks": work}
    channels = problem.groups * problem.inputs * problem.outputs
    passes = -(-problem.window.kernel_size // cpu.TAPS_A_PASS)
    positions = problem.problems * problem.batch * problem.window.output_length
    return {
        "call": 1.0,
        "mac": work * max(1.0, cpu.LANES / channels),
        "moved": passes * problem.signal_entries,
        "step": passes * positions / rows_at_once(channels),
    }
