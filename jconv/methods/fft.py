"""Products of spectra, over the whole signal or block by block (overlap-save).

A long signal is cut into blocks of `hop` positions. Each output block reads `hop + span - 1` inputs (overlap-save);
each input block is written to by as many (overlap-add); the kernel sums over the blocks in the frequency domain, so
one inverse transform suffices. A single block is the whole-signal transform.

The error is relative to the norms of the operands, not to each output: an isolated large value, or one NaN, spreads
over its whole block.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array

from jconv.methods.arrays import dilated, padded_input, shifted, unpadded_input
from jconv.methods.problem import Face, Method, Problem
from jconv.window import Window

LEAST_BLOCK = 4  # a block's transform is at least this many spans long, where the signal is


class Blocks(NamedTuple):
    """How a signal is cut: `count` blocks of `hop` positions, transformed at length `size >= hop + span - 1`."""

    count: int
    hop: int
    size: int

    @classmethod
    def of(cls, window: Window) -> "Blocks":
        """One block if the signal is short in spans, else blocks of about `LEAST_BLOCK` spans."""
        positions = window.extent - window.span + 1
        size = fast_length(max(LEAST_BLOCK * window.span, 1024))
        hop = size - window.span + 1
        if positions <= 2 * hop:
            return cls(1, positions, fast_length(window.extent))
        return cls(-(-positions // hop), hop, size)


def fast_length(least: int) -> int:
    """The least `2^a 3^b 5^c` that is not below `least`.

    >>> fast_length(1021)
    1024
    """
    best = 1 << max(least - 1, 0).bit_length()
    five = 1
    while five < best:
        three = five
        while three < best:
            quotient = -(-least // three)
            best = min(best, three << max(quotient - 1, 0).bit_length())
            three *= 3
        five *= 5
    return best


def error_ratio(face: Face, problem: Problem) -> float:
    """How many times the error bound of a direct sum that of this method is, for random data of one scale.

    A transform's error is at most about `2 eps |x| |k|`, in norms over what one block contracts; a direct sum's
    `4 eps sum |x| |k|`. Of random data with `n` terms a result, the sum is about `2/pi n`, and a norm the root of its
    number of entries.
    """
    window, blocks = problem.window, Blocks.of(problem.window)
    if face == "output":
        longer = (blocks.hop + window.span - 1) / window.kernel_size
    elif face == "input":
        longer = blocks.hop * window.stride / window.kernel_size
    else:
        longer = window.extent / window.output_length
    return np.pi / 4 * longer**0.5


def output(x: Array, k: Array, problem: Problem) -> Array:
    """`Y = sum over c of X_c * conj(K_c)`, a correlation."""
    window, blocks, precision = problem.window, Blocks.of(problem.window), problem.precision
    signal = _spectrum(_reading_blocks(x, problem, blocks), blocks)
    kernel = _reversed_spectrum(_kernel_over_time(k, problem), blocks)
    if problem.inputs == 1:  # no sum: XLA is better off without a matrix product
        product = signal * kernel[:, None, :, None, 0]
    else:
        product = jnp.einsum("bngmcf,bgcof->bngmof", signal, kernel, precision=precision)
    y = _samples(product, blocks, problem)[..., : blocks.hop]  # (b, n, g, blocks, o, hop)
    y = _joined(y)[..., : window.extent - window.span + 1 : window.stride]
    return jnp.moveaxis(y, 4, 2)


def input_face(y: Array, k: Array, problem: Problem) -> Array:
    """`X_c = sum over o of Y_o * K_co`, a convolution."""
    window, blocks, precision = problem.window, Blocks.of(problem.window), problem.precision
    signal = _spectrum(_writing_blocks(y, problem, blocks), blocks)
    kernel = _spectrum(_kernel_over_time(k, problem), blocks)
    if problem.outputs == 1:
        product = signal * kernel[:, None, :, None, :, 0]
    else:
        product = jnp.einsum("bngmof,bgcof->bngmcf", signal, kernel, precision=precision)
    x = _samples(product, blocks, problem)[..., : blocks.hop + window.span - 1]
    heads, tails = _joined(x[..., : blocks.hop]), x[..., blocks.hop :]
    if blocks.count == 1:
        padded = jnp.concatenate([heads, tails[:, :, :, 0]], axis=-1)
    else:
        late = _joined(shifted(tails, 0, blocks.hop, axis=5))
        total = window.extent
        padded = shifted(heads, 0, total, axis=4) + shifted(late, blocks.hop, total, axis=4)
    return unpadded_input(jnp.moveaxis(padded, 4, 2), window)


def kernel_face(x: Array, y: Array, problem: Problem) -> Array:
    """`K_co = sum over blocks and batch of X_c * conj(Y_o)`."""
    window, blocks, precision = problem.window, Blocks.of(problem.window), problem.precision
    signal = _spectrum(_reading_blocks(x, problem, blocks), blocks)
    cotangent = _reversed_spectrum(_writing_blocks(y, problem, blocks), blocks)
    if problem.inputs == 1 or problem.outputs == 1:
        product = jnp.sum(signal[..., :, None, :] * cotangent[..., None, :, :], axis=(1, 3))
    else:
        product = jnp.einsum("bngmcf,bngmof->bgcof", signal, cotangent, precision=precision)
    k = _samples(product, blocks, problem)[..., : window.span : window.dilation]
    return jnp.transpose(k, (0, 4, 2, 1, 3))


def _reading_blocks(x: Array, problem: Problem, blocks: Blocks) -> Array:
    """What each block reads: (b, n, g, blocks, c, hop + span - 1)."""
    window = problem.window
    signal = jnp.moveaxis(padded_input(x.astype(problem.accumulate), window), 2, 4)  # (b, n, g, c, time)
    if blocks.count == 1:
        return signal[:, :, :, None]
    signal = shifted(signal, 0, (blocks.count + 1) * blocks.hop, axis=4)
    heads = _cut(signal[..., : -blocks.hop], blocks)
    tails = _cut(signal[..., blocks.hop :], blocks)
    return jnp.concatenate([heads, tails[..., : window.span - 1]], axis=-1)


def _writing_blocks(y: Array, problem: Problem, blocks: Blocks) -> Array:
    """The output positions at stride 1, cut into blocks: (b, n, g, blocks, o, hop)."""
    upsampled = dilated(jnp.moveaxis(y.astype(problem.accumulate), 2, 4), problem.window.stride, axis=4)
    return _cut(shifted(upsampled, 0, blocks.count * blocks.hop, axis=4), blocks)


def _kernel_over_time(k: Array, problem: Problem) -> Array:
    """(b, taps, c, g, o) -> (b, g, c, o, span)."""
    return dilated(jnp.transpose(k, (0, 3, 2, 4, 1)).astype(problem.accumulate), problem.window.dilation, axis=4)


def _cut(signal: Array, blocks: Blocks) -> Array:
    """(b, n, g, channels, blocks * hop) -> (b, n, g, blocks, channels, hop)."""
    return jnp.swapaxes(signal.reshape(*signal.shape[:-1], blocks.count, blocks.hop), 3, 4)


def _joined(parts: Array) -> Array:
    """The inverse of `_cut`."""
    parts = jnp.swapaxes(parts, 3, 4)
    return parts.reshape(*parts.shape[:-2], parts.shape[-2] * parts.shape[-1])


def _spectrum(a: Array, blocks: Blocks) -> Array:
    return jnp.fft.fft(a, blocks.size) if jnp.iscomplexobj(a) else jnp.fft.rfft(a, blocks.size)


def _reversed_spectrum(a: Array, blocks: Blocks) -> Array:
    """The spectrum of `a` reversed in time about its first sample."""
    return jnp.conj(_spectrum(jnp.conj(a), blocks))


def _samples(spectrum: Array, blocks: Blocks, problem: Problem) -> Array:
    if np.issubdtype(problem.accumulate, np.complexfloating):
        return jnp.fft.ifft(spectrum, blocks.size)
    return jnp.fft.irfft(spectrum, blocks.size)


def _refuses(problem: Problem) -> str | None:
    if not np.issubdtype(problem.accumulate, np.inexact):
        return f"a Fourier transform is not exact on integers; x and kernel are {problem.dtype.name}"
    return None


METHOD = Method("fft", output, input_face, kernel_face, _refuses, spreads=lambda face, problem: True)
