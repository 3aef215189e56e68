"""Arrays along their time axis (axis 2): padded, cropped, read by windows, added back; axes moved; a fusion barrier."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.extend.core import jaxpr_as_fun

from jconv import accelerators, cpu
from jconv.window import Window


def shifted(a: Array, low: int, length: int, axis: int = 2) -> Array:
    """`length` positions of `a` along `axis`, beginning `low` before its first; zero where `a` has none.

    The one place where an array is padded or cropped: `shifted(x, low, extent)` is the padded input, and
    `shifted(padded, -low, input_length)` its transpose.
    """
    if not all(isinstance(size, int) for size in (low, length, a.shape[axis])):  # symbols of `jax.export`
        return _padded(a, low, length - low - a.shape[axis], axis=axis)
    start = min(max(-low, 0), a.shape[axis])  # of what is kept of `a`, which may be nothing
    stop = min(max(length - low, start), a.shape[axis])
    before = min(max(start + low, 0), length)
    after = length - before - (stop - start)
    if (start, stop) != (0, a.shape[axis]):
        a = lax.slice_in_dim(a, start, stop, axis=axis)
    return _padded(a, before, after, axis=axis) if before or after else a


def padded_input(x: Array, window: Window) -> Array:
    """`x` over exactly the positions that the windows read."""
    return shifted(x, window.low, window.extent)


def unpadded_input(padded: Array, window: Window) -> Array:
    """The transpose of `padded_input`."""
    return shifted(padded, -window.low, window.input_length)


def tap(padded: Array, start: int | Array, window: Window) -> Array:
    """What the tap `start` positions into the window reads, for every output position; `start` may be traced."""
    reach = (window.output_length - 1) * window.stride + 1
    read = lax.dynamic_slice_in_dim(padded, start, reach, axis=2)
    return lax.slice_in_dim(read, 0, reach, window.stride, axis=2)


def tap_of(kernels: Array, j: int | Array) -> Array:
    """The slice of tap `j`, along axis 1; `j` may be traced."""
    return lax.dynamic_index_in_dim(kernels, j, axis=1, keepdims=False)


def each_tap(one: Callable[[int | Array], Array], taps: int) -> Array:
    """`one(j)` for each tap, along axis 1."""
    if taps <= cpu.UNROLLED:
        return jnp.stack([one(j) for j in range(taps)], axis=1)
    return moved(lax.map(one, jnp.arange(taps)), 0, 1)


def windows(padded: Array, window: Window, platform: str = "cpu") -> Array:
    """(..., batch, extent, channels) -> (..., batch, output length, taps * channels): what each window reads.

    Windows that neither overlap nor leave gaps are there already. Others are gathered, those without dilation whole:
    XLA on a CPU writes slices side by side entry by entry, up to 10 times slower. XLA for TPUs makes of a gather a loop
    over all positions, so that there slices of a few taps are joined.
    """
    *sizes, extent, channels = padded.shape
    taps, stride = window.kernel_size, window.stride
    if taps == stride and window.dilation == 1:
        read = shifted(padded, 0, window.output_length * stride)
    elif platform == "tpu" and taps <= accelerators.TAPS:
        read = jnp.stack([tap(padded, j * window.dilation, window) for j in range(taps)], axis=padded.ndim - 1)
    else:
        rows = padded.reshape(-1, extent * channels)
        run = channels if window.dilation > 1 else taps * channels
        positions = lax.iota(jnp.int32, window.output_length) * stride
        offsets = lax.iota(jnp.int32, taps * channels // run) * window.dilation
        starts = (positions[:, None] + offsets[None, :])[..., None] * channels
        kept = lax.GatherDimensionNumbers(offset_dims=(0, 3), collapsed_slice_dims=(), start_index_map=(1,))
        read = lax.gather(rows, starts, kept, (rows.shape[0], run), mode="promise_in_bounds")
    return read.reshape(*sizes, window.output_length, taps * channels)


def added_windows(rows: Array, window: Window) -> Array:
    """The transpose of `windows`: (..., batch, output length, taps, channels) -> (..., batch, extent, channels).

    Windows without dilation are cut into pieces of `stride` taps, so that few and long slices are added.
    """
    taps, stride = window.kernel_size, window.stride
    pieces = -(-taps // stride)
    if window.dilation > 1 or stride == 1 or pieces > cpu.UNROLLED:
        return overlap_add(lambda j: lax.dynamic_index_in_dim(rows, j, axis=3, keepdims=False), window)
    cut = shifted(rows, 0, pieces * stride, axis=3).reshape(*rows.shape[:3], pieces, stride, rows.shape[4])
    late = [shifted(cut[:, :, :, piece], piece, window.output_length + pieces - 1) for piece in range(pieces)]
    return _unfolded(sum(late[1:], start=late[0]), window.extent)


def overlap_add(term: Callable[[int | Array], Array], window: Window) -> Array:
    """`term(j)` is added at positions `j*dilation, j*dilation + stride, ...` of the extent.

    Position `q*stride + r` is kept as row `q`, phase `r`, so that each term goes to one phase, contiguously.
    """
    stride, taps = window.stride, window.kernel_size
    rows = -(-window.extent // stride)
    like = jax.eval_shape(lambda: term(0))
    if taps <= cpu.UNROLLED:
        places = [divmod(j * window.dilation, stride) for j in range(taps)]
        empty = jnp.zeros((*like.shape[:2], rows, *like.shape[3:]), like.dtype)
        phases = [
            sum((shifted(term(j), row, rows) for j, (row, remainder) in enumerate(places) if remainder == phase), empty)
            for phase in range(stride)
        ]
        return interleaved(phases, window.extent)

    def add(j: Array, out: Array) -> Array:
        row, phase = j * window.dilation // stride, j * window.dilation % stride
        at = (0, 0, row, phase) + (0,) * (out.ndim - 4)
        new = jnp.expand_dims(term(j), 3)
        return lax.dynamic_update_slice(out, lax.dynamic_slice(out, at, new.shape) + new, at)

    first = zeros((*like.shape[:2], rows, stride, *like.shape[3:]), term(0))
    out = lax.fori_loop(0, taps, add, first)
    return _unfolded(out, window.extent)


def interleaved(phases: list[Array], length: int) -> Array:
    """The first `length` positions in order, where `phases[r]` holds positions `r, r + len(phases), ...`."""
    return _unfolded(jnp.stack(phases, axis=3), length)


def _unfolded(folded: Array, length: int) -> Array:
    whole = folded.reshape(*folded.shape[:2], folded.shape[2] * folded.shape[3], *folded.shape[4:])
    return lax.slice_in_dim(whole, 0, length, axis=2)


def zeros(shape: tuple[int, ...], like: Array) -> Array:
    """Zeros of the type of `like`, for a loop to begin with: inside shard_map they vary over the same mesh axes."""
    return jnp.zeros_like(like, shape=shape)


def sum_of_terms(term: Callable[[int | Array], Array], count: int, together: int, most: int = cpu.UNROLLED) -> Array:
    """`sum over j < count of term(j)`, in one fused loop up to `most` terms, beyond in a loop over `together` of them.

    A sum of too many terms in one fused loop runs out of registers.
    """

    def part(first: int | Array, terms: int) -> Array:
        return sum((term(first + j) for j in range(1, terms)), start=term(first))

    if count <= most:
        return part(0, count)
    whole = count // together * together
    total = lax.fori_loop(
        0, count // together, lambda i, total: total + part(i * together, together), jnp.zeros_like(term(0))
    )
    return total if whole == count else total + part(whole, count - whole)


def dilated(a: Array, factor: int, axis: int) -> Array:
    """`a` with `factor - 1` zeros between its entries along `axis`."""
    return a if factor == 1 else _padded(a, 0, 0, factor - 1, axis)


def _padded(a: Array, low: int, high: int, interior: int = 0, axis: int = 2) -> Array:
    widths = [(0, 0, 0)] * a.ndim
    widths[axis] = (low, high, interior)
    return lax.pad(a, jnp.zeros((), a.dtype), widths)


def mirrored_kernel(k: Array) -> Array:
    """Taps reversed, inputs and outputs swapped: the kernel of `Problem.mirrored`."""
    return jnp.flip(jnp.swapaxes(k, 2, 4), 1)


def transposed(a: Array, axes: tuple[int, ...]) -> Array:
    """`jnp.transpose`, as a reshape where only axes of length 1 move: XLA would copy the array."""
    long = [axis for axis in axes if a.shape[axis] != 1]
    return a.reshape([a.shape[axis] for axis in axes]) if long == sorted(long) else jnp.transpose(a, axes)


def moved(a: Array, source: int, destination: int) -> Array:
    """`jnp.moveaxis` by `transposed`."""
    axes = [axis for axis in range(a.ndim) if axis != source]
    axes.insert(destination, source)
    return transposed(a, tuple(axes))


def groups_first(a: Array) -> Array:
    """(problems, batch or taps, time or inputs, groups, channels) -> (problems * groups, ..., ..., channels)."""
    a = moved(a, 3, 1)
    return a.reshape(a.shape[0] * a.shape[1], *a.shape[2:])


def groups_last(a: Array, groups: int) -> Array:
    """The inverse of `groups_first`."""
    return moved(a.reshape(a.shape[0] // groups, groups, *a.shape[1:]), 1, 3)


def fusion_barrier(platform: str, function: Callable[..., Array], *operands: Array) -> Array:
    """`function(*operands)`, on a CPU compiled apart from what comes before and after it.

    XLA on a CPU fuses cheap work into whatever reads it: it is then computed again for each read, or makes a loop too
    long for the registers. An `optimization_barrier` is dropped before that. A branch whose condition the compiler
    cannot know stays by itself: the condition is always true, and the other branch gives zeros of the same type, those
    that vary over devices in shard_map included.
    """
    if platform != "cpu":
        return function(*operands)
    # traced once: barriers lie in barriers, and with a trace for each branch `taps` took 1.7 times as long to compile
    traced = jax.make_jaxpr(function)(*operands)
    shapes, (like,) = [a.shape for a in operands], traced.out_avals

    def apart(*operands: Array) -> Array:
        (result,) = jaxpr_as_fun(traced)(*(a.reshape(shape) for a, shape in zip(operands, shapes, strict=True)))
        return _without_axes_of_one(result)

    def never(*_: Array) -> Array:
        # not jnp.zeros_like(like): JAX 0.10 then fails in a shard_map whose mesh has axes outside it
        result, varying = jnp.zeros(like.shape, like.dtype), like.manual_axis_type.varying
        return _without_axes_of_one(lax.pcast(result, tuple(sorted(varying)), to="varying") if varying else result)

    taken = lax.optimization_barrier(jnp.array(True))
    result = lax.cond(taken, apart, never, *(_without_axes_of_one(a) for a in operands))
    return result.reshape(like.shape)


def result_of_groups(platform: str, a: Array, groups: int) -> Array:
    """The groups beside one another as `groups_last` puts them, on a CPU once for all that read the result.

    XLA otherwise moves the axes again in whatever reads the result, and holds the products of all taps until the last
    has: a loss with a bias and its gradients, 8 groups of 32 channels, took 36 MiB and 16 ms, and takes 28 and 5.
    """
    return groups_last(a, groups) if groups == 1 else fusion_barrier(platform, lambda a: groups_last(a, groups), a)


def _without_axes_of_one(a: Array) -> Array:
    """XLA may order axes of length 1 anew in a branch, for which it makes a copy."""
    return a.reshape([size for size in a.shape if size != 1])
