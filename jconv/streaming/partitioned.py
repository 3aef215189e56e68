"""Streams by products of spectra: overlap-save, the kernel cut into partitions of one block (Wefers 2015, chapter 5).

The stream is brought to a plain filter at full rate, `z[n] = sum over i < span of u[n - i] * h[i]`: a stride takes some
of its outputs, a transpose has zeros between its inputs, a dilation zeros between its taps. Each block of `block`
samples is transformed once, with the block before it, and its spectrum is kept in a delay line while partitions of the
kernel are to meet it. A block that is not full yet is transformed with zeros for what is missing, so that no output
waits for it.

A NaN reaches only outputs within `span + 2*block` samples of it, at full rate: those whose blocks its spectra take
part in. Nothing is summed from one block to the next, so that it leaves no trace behind that.
"""

from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jconv.methods.arrays import dilated, shifted
from jconv.primitive import sum_dtype
from jconv.window import span

AT_ONCE = 32  # partitions up to which many blocks are multiplied together; beyond, one after another holds less


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Spectra:
    """The kernel of one stream, transformed: what `Stream.prepare` returns for "fft".

    Attributes:
        parts: spectra of the partitions, the last first, `(groups, inputs, outputs, partitions, frequencies)`.
        stream: whose kernel it is.
        shape: of the kernel.
        dtype: of the kernel.
    """

    parts: Array
    stream: object = field(metadata={"static": True})
    shape: tuple[int, int, int] = field(metadata={"static": True})
    dtype: np.dtype = field(metadata={"static": True})


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class DelayLine:
    """What is kept of past samples; all arrays begin with the batch axes, the groups and the channels of a group.

    Attributes:
        spectra: of the last full blocks, the oldest first, `(..., partitions - 1, frequencies)`.
        before: the last full block, `(..., block)`.
        partial: the samples of the block that is not full yet, `(..., fewer than block)`.
        held: the latest samples, which the filter does not see yet, `(..., hold)`.
    """

    spectra: Array
    before: Array
    partial: Array
    held: Array


def partitions(stream) -> int:
    """Into how many parts the kernel of a stream is cut."""
    return -(-span(stream.kernel_size, stream.dilation) // stream.block)


def prepare(kernel: Array, stream) -> Spectra:
    """Transform the kernel."""
    taps, given, last = kernel.shape
    h = kernel.astype(sum_dtype(kernel.dtype)).reshape(taps, given, stream.groups, last // stream.groups)
    # a correlation's last tap meets the latest sample, a convolution's first
    h = jnp.transpose(h, (2, 3, 1, 0)) if stream.transposed else jnp.transpose(jnp.flip(h, 0), (2, 1, 3, 0))
    h = dilated(h, stream.dilation, axis=3)
    count = partitions(stream)
    h = shifted(h, 0, count * stream.block, axis=3).reshape(*h.shape[:3], count, stream.block)
    return Spectra(jnp.flip(_transform(h, 2 * stream.block), 3), stream, (taps, given, last), kernel.dtype)


def begin(batch_shape: tuple[int, ...], channels: int, dtype: jnp.dtype, stream) -> DelayLine:
    """A line that has seen zeros alone."""
    axes, wide = (*batch_shape, stream.groups, channels // stream.groups), sum_dtype(dtype)
    before = jnp.zeros((*axes, stream.block), wide)
    spectrum = jax.eval_shape(lambda: _transform(before, 2 * stream.block))
    spectra = jnp.zeros((*axes, partitions(stream) - 1, spectrum.shape[-1]), spectrum.dtype)
    return DelayLine(spectra, before, before[..., :0], jnp.zeros((*axes, stream.schedule.hold), wide))


def advance(line: DelayLine, chunk: Array, slots: int, kernel: Spectra, stream) -> tuple[DelayLine, Array]:
    """Move on by `slots` samples at full rate, at least one; also return the filter's `(..., outputs, slots)`."""
    block, begun = stream.block, line.partial.shape[-1]
    u = jnp.concatenate([line.held, _at_full_rate(chunk, slots, line.before.dtype, stream)], axis=-1)
    u, held = u[..., :slots], u[..., slots:]
    samples = jnp.concatenate([line.partial, u], axis=-1)
    full, count = samples.shape[-1] // block, -(-samples.shape[-1] // block)
    blocks = shifted(samples, 0, count * block, axis=u.ndim - 1).reshape(*u.shape[:-1], count, block)
    blocks = jnp.concatenate([line.before[..., None, :], blocks], axis=-2)
    pairs = jnp.concatenate([blocks[..., :-1, :], blocks[..., 1:, :]], axis=-1)
    spectra = jnp.concatenate([line.spectra, _transform(pairs, 2 * block)], axis=-2)
    z = _samples(_products(spectra, kernel.parts, count), 2 * block, line.before.dtype)[..., block:]
    z = z.reshape(*z.shape[:-2], count * block)[..., begun : begun + slots]
    line = DelayLine(
        spectra[..., full : full + partitions(stream) - 1, :],
        blocks[..., full, :],
        samples[..., full * block :],
        held,
    )
    return line, z


def _at_full_rate(chunk: Array, slots: int, dtype: np.dtype, stream) -> Array:
    """`(*batch, length, channels)` -> `(*batch, groups, channels of one, slots)`, zeros where no input lies."""
    *batch, length, channels = chunk.shape
    axes = (*batch, stream.groups, channels // stream.groups)
    if length == 0:
        return jnp.zeros((*axes, slots), dtype)
    u = jnp.swapaxes(chunk.astype(dtype), -1, -2).reshape(*axes, length)
    return shifted(dilated(u, stream.schedule.slots_each, axis=u.ndim - 1), 0, slots, axis=u.ndim - 1)


def _products(spectra: Array, parts: Array, count: int) -> Array:
    """The spectra of `count` blocks of results: block `b` sums those of signal blocks `b` to `b + partitions - 1`."""
    partitions = parts.shape[3]
    if count == 1:
        return _sum(spectra, parts)[..., None, :]
    if partitions > AT_ONCE:

        def one(b: Array) -> Array:
            return _sum(lax.dynamic_slice_in_dim(spectra, b, partitions, axis=spectra.ndim - 2), parts)

        return jnp.moveaxis(lax.map(one, jnp.arange(count)), 0, -2)
    each = [_times(spectra[..., p : p + count, :], parts[..., p, :]) for p in range(partitions)]
    return sum(each[1:], start=each[0])


def _sum(spectra: Array, parts: Array) -> Array:
    """Sum over inputs and partitions: `(..., groups, inputs, partitions, f)` -> `(..., groups, outputs, f)`."""
    if parts.shape[1] == 1:  # no sum over inputs: XLA is better off without a matrix product
        return jnp.sum(spectra * _behind_batch(parts[:, 0], spectra), axis=-2)
    return jnp.einsum("...gcpf,gcopf->...gof", spectra, parts, precision=lax.Precision.HIGHEST)


def _times(spectra: Array, part: Array) -> Array:
    """Of one partition: `(..., groups, inputs, blocks, f)` -> `(..., groups, outputs, blocks, f)`."""
    if part.shape[1] == 1:
        return spectra * _behind_batch(part[:, 0, :, None], spectra)
    return jnp.einsum("...gcbf,gcof->...gobf", spectra, part, precision=lax.Precision.HIGHEST)


def _behind_batch(a: Array, other: Array) -> Array:
    """`a` with axes of length 1 in front, as many as `other` has."""
    return a.reshape((1,) * (other.ndim - a.ndim) + a.shape)


def _transform(a: Array, size: int) -> Array:
    return jnp.fft.fft(a, size) if jnp.iscomplexobj(a) else jnp.fft.rfft(a, size)


def _samples(spectrum: Array, size: int, dtype: jnp.dtype) -> Array:
    inverse = jnp.fft.ifft if jnp.issubdtype(dtype, jnp.complexfloating) else jnp.fft.irfft
    return inverse(spectrum, size)
